// Width and height of a picture in pixels, as payload headers declare them. Value.
#pragma once

#include <cstdint>

namespace tutti::payload {

struct Dimensions {
  uint32_t width = 0;
  uint32_t height = 0;
  bool operator==(const Dimensions&) const = default;
};

}  // namespace tutti::payload
