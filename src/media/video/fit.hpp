// Fit: which part of a source is shown in which part of its tile, aspect ratio kept. Pure function; any thread.
#pragma once

#include "media/video/layout_geometry.hpp"
#include "tutti/media/video/layout.hpp"

namespace tutti::video {

struct Fit {
  Rectangle source;  // in the source as it is displayed, its rotation applied
  Rectangle target;  // on the canvas, inside the tile
  bool operator==(const Fit&) const = default;
};

// kCrop: the tile is full, and what stands over is cut off at both sides alike. kPad: the source is whole and centred.
// A difference in aspect ratio below 2 % is scaled away instead: 426x240 and 98x54 are not quite 16:9.
Fit fit_into(uint32_t source_width, uint32_t source_height, const Rectangle& tile, TileFit fit);

}  // namespace tutti::video
