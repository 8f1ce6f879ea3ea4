// BYE: sources that leave, and why. RFC 3550 §6.6. Value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tutti/base/ids.hpp"
#include "tutti/wire/rtcp/header.hpp"

namespace tutti::rtcp {

struct Bye {
  std::vector<Ssrc> sources;
  std::string reason;  // at most 255 bytes, as the sender wrote them; may be empty

  static std::optional<Bye> parse(const PacketView& packet);
  // The whole RTCP packet. Returns the bytes written, 0 if `out` is too small, there are more than kMaxCount sources or
  // the reason is longer than 255 bytes.
  size_t serialize(std::span<uint8_t> out) const;
  bool operator==(const Bye&) const = default;
};

}  // namespace tutti::rtcp
