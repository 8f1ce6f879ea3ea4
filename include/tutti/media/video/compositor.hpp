// Compositor: draws one layout's canvas: background, each tile scaled (libyuv) with its rotation applied, cropped or
// padded, a still with initials for who has no camera, names and borders (Pango and Cairo). It keeps drawn labels and
// stills for the next picture. It travels with its job, so at any time one thread has it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tutti/media/video/layout.hpp"
#include "tutti/media/video/picture.hpp"

namespace tutti::video {

struct TileContent {
  Tile tile;
  PictureRef picture;  // null: the still, or nothing at all if the tile is nobody's
  std::string name;    // UTF-8, at most 256 bytes; empty: no label
  bool speaking = false;
};

struct Composition {
  uint32_t width = 1280, height = 720;
  uint32_t background = 0;
  uint32_t border = 0;
  uint8_t border_width = 0;
  bool names = true;
  std::vector<TileContent> tiles;  // drawn in order
};

class Compositor {
 public:
  Compositor();
  ~Compositor();
  // A new picture of the composition's size.
  std::shared_ptr<Picture> compose(const Composition& composition);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Scales the whole picture (rotation not applied) with the filter that tiles are scaled with. Equal sizes share the
// picture.
PictureRef scale(const PictureRef& picture, uint32_t width, uint32_t height);

}  // namespace tutti::video
