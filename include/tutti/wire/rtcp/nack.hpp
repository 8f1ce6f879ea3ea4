// Generic NACK: the packets of one source that its receiver misses. RFC 4585 §6.2.1. Value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "tutti/base/ids.hpp"
#include "tutti/base/seq_num.hpp"
#include "tutti/base/small_vector.hpp"

namespace tutti::rtcp {

struct Nack {
  // libwebrtc keeps at most 1000 missing packets; a parser refuses who asks for more than this at once.
  static constexpr size_t kMaxLost = 1024;

  Ssrc sender;
  Ssrc media;
  SmallVector<SeqNum, 256> lost;  // in the order of the wire

  // The body after the common RTCP header (from the sender's SSRC on).
  static std::optional<Nack> parse(std::span<const uint8_t> body);
  // The whole RTCP packet, `lost` in order. Ascending numbers (modulo 2^16) share an entry with up to 16 that follow.
  // Returns the bytes written, 0 if `out` is too small or `lost` is empty or larger than kMaxLost.
  size_t serialize(std::span<uint8_t> out) const;
  bool operator==(const Nack&) const = default;
};

}  // namespace tutti::rtcp
