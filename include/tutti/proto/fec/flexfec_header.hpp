// The header of a FlexFEC packet with one protected source: draft-ietf-payload-flexible-fec-scheme-03 §4.2, the version
// that browsers speak (RFC 8627 put the source into the CSRCs and turned the K bits round). Pure; value.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "tutti/base/ids.hpp"
#include "tutti/base/seq_num.hpp"

namespace tutti::fec {

// What is combined of each protected packet: the first two bytes of its header (version aside), how much stands behind
// the fixed header, and its timestamp.
struct FlexfecHeader {
  static constexpr size_t kMaxProtected = 109;
  // With this many packets, counted from `base`, the header is as short as it gets.
  static constexpr size_t kShortMask = 15;
  static constexpr size_t kMaxSize = 32;

  std::array<uint8_t, 2> start{};
  uint16_t length = 0;
  uint32_t timestamp = 0;
  Ssrc source;
  SeqNum base;
  std::bitset<kMaxProtected> mask;  // bit i: the packet base + i
  size_t size = 0;                  // of the header, where it was parsed

  // nullopt if it is cut, protects retransmissions, rows and columns or several sources, or nothing.
  static std::optional<FlexfecHeader> parse(std::span<const uint8_t> payload) noexcept;
  // Returns the header's size, 0 if `out` is too small.
  size_t serialize(std::span<uint8_t> out) const noexcept;
};

}  // namespace tutti::fec
