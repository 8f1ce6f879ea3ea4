// Receiver Estimated Maximum Bitrate: what the receiver believes its path carries, for all listed sources together.
// draft-alvestrand-rmcat-remb-03 §2.2, an application layer feedback message of RFC 4585 §6.4. Value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "tutti/base/ids.hpp"
#include "tutti/base/small_vector.hpp"
#include "tutti/base/units.hpp"

namespace tutti::rtcp {

struct Remb {
  static constexpr size_t kMaxSources = 255;  // the wire's own limit

  Ssrc sender;
  DataRate bitrate;  // the wire keeps 18 significant bits; serialising rounds down
  SmallVector<Ssrc, 32> sources;

  // The body after the common RTCP header (from the sender's SSRC on). nullopt also for other application layer
  // feedback.
  static std::optional<Remb> parse(std::span<const uint8_t> body);
  // The whole RTCP packet. Returns the bytes written, 0 if `out` is too small, the bitrate is negative or there are
  // more than kMaxSources.
  size_t serialize(std::span<uint8_t> out) const;
  bool operator==(const Remb&) const = default;
};

}  // namespace tutti::rtcp
