// Picture Loss Indication: the receiver of a source asks for a keyframe. RFC 4585 §6.3.1. Value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "tutti/base/ids.hpp"

namespace tutti::rtcp {

struct Pli {
  Ssrc sender;
  Ssrc media;

  // The body after the common RTCP header (from the sender's SSRC on).
  static std::optional<Pli> parse(std::span<const uint8_t> body) noexcept;
  // The whole RTCP packet. Returns the bytes written, 0 if `out` is too small.
  size_t serialize(std::span<uint8_t> out) const noexcept;
  bool operator==(const Pli&) const = default;
};

}  // namespace tutti::rtcp
