#include "tutti/wire/payload/red.hpp"

#include <algorithm>

#include "tutti/base/byte_reader.hpp"

namespace tutti::payload {

// RFC 2198 §3, a header for each redundant block, then the primary's:
//  0                   1                    2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3  4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |1|   block PT  |  timestamp offset         |   block length    |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |0|   Block PT  |
// +-+-+-+-+-+-+-+-+
std::optional<RedPayload> RedPayload::parse(std::span<const uint8_t> payload) noexcept {
  ByteReader r(payload);
  RedPayload red;
  std::array<size_t, kMaxBlocks> lengths{};
  size_t skipped = 0;  // bytes of blocks that are not kept
  for (bool more = true; more; ++red.count_) {
    if (red.count_ == kMaxBlocks) {
      skipped += lengths.front();
      std::shift_left(lengths.begin(), lengths.end(), 1);
      std::shift_left(red.blocks_.begin(), red.blocks_.end(), 1);
      --red.count_;
    }
    RedBlock& block = red.blocks_[red.count_];
    const uint8_t first = r.u8();
    block = {PayloadType(first & 0x7F), 0, {}};
    more = (first & 0x80) != 0;
    if (more) {
      const uint32_t offset_and_length = r.u24();
      block.timestamp_offset = static_cast<uint16_t>(offset_and_length >> 10);
      lengths[red.count_] = offset_and_length & 0x3FF;
    }
  }
  r.skip(skipped);
  for (size_t i = 0; i + 1 < red.count_; ++i) red.blocks_[i].data = r.bytes(lengths[i]);
  red.blocks_[red.count_ - 1].data = r.rest();
  if (!r.ok()) return std::nullopt;
  return red;
}

}  // namespace tutti::payload
