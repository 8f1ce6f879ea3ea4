// Still: what stands in the tile of somebody without a camera: initials on a disc, in colours that follow from the
// name, so that the same person has the same colour in every layout. Any thread (with Fonts of its own).
#pragma once

#include <string>

#include "tutti/media/video/picture.hpp"

namespace tutti::video {

class Fonts;

struct StillColours {
  uint32_t ground = 0, disc = 0;  // 0xRRGGBB, dark enough for white letters
};
StillColours still_colours(const std::string& name);

// Width and height even. A name without a visible character gets a head and shoulders.
PictureRef draw_still(const Fonts& fonts, const std::string& name, uint32_t width, uint32_t height);

}  // namespace tutti::video
