#include "media/video/scaler.hpp"

#include <libyuv/scale.h>

#include "tutti/media/video/compositor.hpp"

namespace tutti::video {
namespace {

void resize(ConstPlanes from, Planes to, libyuv::FilterMode filter) {
  libyuv::I420Scale(from.y, from.stride_y, from.u, from.stride_uv, from.v, from.stride_uv, from.width, from.height,
                    to.y, to.stride_y, to.u, to.stride_uv, to.v, to.stride_uv, to.width, to.height, filter);
}

// Ratios for which libyuv has SIMD code of its own, in both directions at once.
bool has_kernel(ConstPlanes from, Planes to) {
  const auto ratio = [&](int numerator, int denominator) {
    return to.width * denominator == from.width * numerator && to.height * denominator == from.height * numerator;
  };
  return ratio(1, 1) || ratio(1, 2) || ratio(3, 4) || ratio(2, 1);
}

}  // namespace

void Scaler::scale(ConstPlanes from, Planes to) {
  // libyuv's box filter for free ratios below 1/2 takes 270 us from 720p to 426x240; the first half is a kernel of 16
  // us.
  for (int turns = 0; from.width > 2 * to.width || from.height > 2 * to.height; turns ^= 1) {
    const int width = from.width > 2 * to.width ? from.width / 2 : from.width;
    const int height = from.height > 2 * to.height ? from.height / 2 : from.height;
    const Planes half = halves_[turns].resized(width, height);
    resize(from, half, libyuv::kFilterBox);
    from = half;
  }
  if (has_kernel(from, to)) return resize(from, to, libyuv::kFilterBox);
  scale_freely(from, to);
}

void Scaler::scale_freely(ConstPlanes from, Planes to) {
  if (from.width == to.width) return resize(from, to, libyuv::kFilterBilinear);
  const Planes low = low_.resized(from.width, to.height);
  resize(from, low, libyuv::kFilterBilinear);
  const Planes turned = turned_.resized(to.height, from.width);
  rotate(low, turned, Rotation::k90);
  const Planes narrow = narrow_.resized(to.height, to.width);
  resize(turned, narrow, libyuv::kFilterBilinear);
  rotate(narrow, to, Rotation::k270);
}

PictureRef scale(const PictureRef& picture, uint32_t width, uint32_t height) {
  if (picture->width() == width && picture->height() == height) return picture;
  auto scaled = Picture::make(width, height);
  Scaler().scale(planes_of(*picture), planes_of(*scaled));
  scaled->rotation = picture->rotation;
  scaled->captured = picture->captured;
  return scaled;
}

}  // namespace tutti::video
