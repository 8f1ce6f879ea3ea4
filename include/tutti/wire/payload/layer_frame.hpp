// LayerFrame: where a packet's frame stands in a stream whose layers share one numbering (VP9 SVC, AV1, or whatever
// carries the dependency descriptor), in one form for all of them: which decode targets it is of, what it refers to. It
// is read once at ingress; who forwards needs no other knowledge of the codec. A decode target is a set of frames that
// can be decoded by itself, here one for each pair of spatial and temporal layer. Values; no allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "tutti/wire/payload/dimensions.hpp"

namespace tutti::payload {

// What encoders of conferences use stays far below these (L3T3: 9 targets, 3 chains, 2 references). A stream that does
// not fit is not described, so it is forwarded whole.
constexpr size_t kMaxLayerTargets = 16;
constexpr size_t kMaxLayerChains = 4;
constexpr size_t kMaxLayerReferences = 8;
constexpr size_t kMaxSpatialLayers = 4;
using TargetMask = uint16_t;  // bit i: decode target i

// Pictures up to 65535 pixels wide and high, lowest spatial layer first.
struct SpatialSizes {
  struct Size {
    uint16_t width = 0, height = 0;
    bool operator==(const Size&) const = default;
  };
  uint8_t count = 0;  // 0: not told
  std::array<Size, kMaxSpatialLayers> sizes{};

  Dimensions at(size_t spatial_id) const { return {sizes[spatial_id].width, sizes[spatial_id].height}; }
  bool operator==(const SpatialSizes&) const = default;
};

struct LayerFrame {
  // Whether anything else here means something.
  bool described = false;
  bool start_of_frame = false, end_of_frame = false;
  bool has_structure = false;  // a LayerStructure begins to hold with this frame
  bool has_active = false;     // `active` stands in this packet; else it is what was said before
  uint8_t spatial_id = 0, temporal_id = 0;
  uint8_t target_count = 0;
  uint8_t number_bits = 16;     // how many bits of `number` there are
  uint32_t number = 0;          // of the frame, in coding order; gaps are no loss
  TargetMask present = 0;       // targets that contain the frame
  TargetMask switches = 0;      // targets that can be begun with it, if it can be decoded
  TargetMask active = 0;        // targets that the sender produces at present
  uint8_t reference_count = 0;  // nothing else is needed to decode it
  uint8_t chain_count = 0;
  std::array<uint16_t, kMaxLayerReferences> references{};  // how far below `number`, each at least 1
  std::array<uint8_t, kMaxLayerChains> chain_diffs{};      // of the frame before it in each chain; 0: begins there
};

struct LayerStructure {
  struct Target {
    uint8_t spatial_id = 0, temporal_id = 0;  // the highest that are in it
    uint8_t chain = kMaxLayerChains;          // that protects it; kMaxLayerChains: none
    bool operator==(const Target&) const = default;
  };
  uint8_t target_count = 0;
  std::array<Target, kMaxLayerTargets> targets{};
  // Which targets are whole in each target.
  std::array<TargetMask, kMaxLayerTargets> contained{};
  bool operator==(const LayerStructure&) const = default;
};

}  // namespace tutti::payload
