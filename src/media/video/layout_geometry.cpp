#include "media/video/layout_geometry.hpp"

#include <algorithm>
#include <cmath>

namespace tutti::video {
namespace {

struct Size {
  uint32_t width = 0, height = 0;
};

constexpr uint32_t nearest_even(uint32_t numerator, uint32_t denominator) {
  return 2 * ((numerator + denominator) / (2 * denominator));
}

// The largest 16:9 in a cell of even size.
Size widescreen_in(Size cell) {
  const uint32_t height = nearest_even(cell.width * 9, 16);
  if (height <= cell.height) return {cell.width, height};
  return {std::min(cell.width, nearest_even(cell.height * 16, 9)), cell.height};
}

struct Grid {
  uint32_t columns = 1, rows = 1;
  Size tile;
  uint64_t area() const { return uint64_t{tile.width} * tile.height; }
  uint32_t places() const { return columns * rows; }
};

Grid largest_grid(uint32_t width, uint32_t height, uint32_t count) {
  Grid best;
  for (uint32_t columns = 1; columns <= count; ++columns) {
    Grid grid{columns, (count + columns - 1) / columns, {}};
    grid.tile = widescreen_in({even(width / columns), even(height / grid.rows)});
    if (grid.area() < best.area()) continue;
    // Between equals: fewer empty places, then more in the direction in which the canvas is longer.
    const bool larger = grid.area() > best.area() || grid.places() < best.places();
    if (larger || (grid.places() == best.places() && width >= height)) best = grid;
  }
  return best;
}

// `count` tiles in rows of `columns` from `y` on, each row centred between `left` and `left + width`.
void append_rows(std::vector<Rectangle>& out, uint32_t left, uint32_t width, uint32_t y, Size tile, uint32_t columns,
                 uint32_t count) {
  for (; count > 0; y += tile.height) {
    const uint32_t in_row = std::min(columns, count);
    const uint32_t x = left + even((width - in_row * tile.width) / 2);
    for (uint32_t i = 0; i < in_row; ++i) out.push_back({x + i * tile.width, y, tile.width, tile.height});
    count -= in_row;
  }
}

void append_strip_below(std::vector<Rectangle>& out, uint32_t width, uint32_t height, uint32_t others) {
  const Size large{even(width * 3 / 4), even(height * 3 / 4)};
  out.push_back({even((width - large.width) / 2), 0, large.width, large.height});
  append_rows(out, 0, width, large.height, {even(width / 4), even(height / 4)}, 4, others);
}

// A column at the right and a row below, of 1/n of the canvas each, leave (n-1)/n for the large one. Place for 2n-1.
void append_l_shape(std::vector<Rectangle>& out, uint32_t width, uint32_t height, uint32_t others) {
  const uint32_t n = others / 2 + 1;
  const Size tile{even(width / n), even(height / n)};
  const Size large{tile.width * (n - 1), tile.height * (n - 1)};
  const uint32_t left = even((width - n * tile.width) / 2), top = even((height - n * tile.height) / 2);
  out.push_back({left, top, large.width, large.height});
  for (uint32_t i = 0; i < n - 1; ++i)
    out.push_back({left + large.width, top + i * tile.height, tile.width, tile.height});
  for (uint32_t i = 0; i < others - (n - 1); ++i) {
    out.push_back({left + i * tile.width, top + large.height, tile.width, tile.height});
  }
}

uint32_t even_part(double fraction, uint32_t length) {
  // Also where it is not a number.
  if (!(fraction > 0)) return 0;
  return std::min(even(length), 2 * static_cast<uint32_t>(std::lround(std::min(fraction, 1.0) * length / 2)));
}

}  // namespace

std::vector<Rectangle> grid_rectangles(uint32_t width, uint32_t height, size_t count) {
  if (count == 0) return {};
  if (count == 1) return {{0, 0, width, height}};
  const Grid grid = largest_grid(width, height, static_cast<uint32_t>(count));
  std::vector<Rectangle> out;
  append_rows(out, 0, width, even((height - grid.rows * grid.tile.height) / 2), grid.tile, grid.columns,
              static_cast<uint32_t>(count));
  return out;
}

std::vector<Rectangle> speaker_rectangles(uint32_t width, uint32_t height, size_t count) {
  if (count == 0) return {};
  if (count == 1) return {{0, 0, width, height}};
  std::vector<Rectangle> out;
  const uint32_t others = static_cast<uint32_t>(count - 1);
  if (others <= 4) {
    append_strip_below(out, width, height, others);
  } else {
    append_l_shape(out, width, height, others);
  }
  return out;
}

std::vector<Rectangle> side_by_side_rectangles(uint32_t width, uint32_t height, size_t count) {
  if (count == 0) return {};
  if (count == 1) return {{0, 0, width, height}};
  const uint32_t others = static_cast<uint32_t>(count - 1);
  // Tiles of 1/n of the canvas, n in a column, in at most a third of the width.
  uint32_t n = 4;
  while (n / 3 * n < others) ++n;
  const uint32_t columns = (others + n - 1) / n;
  const uint32_t rows = (others + columns - 1) / columns;
  const Size tile{even(width / n), even(height / n)};
  const uint32_t large = width - columns * tile.width;
  std::vector<Rectangle> out{{0, 0, large, height}};
  append_rows(out, large, columns * tile.width, even((height - rows * tile.height) / 2), tile, columns, others);
  return out;
}

std::vector<Rectangle> pip_rectangles(uint32_t width, uint32_t height, size_t count) {
  if (count == 0) return {};
  std::vector<Rectangle> out{{0, 0, width, height}};
  if (count == 1) return out;
  const Size small{even(width / 4), even(height / 4)};
  const uint32_t margin = even(height / 36);
  out.push_back({width - small.width - margin, height - small.height - margin, small.width, small.height});
  return out;
}

Rectangle custom_rectangle(uint32_t width, uint32_t height, const LayoutRectangle& fractions) {
  // From edges, so that neighbours meet.
  const uint32_t left = even_part(fractions.x, width), right = even_part(fractions.x + fractions.width, width);
  const uint32_t top = even_part(fractions.y, height), bottom = even_part(fractions.y + fractions.height, height);
  if (right <= left || bottom <= top) return {left, top, 0, 0};
  return {left, top, right - left, bottom - top};
}

}  // namespace tutti::video
