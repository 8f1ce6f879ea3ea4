// The rectangles of each kind of layout, by count alone: who stands in which of them is decided in layout.cpp. All
// positions and sizes are even, inside the canvas, and exact fractions of it where they can be. Pure functions; any
// thread.
#pragma once

#include <cstdint>
#include <vector>

#include "tutti/media/video/layout.hpp"

namespace tutti::video {

struct Rectangle {
  uint32_t x = 0, y = 0, width = 0, height = 0;
  bool operator==(const Rectangle&) const = default;
};

constexpr uint32_t even(uint32_t value) { return value & ~uint32_t{1}; }

// Rows and columns with the largest tiles of 16:9, the last row centred. One alone fills the canvas.
std::vector<Rectangle> grid_rectangles(uint32_t width, uint32_t height, size_t count);

// The first is the large one. Up to four others stand in a strip below it, more of them in an L around it.
std::vector<Rectangle> speaker_rectangles(uint32_t width, uint32_t height, size_t count);

// The first has the left part in full height, the others stand in one column or more at the right.
std::vector<Rectangle> side_by_side_rectangles(uint32_t width, uint32_t height, size_t count);

// The first is the canvas, the second a quarter of its width at the lower right.
std::vector<Rectangle> pip_rectangles(uint32_t width, uint32_t height, size_t count);

// One that is empty after clipping has no width.
Rectangle custom_rectangle(uint32_t width, uint32_t height, const LayoutRectangle& fractions);

}  // namespace tutti::video
