// What a RED packet brings beside its primary: earlier packets of the same source, with the number that each had. RFC
// 2198 has timestamps only, so the number is told from the sound: an Opus packet says how long it is, and one that ends
// where the next begins is the one right before it. Pure. Private to peer.
#pragma once

#include <cstdint>
#include <span>

#include "tutti/base/ids.hpp"
#include "tutti/base/small_vector.hpp"
#include "tutti/wire/payload/red.hpp"

namespace tutti::peer {

struct EarlierPacket {
  int distance = 0;               // in sequence numbers before the primary, at least 1
  uint16_t timestamp_offset = 0;  // before the primary's
  std::span<const uint8_t> payload;
};
using EarlierPackets = SmallVector<EarlierPacket, payload::RedPayload::kMaxBlocks>;

// Oldest first. Left out is whatever is not a packet of `codec` (Opus), or of whose number there is doubt.
EarlierPackets earlier_packets(const payload::RedPayload& red, PayloadType codec);

}  // namespace tutti::peer
