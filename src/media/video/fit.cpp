#include "media/video/fit.hpp"

#include <algorithm>

namespace tutti::video {
namespace {

bool nearly(uint64_t part, uint64_t whole) { return part * 100 >= whole * 98; }

// The even length nearest to the quotient, in [2, limit]; the limit itself may be odd.
uint32_t length_of(uint64_t numerator, uint64_t denominator, uint32_t limit) {
  const uint64_t length = 2 * ((numerator + denominator) / (2 * denominator));
  return nearly(length, limit) ? limit : static_cast<uint32_t>(std::max<uint64_t>(length, 2));
}

}  // namespace

Fit fit_into(uint32_t source_width, uint32_t source_height, const Rectangle& tile, TileFit fit) {
  Fit out{{0, 0, source_width, source_height}, tile};
  const uint64_t w = source_width, h = source_height;
  const bool source_is_wider = w * tile.height > h * tile.width;
  if (fit == TileFit::kCrop) {
    if (source_is_wider) {
      out.source.width = std::min(source_width, length_of(h * tile.width, tile.height, source_width));
      out.source.x = even((source_width - out.source.width) / 2);
    } else {
      out.source.height = std::min(source_height, length_of(w * tile.height, tile.width, source_height));
      out.source.y = even((source_height - out.source.height) / 2);
    }
    return out;
  }
  if (source_is_wider) {
    out.target.height = std::min(tile.height, length_of(h * tile.width, w, tile.height));
    out.target.y += even((tile.height - out.target.height) / 2);
  } else {
    out.target.width = std::min(tile.width, length_of(w * tile.height, h, tile.width));
    out.target.x += even((tile.width - out.target.width) / 2);
  }
  return out;
}

}  // namespace tutti::video
