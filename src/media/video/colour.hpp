// Colours of drawings as they stand in an I420 picture: BT.601, limited range, as libyuv converts whole pictures.
// Values; any thread.
#pragma once

#include <cstdint>

namespace tutti::video {

struct Yuv {
  uint8_t y = 16, u = 128, v = 128;
  bool operator==(const Yuv&) const = default;
};

// rgb: 0xRRGGBB.
constexpr Yuv yuv_from_rgb(uint32_t rgb) {
  const int r = rgb >> 16 & 0xFF, g = rgb >> 8 & 0xFF, b = rgb & 0xFF;
  return {static_cast<uint8_t>((66 * r + 129 * g + 25 * b + 0x1080) >> 8),
          static_cast<uint8_t>((112 * b - 74 * g - 38 * r + 0x8080) >> 8),
          static_cast<uint8_t>((112 * r - 94 * g - 18 * b + 0x8080) >> 8)};
}

}  // namespace tutti::video
