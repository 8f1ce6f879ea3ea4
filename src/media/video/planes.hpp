// Planes: the three planes of an I420 image, or of a part of one, borrowed from a Picture or a scratch buffer, and how
// they are copied and turned (libyuv). Values; whoever holds one sees to it that the owner lives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "tutti/media/video/picture.hpp"

namespace tutti::video {

template <class Byte>
struct BasicPlanes {
  Byte* y = nullptr;
  Byte* u = nullptr;
  Byte* v = nullptr;
  int stride_y = 0, stride_uv = 0;
  int width = 0, height = 0;

  int chroma_width() const { return (width + 1) / 2; }
  int chroma_height() const { return (height + 1) / 2; }

  // Left and top must be even, and the part inside.
  BasicPlanes part(int left, int top, int part_width, int part_height) const {
    const ptrdiff_t chroma = static_cast<ptrdiff_t>(top / 2) * stride_uv + left / 2;
    return {y + static_cast<ptrdiff_t>(top) * stride_y + left,
            u + chroma,
            v + chroma,
            stride_y,
            stride_uv,
            part_width,
            part_height};
  }
  operator BasicPlanes<const uint8_t>() const requires(!std::is_const_v<Byte>) {
    return {y, u, v, stride_y, stride_uv, width, height};
  }
};
using Planes = BasicPlanes<uint8_t>;
using ConstPlanes = BasicPlanes<const uint8_t>;

inline Planes planes_of(Picture& p) {
  return {p.y(), p.u(), p.v(), p.stride_y(), p.stride_uv(), static_cast<int>(p.width()), static_cast<int>(p.height())};
}
inline ConstPlanes planes_of(const Picture& p) {
  return {p.y(), p.u(), p.v(), p.stride_y(), p.stride_uv(), static_cast<int>(p.width()), static_cast<int>(p.height())};
}

// Both of one size, apart from the rotation.
void copy(ConstPlanes from, Planes to);
void rotate(ConstPlanes from, Planes to, Rotation rotation);

// An image whose memory is taken once and used for the next one too. Its contents are what was there before.
class ScratchImage {
 public:
  Planes resized(int width, int height);

 private:
  std::vector<uint8_t> bytes_;
};

}  // namespace tutti::video
