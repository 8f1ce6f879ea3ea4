// The video-layers-allocation header extension, by which a publisher announces what it sends or means to send: for each
// of its streams (simulcast) and spatial layers the bitrate up to each temporal layer, and the size and frame rate.
// http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00. Value; no allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "tutti/base/units.hpp"
#include "tutti/wire/payload/dimensions.hpp"

namespace tutti::payload {

struct VideoLayersAllocation {
  static constexpr size_t kMaxStreams = 4;
  static constexpr size_t kMaxSpatialLayers = 4;
  static constexpr size_t kMaxTemporalLayers = 4;

  struct Layer {
    uint8_t stream = 0;  // among those of the track, in the order of their rids in SDP
    uint8_t spatial_id = 0;
    uint8_t temporal_count = 0;  // 1 to 4
    // What it takes to receive this layer, with all that it depends on: lower temporal layers, and lower spatial ones
    // where they are needed in every picture (so not in simulcast).
    std::array<DataRate, kMaxTemporalLayers> bitrates{};
    std::optional<Dimensions> dimensions;
    uint8_t max_fps = 0;  // if there are dimensions
    bool operator==(const Layer&) const = default;
  };

  uint8_t stream = 0;        // the one that the packet is of
  uint8_t stream_count = 0;  // 0: nothing is sent at present
  uint8_t layer_count = 0;
  std::array<Layer, kMaxStreams * kMaxSpatialLayers> storage{};

  // Those that are active, by stream, then by spatial layer.
  std::span<const Layer> layers() const { return std::span(storage).first(layer_count); }
  bool operator==(const VideoLayersAllocation&) const = default;

  // `extension`: the header extension's bytes. nullopt if it is cut short or a bitrate is no number.
  static std::optional<VideoLayersAllocation> parse(std::span<const uint8_t> extension) noexcept;
};

}  // namespace tutti::payload
