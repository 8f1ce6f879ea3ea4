#include "tutti/media/video/picture.hpp"

#include <cstring>

namespace tutti::video {
namespace {

// A cache line, and the width of the widest vector that libyuv loads.
constexpr size_t kAlignment = 64;
constexpr size_t aligned(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

// Black of BT.601 and BT.709 in studio range.
constexpr int kBlackLuma = 16;
constexpr int kNeutralChroma = 128;

}  // namespace

// 3GPP TS 26.114 §7.4.5: of 0000CFRR the two lowest bits are the rotation in quarters, "for display, the image should
// be rotated" clockwise by them. Camera and flip are not honoured: no browser sends the latter.
Rotation rotation_from_cvo(uint8_t cvo) {
  switch (cvo & 3) {
    case 1:
      return Rotation::k90;
    case 2:
      return Rotation::k180;
    case 3:
      return Rotation::k270;
  }
  return Rotation::k0;
}

std::shared_ptr<Picture> Picture::make(uint32_t width, uint32_t height) {
  std::shared_ptr<Picture> picture(new Picture);
  picture->width_ = width;
  picture->height_ = height;
  const size_t stride_y = aligned(width);
  const size_t stride_uv = aligned(picture->chroma_width());
  const size_t luma = stride_y * height;
  const size_t chroma = stride_uv * picture->chroma_height();
  picture->stride_y_ = static_cast<int>(stride_y);
  picture->stride_uv_ = static_cast<int>(stride_uv);
  picture->u_offset_ = luma;
  picture->v_offset_ = luma + chroma;

  const size_t size = luma + 2 * chroma;
  picture->storage_.reset(new uint8_t[size + kAlignment]);
  void* start = picture->storage_.get();
  size_t space = size + kAlignment;
  picture->bytes_ = static_cast<uint8_t*>(std::align(kAlignment, size, start, space));
  std::memset(picture->y(), kBlackLuma, luma);
  std::memset(picture->u(), kNeutralChroma, 2 * chroma);
  return picture;
}

}  // namespace tutti::video
