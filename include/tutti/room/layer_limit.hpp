// LayerLimit: up to which layer of one stream to forward. Value.
#pragma once

#include <cstdint>
#include <optional>

namespace tutti::room {

// Nothing: all.
struct LayerLimit {
  std::optional<uint8_t> spatial, temporal;
  bool operator==(const LayerLimit&) const = default;
};

}  // namespace tutti::room
