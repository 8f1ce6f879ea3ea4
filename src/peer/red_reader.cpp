#include "peer/red_reader.hpp"

#include <algorithm>

#include "tutti/wire/payload/opus.hpp"

namespace tutti::peer {

EarlierPackets earlier_packets(const payload::RedPayload& red, PayloadType codec) {
  EarlierPackets found;
  const auto blocks = red.blocks();
  // Newest first: each is placed by the one behind it.
  uint32_t offset = 0;
  int distance = 0;
  for (size_t i = blocks.size() - 1; i-- > 0;) {
    const payload::RedBlock& block = blocks[i];
    const auto duration = block.payload_type == codec ? payload::opus_duration_samples(block.data) : std::nullopt;
    // A block left out, for its size or for loss, leaves a hole of as many packets of the same length as fit into it
    // exactly.
    if (!duration || block.timestamp_offset <= offset || (block.timestamp_offset - offset) % *duration != 0) break;
    const uint32_t steps = (block.timestamp_offset - offset) / *duration;
    // Beyond one packet left out it may as well be a pause, in which nothing was sent and no number was given.
    if (steps > 2) break;
    offset = block.timestamp_offset;
    distance += static_cast<int>(steps);
    found.push_back({distance, block.timestamp_offset, block.data});
  }
  std::reverse(found.begin(), found.end());
  return found;
}

}  // namespace tutti::peer
