#include "media/video/label.hpp"

#include <libyuv/planar_functions.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "media/video/drawing.hpp"
#include "media/video/fonts.hpp"
#include "media/video/names.hpp"

namespace tutti::video {
namespace {

constexpr int kMinTileWidth = 60, kMinTileHeight = 44;
constexpr uint32_t kBoxColour = 0x101114, kTextColour = 0xFFFFFF;
constexpr double kBoxAlpha = 0.6;

void round_box(cairo_t* cairo, double width, double height, double radius) {
  constexpr double kQuarter = std::numbers::pi / 2;
  cairo_new_path(cairo);
  cairo_arc(cairo, width - radius, radius, radius, -kQuarter, 0);
  cairo_arc(cairo, width - radius, height - radius, radius, 0, kQuarter);
  cairo_arc(cairo, radius, height - radius, radius, kQuarter, 2 * kQuarter);
  cairo_arc(cairo, radius, radius, radius, 2 * kQuarter, 3 * kQuarter);
  cairo_close_path(cairo);
}

int even_up(double length) { return (static_cast<int>(std::ceil(length)) + 1) / 2 * 2; }

}  // namespace

Label Label::draw(const Fonts& fonts, const std::string& name, int tile_width, int tile_height) {
  Label out;
  const std::string text = clean_name(name);
  if (text.empty() || tile_width < kMinTileWidth || tile_height < kMinTileHeight) return out;

  const double size = std::clamp(8 + tile_height / 36.0, 9.0, 48.0);
  const double padding = std::round(size * 0.5);
  const int max_width = tile_width - 2 * label_margin(tile_height);
  const TextLayout layout = fonts.layout(text, size, PANGO_WEIGHT_NORMAL);
  pango_layout_set_ellipsize(layout.get(), PANGO_ELLIPSIZE_END);
  pango_layout_set_width(layout.get(), static_cast<int>(max_width - 2 * padding) * PANGO_SCALE);
  int text_width = 0, text_height = 0;
  pango_layout_get_pixel_size(layout.get(), &text_width, &text_height);

  // A fallback font may be taller than the line of a name in Latin letters, but not by much: marks piled up on each
  // other are cut.
  out.width_ = std::min(even_up(text_width + 2 * padding), max_width / 2 * 2);
  out.height_ = even_up(std::min<double>(text_height, size * 1.8) + std::round(size * 0.25));
  Drawing drawing(out.width_, out.height_);
  round_box(drawing.cairo(), out.width_, out.height_, size * 0.3);
  drawing.set_colour(kBoxColour, kBoxAlpha);
  cairo_fill_preserve(drawing.cairo());
  cairo_clip(drawing.cairo());
  drawing.set_colour(kTextColour);
  // With an ellipsis the layout has the whole width, and a name written from right to left is aligned at the right of
  // it.
  PangoRectangle extents;
  pango_layout_get_pixel_extents(layout.get(), nullptr, &extents);
  cairo_move_to(drawing.cairo(), padding - extents.x, (out.height_ - text_height) / 2.0);
  pango_cairo_show_layout(drawing.cairo(), layout.get());

  out.bytes_.resize(static_cast<size_t>(out.width_) * static_cast<size_t>(out.height_) * 5 / 2);
  drawing.read_colours(out.planes());
  drawing.read_alpha(out.alpha(), out.width_);
  return out;
}

void Label::blend_into(Planes canvas) const {
  if (bytes_.empty()) return;
  const ptrdiff_t luma = static_cast<ptrdiff_t>(width_) * height_;
  const uint8_t* y = bytes_.data();
  const uint8_t* u = y + luma;
  const uint8_t* v = u + luma / 4;
  const uint8_t* alpha = v + luma / 4;
  libyuv::I420Blend(y, width_, u, width_ / 2, v, width_ / 2, canvas.y, canvas.stride_y, canvas.u, canvas.stride_uv,
                    canvas.v, canvas.stride_uv, alpha, width_, canvas.y, canvas.stride_y, canvas.u, canvas.stride_uv,
                    canvas.v, canvas.stride_uv, width_, height_);
}

Planes Label::planes() {
  const ptrdiff_t luma = static_cast<ptrdiff_t>(width_) * height_;
  uint8_t* y = bytes_.data();
  return {y, y + luma, y + luma + luma / 4, width_, width_ / 2, width_, height_};
}

uint8_t* Label::alpha() { return bytes_.data() + static_cast<ptrdiff_t>(width_) * height_ * 3 / 2; }

}  // namespace tutti::video
