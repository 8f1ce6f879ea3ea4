// The open bitstream units of an AV1 temporal unit, each with its size. AV1 specification §5.3. Views; no allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tutti::payload {

struct Av1Obu {
  static constexpr uint8_t kSequenceHeader = 1;
  static constexpr uint8_t kTemporalDelimiter = 2;
  static constexpr uint8_t kFrameHeader = 3;
  static constexpr uint8_t kTileGroup = 4;
  static constexpr uint8_t kFrame = 6;

  uint8_t type = 0;
  std::span<const uint8_t> bytes;    // with header and size
  std::span<const uint8_t> payload;  // without

  // Takes the next unit out of `stream`. nullopt if it is cut short, has the forbidden bit, or has no size.
  static std::optional<Av1Obu> take(std::span<const uint8_t>& stream) noexcept;
};

}  // namespace tutti::payload
