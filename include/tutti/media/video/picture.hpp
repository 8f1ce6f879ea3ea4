// Picture: one I420 image, immutable once made, shared by the jobs that compose, scale and encode it. Its memory is one block with rows
// aligned for SIMD. shared_ptr with its atomic count, because pictures, unlike packets, cross threads.
#pragma once

#include <cstdint>
#include <memory>

#include "tutti/base/units.hpp"

namespace tutti::video {

// Clockwise, to be applied for display. 3GPP TS 26.114 §7.4.5 (coordination of video orientation).
enum class Rotation : uint16_t { k0 = 0, k90 = 90, k180 = 180, k270 = 270 };
Rotation rotation_from_cvo(uint8_t cvo);

// No buffer is taken for anything larger, whatever a stream says of itself.
struct PictureLimits {
  uint32_t max_width = 4096;
  uint32_t max_height = 4096;
  uint32_t max_pixels = 4096 * 2304;
  bool allows(uint32_t width, uint32_t height) const {
    return width > 0 && height > 0 && width <= max_width && height <= max_height && static_cast<uint64_t>(width) * height <= max_pixels;
  }
};

class Picture {
 public:
  // Black. Width and height at least 1, already checked against limits; odd sizes have chroma planes rounded up.
  static std::shared_ptr<Picture> make(uint32_t width, uint32_t height);

  uint32_t width() const { return width_; }
  uint32_t height() const { return height_; }
  uint32_t chroma_width() const { return (width_ + 1) / 2; }
  uint32_t chroma_height() const { return (height_ + 1) / 2; }
  uint8_t* y() { return bytes_; }
  uint8_t* u() { return bytes_ + u_offset_; }
  uint8_t* v() { return bytes_ + v_offset_; }
  const uint8_t* y() const { return bytes_; }
  const uint8_t* u() const { return bytes_ + u_offset_; }
  const uint8_t* v() const { return bytes_ + v_offset_; }
  int stride_y() const { return stride_y_; }
  int stride_uv() const { return stride_uv_; }

  Rotation rotation = Rotation::k0;  // still to be applied
  Timestamp captured;                // on our clock

 private:
  Picture() = default;
  uint32_t width_ = 0, height_ = 0;
  int stride_y_ = 0, stride_uv_ = 0;
  size_t u_offset_ = 0, v_offset_ = 0;
  uint8_t* bytes_ = nullptr;  // into storage_, aligned
  std::unique_ptr<uint8_t[]> storage_;
};

using PictureRef = std::shared_ptr<const Picture>;

}  // namespace tutti::video
