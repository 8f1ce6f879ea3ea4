// LayerRates: what one encoding of a track takes, up to each of its spatial and temporal layers: as its publisher
// announces it (the video-layers-allocation extension), or, where far less comes, half as much again as is measured;
// without its word as measured; and until either is known, estimated from its height. Owned by a TrackLayer; sans-IO. A packet costs two additions: the clock
// comes with update(), ten times a second.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "tutti/base/units.hpp"
#include "tutti/peer/media_packet.hpp"

namespace tutti::room {

// What an encoder of a usual client spends on a picture of so many lines, 16:9, at 30 frames per second.
DataRate usual_bitrate(uint32_t height);

class LayerRates {
 public:
  static constexpr size_t kSpatial = 4, kTemporal = 4;
  // Header, extensions and SRTP's tag, which are sent with each payload; the estimate that is shared out counts them
  // too.
  static constexpr uint32_t kPacketOverhead = 40;

  void on_packet(const peer::MediaPacket& packet) {
    const size_t spatial = std::min<size_t>(packet.spatial_id, kSpatial - 1);
    const size_t temporal = std::min<size_t>(packet.temporal_id.value_or(0), kTemporal - 1);
    cells_[spatial * kTemporal + temporal].bytes += packet.payload_size + kPacketOverhead;
    frames_[temporal] += packet.marker ? 1 : 0;
  }
  // `active`: packets came lately. What is not sent keeps the rates it had, as they are what it will cost when it comes
  // back.
  void update(Timestamp now, bool active);

  // The publisher's own word for one spatial layer: bitrates up to each temporal layer with all that it depends on,
  // lines and frames per second (0: not said). It stands until it is changed, or taken back as a whole.
  void announce(uint8_t spatial, std::span<const DataRate> bitrates, uint32_t height, uint8_t fps);
  void clear_announcement();
  // As packets tell it (a scalability structure, a dependency descriptor).
  void note_sizes(const payload::SpatialSizes& sizes) { sizes_ = sizes; }

  // Layers that there are now; at least one.
  uint8_t spatial_count() const;
  uint8_t temporal_count() const;
  // Up to these layers, all that they depend on included. Zero: not known yet.
  DataRate bitrate(uint8_t spatial, uint8_t temporal) const;
  double fps(uint8_t spatial, uint8_t temporal) const;
  // As announced, or as packets tell it; 0 if neither does.
  uint32_t height(uint8_t spatial) const {
    const uint32_t announced = announced_[std::min<size_t>(spatial, kSpatial - 1)].height;
    return announced == 0 && spatial < sizes_.count ? sizes_.at(spatial).height : announced;
  }

 private:
  // Longer than the distance of bursts, and of keyframes that somebody asks for; down more slowly, since what was sent
  // may be again.
  static constexpr TimeDelta kBlock = TimeDelta::millis(500), kRise = TimeDelta::seconds(2),
                             kFall = TimeDelta::seconds(4);
  static constexpr TimeDelta kSeen = TimeDelta::seconds(2);

  struct Cell {
    uint32_t bytes = 0;  // since the last block
    DataRate rate;
    Timestamp seen = Timestamp::long_ago();
  };
  struct Announced {
    uint8_t temporal_count = 0;
    uint8_t fps = 0;
    uint32_t height = 0;
    std::array<DataRate, kTemporal> bitrates{};
  };

  std::array<Cell, kSpatial * kTemporal> cells_;
  std::array<uint32_t, kTemporal> frames_{};
  std::array<double, kTemporal> frame_rates_{};
  std::array<Announced, kSpatial> announced_;
  payload::SpatialSizes sizes_;
  uint8_t announced_count_ = 0;
  uint32_t blocks_ = 0;
  bool running_ = false;
  Timestamp block_start_;
};

}  // namespace tutti::room
