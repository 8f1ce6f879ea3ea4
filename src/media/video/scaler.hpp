// Scaler: brings an image to another size (libyuv), down by halves with a box filter and the rest bilinear, which is as
// smooth as a box filter over the whole way and several times faster. It keeps its scratch memory. One thread at a
// time.
#pragma once

#include "media/video/planes.hpp"

namespace tutti::video {

class Scaler {
 public:
  // Fills `to`. Neither may be empty.
  void scale(ConstPlanes from, Planes to);

 private:
  ScratchImage halves_[2];
};

}  // namespace tutti::video
