#include "media/video/planes.hpp"

#include <libyuv/convert.h>
#include <libyuv/rotate.h>

namespace tutti::video {

void copy(ConstPlanes from, Planes to) {
  libyuv::I420Copy(from.y, from.stride_y, from.u, from.stride_uv, from.v, from.stride_uv, to.y, to.stride_y, to.u,
                   to.stride_uv, to.v, to.stride_uv, from.width, from.height);
}

void rotate(ConstPlanes from, Planes to, Rotation rotation) {
  libyuv::I420Rotate(from.y, from.stride_y, from.u, from.stride_uv, from.v, from.stride_uv, to.y, to.stride_y, to.u,
                     to.stride_uv, to.v, to.stride_uv, from.width, from.height,
                     static_cast<libyuv::RotationMode>(rotation));
}

Planes ScratchImage::resized(int width, int height) {
  constexpr int kAlignment = 64;
  const auto aligned = [](int length) { return (length + kAlignment - 1) / kAlignment * kAlignment; };
  const int stride_y = aligned(width), stride_uv = aligned((width + 1) / 2);
  const size_t luma = static_cast<size_t>(stride_y) * static_cast<size_t>(height);
  const size_t chroma = static_cast<size_t>(stride_uv) * static_cast<size_t>((height + 1) / 2);
  if (bytes_.size() < luma + 2 * chroma) bytes_.resize(luma + 2 * chroma);
  uint8_t* start = bytes_.data();
  return {start, start + luma, start + luma + chroma, stride_y, stride_uv, width, height};
}

}  // namespace tutti::video
