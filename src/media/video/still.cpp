#include "media/video/still.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "media/video/drawing.hpp"
#include "media/video/fonts.hpp"
#include "media/video/names.hpp"

namespace tutti::video {
namespace {

constexpr uint32_t kWhite = 0xFFFFFF;

// FNV-1a: the same on every machine and in every version, as std::hash need not be.
uint32_t hash_of(const std::string& text) {
  uint32_t hash = 2166136261u;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 16777619u;
  return hash;
}

// https://www.w3.org/TR/css-color-3/#hsl-color, hue in degrees.
uint32_t rgb_from_hsl(double hue, double saturation, double lightness) {
  const double reach = saturation * std::min(lightness, 1 - lightness);
  const auto channel = [&](double n) {
    const double k = std::fmod(n + hue / 30, 12);
    return static_cast<uint32_t>(
        std::lround(255 * (lightness - reach * std::clamp(std::min(k - 3, 9 - k), -1.0, 1.0))));
  };
  return channel(0) << 16 | channel(8) << 8 | channel(4);
}

void draw_disc(Drawing& drawing, double x, double y, double radius, uint32_t colour) {
  drawing.set_colour(colour);
  cairo_new_path(drawing.cairo());
  cairo_arc(drawing.cairo(), x, y, radius, 0, 2 * std::numbers::pi);
  cairo_fill(drawing.cairo());
}

void draw_letters(Drawing& drawing, const Fonts& fonts, const std::string& letters, double x, double y, double radius) {
  const auto extents_of = [](PangoLayout* layout) {
    PangoRectangle ink;
    pango_layout_get_pixel_extents(layout, &ink, nullptr);
    return ink;
  };
  double size = radius * 0.85;
  TextLayout layout = fonts.layout(letters, size, PANGO_WEIGHT_MEDIUM);
  // Wide letters and glyphs of other scripts are made to fit into the disc.
  PangoRectangle ink = extents_of(layout.get());
  const double diagonal = std::hypot(ink.width, ink.height);
  if (diagonal > radius * 1.6) {
    size *= radius * 1.6 / diagonal;
    layout = fonts.layout(letters, size, PANGO_WEIGHT_MEDIUM);
    ink = extents_of(layout.get());
  }
  drawing.set_colour(kWhite);
  cairo_move_to(drawing.cairo(), x - ink.x - ink.width / 2.0, y - ink.y - ink.height / 2.0);
  pango_cairo_show_layout(drawing.cairo(), layout.get());
}

void draw_head_and_shoulders(Drawing& drawing, double x, double y, double radius) {
  cairo_save(drawing.cairo());
  cairo_new_path(drawing.cairo());
  cairo_arc(drawing.cairo(), x, y, radius, 0, 2 * std::numbers::pi);
  cairo_clip(drawing.cairo());
  draw_disc(drawing, x, y - radius * 0.25, radius * 0.34, kWhite);
  draw_disc(drawing, x, y + radius * 0.85, radius * 0.65, kWhite);
  cairo_restore(drawing.cairo());
}

}  // namespace

StillColours still_colours(const std::string& name) {
  const double hue = hash_of(name) % 360;
  return {rgb_from_hsl(hue, 0.30, 0.20), rgb_from_hsl(hue, 0.45, 0.38)};
}

PictureRef draw_still(const Fonts& fonts, const std::string& name, uint32_t width, uint32_t height) {
  auto picture = Picture::make(width, height);
  Drawing drawing(static_cast<int>(width), static_cast<int>(height));
  const StillColours colours = still_colours(name);
  drawing.set_colour(colours.ground);
  cairo_paint(drawing.cairo());
  const double x = width / 2.0, y = height / 2.0, radius = std::min(width, height) * 0.27;
  draw_disc(drawing, x, y, radius, colours.disc);
  const std::string initials = initials_of(name);
  if (initials.empty()) {
    draw_head_and_shoulders(drawing, x, y, radius);
  } else {
    draw_letters(drawing, fonts, initials, x, y, radius);
  }
  drawing.read_colours(planes_of(*picture));
  return picture;
}

}  // namespace tutti::video
