// The layer allocator: which encoding of a track a slot gets. A pure function of what the viewer asked for and what the
// publisher sends; the bandwidth of the path will be one more input.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "tutti/base/ids.hpp"

namespace tutti::room {

struct LayerState {
  Rid rid;
  std::optional<uint32_t> height;
  bool active = false;       // packets come
  bool just_wanted = false;  // asked of the publisher so recently that it cannot be active yet
};

struct LayerChoice {
  uint8_t ideal = 0;  // what the wish means
  uint8_t now = 0;    // what can be shown until the ideal one comes: the nearest active one below it, else above it
};

// `layers` lowest first, at least one. A rid names its layer; a maximum height means the highest layer not above it; neither
// means the highest. Layers whose height is unknown are taken for halves of 720 lines, from the top.
LayerChoice choose_layer(std::span<const LayerState> layers, const std::optional<Rid>& rid, std::optional<uint16_t> max_height);

}  // namespace tutti::room
