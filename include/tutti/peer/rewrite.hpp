// Rewrite: all that differs between a packet as it was published and as one subscription sees it. A value of a few bytes, so
// that a retransmission needs no copy of the packet: the cache keeps the packet once, each subscription only these.
#pragma once

#include <cstdint>

#include "tutti/base/ids.hpp"
#include "tutti/base/seq_num.hpp"

namespace tutti::peer {

struct Rewrite {
  RtpTimestamp timestamp;
  SeqNum sequence;
  PayloadType payload_type;
  bool marker = false;
  // A padding-only packet: it fills a number that the receiver would otherwise ask for in vain.
  bool padding_only = false;
  bool patch_vp8 = false;
  uint8_t tl0_pic_idx = 0;
  uint16_t picture_id = 0;  // 15 bits
  bool operator==(const Rewrite&) const = default;
};

}  // namespace tutti::peer
