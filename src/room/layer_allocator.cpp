#include "tutti/room/layer_allocator.hpp"

namespace tutti::room {

LayerChoice choose_layer(std::span<const LayerState> layers, const std::optional<Rid>& rid, std::optional<uint16_t> max_height) {
  size_t ideal = layers.size() - 1;
  if (rid) {
    for (size_t i = 0; i < layers.size(); ++i) {
      if (layers[i].rid == *rid) ideal = i;
    }
  } else if (max_height) {
    ideal = 0;
    for (size_t i = 0; i < layers.size(); ++i) {
      const uint32_t height = layers[i].height.value_or(720u >> (layers.size() - 1 - i));
      if (height <= *max_height) ideal = i;
    }
  }
  LayerChoice choice{static_cast<uint8_t>(ideal), static_cast<uint8_t>(ideal)};
  if (layers[ideal].active || layers[ideal].just_wanted) return choice;
  for (size_t i = ideal; i-- > 0;) {
    if (layers[i].active) return {choice.ideal, static_cast<uint8_t>(i)};
  }
  for (size_t i = ideal + 1; i < layers.size(); ++i) {
    if (layers[i].active) return {choice.ideal, static_cast<uint8_t>(i)};
  }
  return choice;
}

}  // namespace tutti::room
