// Layouts: where on the canvas whose picture stands. LayoutSpec is what REST sets (docs/openapi.yaml, layouts);
// arrange() is a pure function from it and the sources of this moment to tiles. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tutti/base/ids.hpp"

namespace tutti::video {

enum class LayoutKind : uint8_t {
  kGrid,        // all alike, as many rows and columns as it takes
  kSpeaker,     // who speaks large, the others in a strip
  kSpotlight,   // one alone
  kSideBySide,  // a shared screen large, the others in a column beside it; without a screen as kSpeaker
  kPip,         // one fills the canvas, the next stands small in a corner
  kCustom,      // the rectangles given
};
std::string_view to_string(LayoutKind kind);  // "grid", "speaker", "spotlight", "side-by-side", "pip", "custom"
std::optional<LayoutKind> layout_kind_from_name(std::string_view name);

enum class TileFit : uint8_t { kCrop, kPad };

// In fractions of the canvas, 0 to 1.
struct LayoutRectangle {
  double x = 0, y = 0, width = 1, height = 1;
  std::optional<ParticipantId> participant;  // fixed to somebody; else filled in order
  bool operator==(const LayoutRectangle&) const = default;
};

struct LayoutSpec {
  LayoutKind kind = LayoutKind::kGrid;
  std::vector<LayoutRectangle> rectangles;  // kCustom, 1 to kMaxTiles; later ones are drawn over earlier ones
  TileFit fit = TileFit::kCrop;             // a shared screen is always padded
  bool names = true;
  uint32_t background = 0x16181D;  // 0xRRGGBB
  uint32_t border = 0x2A9D8F;      // around who speaks
  uint8_t border_width = 3;        // in lines of a canvas of 720; 0: none
  uint8_t max_tiles = 25;          // further sources are not shown
  bool operator==(const LayoutSpec&) const = default;
};
constexpr size_t kMaxTiles = 49;

// Somebody who may be shown, in the order in which they joined.
struct LayoutSource {
  uint64_t id = 0;  // the caller's, not 0
  ParticipantId participant;
  bool screen = false;
  bool has_video = true;      // else its still stands there
  bool speaking = false;      // now
  int64_t last_spoke_us = 0;  // rank of speakers; 0: never
};

// In pixels of the canvas, even numbers.
struct Tile {
  uint64_t source = 0;  // 0: nobody
  uint32_t x = 0, y = 0, width = 0, height = 0;
  TileFit fit = TileFit::kCrop;
  bool operator==(const Tile&) const = default;
};

// Drawn in order, the large tile first. It is a shared screen's (the newest, unless one stands there already), else
// that of who speaks or spoke last; a speaker who stands there is not displaced by another. If there are more sources
// than places, who spoke last is shown. A custom rectangle that nobody fills is a tile of nobody, so that the others
// keep their index. Stable: `previous` is what stood there before, and who was shown keeps the place while it deserves
// one. Tile sizes are chosen to be 1/2, 1/3 or 1/4 of the canvas where the layout allows, for the scaler's fast
// kernels.
std::vector<Tile> arrange(const LayoutSpec& layout, uint32_t width, uint32_t height,
                          const std::vector<LayoutSource>& sources, const std::vector<Tile>& previous);

}  // namespace tutti::video
