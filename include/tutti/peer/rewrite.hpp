// Rewrite: all that differs between a packet as it was published and as one subscription sees it. A value of a few
// bytes, so that a retransmission needs no copy of the packet: the cache keeps the packet once, each subscription only
// these.
#pragma once

#include <cstdint>

#include "tutti/base/ids.hpp"
#include "tutti/base/seq_num.hpp"

namespace tutti::peer {

// What of a packet's payload description differs.
enum class Patch : uint8_t {
  kNone,
  kVp8,                   // picture id and TL0PICIDX
  kVp9,                   // the same
  kDependencyDescriptor,  // frame number and active decode targets
};

struct Rewrite {
  RtpTimestamp timestamp;
  SeqNum sequence;
  PayloadType payload_type;
  bool marker = false;
  // A padding-only packet: it fills a number that the receiver would otherwise ask for in vain.
  bool padding_only = false;
  Patch patch = Patch::kNone;
  uint8_t tl0_pic_idx = 0;
  uint16_t picture_id = 0;      // 15 bits; of a dependency descriptor: what is added to the frame number
  uint16_t active_targets = 0;  // of a dependency descriptor; 0: as they are
  bool operator==(const Rewrite&) const = default;
};
static_assert(sizeof(Rewrite) == 16);

}  // namespace tutti::peer
