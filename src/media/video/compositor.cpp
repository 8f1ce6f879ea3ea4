#include "tutti/media/video/compositor.hpp"

#include <libyuv/planar_functions.h>

#include <algorithm>
#include <optional>

#include "media/video/colour.hpp"
#include "media/video/drawing_cache.hpp"
#include "media/video/fit.hpp"
#include "media/video/fonts.hpp"
#include "media/video/label.hpp"
#include "media/video/names.hpp"
#include "media/video/scaler.hpp"
#include "media/video/still.hpp"

namespace tutti::video {
namespace {

constexpr size_t kMaxLabelBytes = 4 << 20, kMaxStillBytes = 16 << 20;

void fill(Planes canvas, Yuv colour) {
  libyuv::I420Rect(canvas.y, canvas.stride_y, canvas.u, canvas.stride_uv, canvas.v, canvas.stride_uv, 0, 0,
                   canvas.width, canvas.height, colour.y, colour.u, colour.v);
}

bool lies_on_its_side(Rotation rotation) { return rotation == Rotation::k90 || rotation == Rotation::k270; }

// A part of the picture as it is displayed, in the coordinates that it has in memory.
Rectangle before_rotation(const Rectangle& shown, const Picture& picture) {
  Rectangle out = shown;
  switch (picture.rotation) {
    case Rotation::k0:
      break;
    case Rotation::k90:
      out = {shown.y, picture.height() - shown.x - shown.width, shown.height, shown.width};
      break;
    case Rotation::k180:
      out = {picture.width() - shown.x - shown.width, picture.height() - shown.y - shown.height, shown.width,
             shown.height};
      break;
    case Rotation::k270:
      out = {picture.width() - shown.y - shown.height, shown.x, shown.height, shown.width};
      break;
  }
  return {even(out.x), even(out.y), out.width, out.height};
}

template <class AnyPlanes>
AnyPlanes part_of(AnyPlanes planes, const Rectangle& part) {
  return planes.part(static_cast<int>(part.x), static_cast<int>(part.y), static_cast<int>(part.width),
                     static_cast<int>(part.height));
}

// Inside the canvas and even, whatever the caller says.
Rectangle clipped(const Tile& tile, const Composition& composition) {
  const uint32_t width = even(composition.width), height = even(composition.height);
  const uint32_t x = std::min(even(tile.x), width), y = std::min(even(tile.y), height);
  return {x, y, std::min(even(tile.width), width - x), std::min(even(tile.height), height - y)};
}

// The border's width, given for a canvas of 720 lines, on this one: even, and never nothing if it is wanted.
uint32_t border_lines(const Composition& composition) {
  const uint64_t lines = (uint64_t{composition.border_width} * composition.height + 719) / 720;
  return static_cast<uint32_t>((lines + 1) / 2 * 2);
}

DrawingKey key_of(const std::string& name, const Rectangle& tile) {
  return {name.substr(0, kMaxNameBytes), tile.width, tile.height};
}

void draw_border(Planes tile, uint32_t width, Yuv colour) {
  const int w = std::min({static_cast<int>(width), tile.width / 2, tile.height / 2}) / 2 * 2;
  fill(tile.part(0, 0, tile.width, w), colour);
  fill(tile.part(0, tile.height - w, tile.width, w), colour);
  fill(tile.part(0, w, w, tile.height - 2 * w), colour);
  fill(tile.part(tile.width - w, w, w, tile.height - 2 * w), colour);
}

}  // namespace

struct Compositor::Impl {
  Scaler scaler;
  ScratchImage turned;
  std::optional<Fonts> fonts;  // made when the first letter is drawn: finding the fonts takes some ten ms
  DrawingCache<Label> labels{kMaxLabelBytes};
  DrawingCache<PictureRef> stills{kMaxStillBytes};

  const Fonts& ready_fonts() {
    if (!fonts) fonts.emplace();
    return *fonts;
  }

  void draw_picture(const Picture& picture, const Fit& fit, Planes canvas) {
    const ConstPlanes from = part_of(planes_of(picture), before_rotation(fit.source, picture));
    const Planes to = part_of(canvas, fit.target);
    if (picture.rotation == Rotation::k0) return scaler.scale(from, to);
    // The smaller one is turned.
    const bool sideways = lies_on_its_side(picture.rotation);
    if (to.width * to.height < from.width * from.height) {
      const Planes scaled = turned.resized(sideways ? to.height : to.width, sideways ? to.width : to.height);
      scaler.scale(from, scaled);
      rotate(scaled, to, picture.rotation);
    } else {
      const Planes upright = turned.resized(sideways ? from.height : from.width, sideways ? from.width : from.height);
      rotate(from, upright, picture.rotation);
      scaler.scale(upright, to);
    }
  }

  void draw_content(const TileContent& content, const Rectangle& tile, Planes canvas, Yuv background) {
    if (!content.picture) {
      const PictureRef& still = stills.get(key_of(content.name, tile), [&] {
        return std::pair(draw_still(ready_fonts(), content.name, tile.width, tile.height),
                         size_t{tile.width} * tile.height * 3 / 2);
      });
      return copy(planes_of(*still), part_of(canvas, tile));
    }
    const Picture& picture = *content.picture;
    const bool sideways = lies_on_its_side(picture.rotation);
    const Fit fit = fit_into(sideways ? picture.height() : picture.width(),
                             sideways ? picture.width() : picture.height(), tile, content.tile.fit);
    if (fit.target != tile) fill(part_of(canvas, tile), background);
    draw_picture(picture, fit, canvas);
  }

  void draw_label(const std::string& name, const Rectangle& tile, int border, Planes canvas) {
    const Label& label = labels.get(key_of(name, tile), [&] {
      Label drawn = Label::draw(ready_fonts(), name, static_cast<int>(tile.width), static_cast<int>(tile.height));
      const size_t bytes = drawn.bytes() + name.size() + 64;
      return std::pair(std::move(drawn), bytes);
    });
    const Planes inside = part_of(canvas, tile);
    const int margin = std::max(label_margin(inside.height), border);
    if (label.width() == 0 || label.width() + margin > inside.width || label.height() + margin > inside.height) return;
    label.blend_into(inside.part(margin, inside.height - margin - label.height(), label.width(), label.height()));
  }
};

Compositor::Compositor() : impl_(std::make_unique<Impl>()) {}
Compositor::~Compositor() = default;

std::shared_ptr<Picture> Compositor::compose(const Composition& composition) {
  auto out = Picture::make(composition.width, composition.height);
  const Planes canvas = planes_of(*out);
  const Yuv background = yuv_from_rgb(composition.background), border = yuv_from_rgb(composition.border);
  const uint32_t border_width = border_lines(composition);
  fill(canvas, background);
  for (const TileContent& content : composition.tiles) {
    const Rectangle tile = clipped(content.tile, composition);
    const bool empty = content.tile.source == 0 && !content.picture;
    if (empty || tile.width == 0 || tile.height == 0) continue;
    impl_->draw_content(content, tile, canvas, background);
    if (content.speaking && border_width > 0) draw_border(part_of(canvas, tile), border_width, border);
    if (composition.names && !content.name.empty())
      impl_->draw_label(content.name, tile, static_cast<int>(border_width), canvas);
  }
  return out;
}

}  // namespace tutti::video
