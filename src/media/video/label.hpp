// Label: a name on a translucent box, drawn once with Pango and blended into each picture. Owned by the compositor's
// cache.
#pragma once

#include <string>

#include "media/video/planes.hpp"

namespace tutti::video {

class Fonts;

class Label {
 public:
  // For a tile of that size. Too long a name ends in an ellipsis. No size if the tile is too small to read anything in
  // it, or the name empty.
  static Label draw(const Fonts& fonts, const std::string& name, int tile_width, int tile_height);

  int width() const { return width_; }
  int height() const { return height_; }
  size_t bytes() const { return bytes_.size(); }

  // `canvas`: a part of the label's size.
  void blend_into(Planes canvas) const;

 private:
  Planes planes();
  uint8_t* alpha();
  int width_ = 0, height_ = 0;  // even
  std::vector<uint8_t> bytes_;  // I420, then alpha
};

// Between the label and the tile's edges.
constexpr int label_margin(int tile_height) { return tile_height / 45 / 2 * 2 + 4; }

}  // namespace tutti::video
