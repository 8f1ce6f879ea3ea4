// Studio: a room that mixes with cameras of one colour each and somebody who watches, and the means to say where on a
// picture which colour stands.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "support/mix_client.hpp"
#include "tutti/media/video/layout.hpp"

namespace tutti::test {

inline Yuv mean_colour(const video::Picture& p, uint32_t x, uint32_t y, uint32_t width, uint32_t height) {
  const auto mean = [](const uint8_t* plane, int stride, uint32_t left, uint32_t top, uint32_t w, uint32_t h) {
    uint64_t sum = 0;
    for (uint32_t row = top; row < top + h; ++row)
      for (uint32_t column = left; column < left + w; ++column)
        sum += plane[row * static_cast<size_t>(stride) + column];
    return static_cast<uint8_t>(sum / (uint64_t{w} * h));
  };
  return {mean(p.y(), p.stride_y(), x, y, width, height),
          mean(p.u(), p.stride_uv(), x / 2, y / 2, width / 2, height / 2),
          mean(p.v(), p.stride_uv(), x / 2, y / 2, width / 2, height / 2)};
}

inline bool alike(Yuv a, Yuv b, int most = 10) {
  return std::abs(a.y - b.y) <= most && std::abs(a.u - b.u) <= most && std::abs(a.v - b.v) <= most;
}

// Whether one colour fills the tile, but for what is drawn over it and the few pixels at edges that a codec blurs.
inline bool is_filled(const video::Picture& p, const video::Tile& tile, Yuv colour,
                      std::span<const video::Tile> over = {}) {
  constexpr uint32_t kEdge = 6, kBlock = 8;
  const auto covered = [&](uint32_t x, uint32_t y) {
    return std::any_of(over.begin(), over.end(), [&](const video::Tile& t) {
      return x + kBlock + kEdge > t.x && x < t.x + t.width + kEdge && y + kBlock + kEdge > t.y &&
             y < t.y + t.height + kEdge;
    });
  };
  size_t seen = 0;
  for (uint32_t y = tile.y + kEdge; y + kBlock + kEdge <= tile.y + tile.height; y += kBlock) {
    for (uint32_t x = tile.x + kEdge; x + kBlock + kEdge <= tile.x + tile.width; x += kBlock) {
      if (covered(x, y)) continue;
      if (!alike(mean_colour(p, x, y, kBlock, kBlock), colour)) return false;
      ++seen;
    }
  }
  return seen > 0;
}

class Studio {
 public:
  static constexpr std::array<Yuv, 6> kColours = {
      {{162, 44, 142}, {131, 156, 44}, {112, 72, 58}, {84, 184, 198}, {65, 100, 212}, {200, 128, 128}}};

  // Two rungs, at 15 frames each second.
  static World::Options options(room::RoomMode mode = room::RoomMode::kMcu) {
    World::Options o = mixing_world(mode);
    o.rooms.mixing.rungs = {{640, 360, 15, DataRate::kbps(800)}, {320, 180, 15, DataRate::kbps(250)}};
    return o;
  }
  explicit Studio(World::Options o = options()) : world(std::move(o)) { set_layout({}); }

  // Plain: without names and borders.
  void set_layout(video::LayoutSpec layout, bool hide_self = false) {
    layout.names = false;
    layout.border_width = 0;
    spec = layout;
    world.apply(room::SetLayout{World::room(), "default", {layout, hide_self}});
  }
  // The camera with colour `n`, as participant "c<n>".
  MixClient& join_camera(size_t n, MixClient::Options options = {}) {
    options.microphone.reset();
    options.hears = false;
    if (!options.camera) options.camera = &flat_recording(320, 180, kColours[n]);
    options.camera_options.phase = TimeDelta::millis(static_cast<int64_t>(7 * n));
    cameras.push_back(std::make_unique<MixClient>(world, "c" + std::to_string(n), options));
    shown.push_back(n);
    return *cameras.back();
  }
  MixClient& join_watcher(std::optional<uint16_t> max_height = {}, Codec codec = Codec::kVp8) {
    MixClient::Options options;
    options.microphone.reset();
    options.hears = false;
    options.watches = true;
    options.video_codec = codec;
    room::SubscriptionChange wish;
    wish.slot = SlotId("v");
    wish.max_height = max_height;
    options.wishes = {wish};
    watchers.push_back(std::make_unique<MixClient>(world, "w" + std::to_string(watchers.size()), options));
    return *watchers.back();
  }

  // Where the layout puts the colours that are shown, in the order in which they joined.
  const std::vector<video::Tile>& tiles(uint32_t width = 640, uint32_t height = 360) {
    std::vector<video::LayoutSource> sources;
    for (const size_t n : shown)
      sources.push_back({n + 1, ParticipantId("c" + std::to_string(n)), false, true, false, 0});
    return tiles_ = video::arrange(spec, width, height, sources, tiles_);
  }
  // The next tiles are those of another picture.
  void forget_places() { tiles_.clear(); }
  // Empty if each tile is filled with its colour; else what is wrong.
  std::string wrong_tile(const video::Picture& picture) {
    const auto all = std::span(tiles(picture.width(), picture.height()));
    for (size_t i = 0; i < all.size(); ++i) {
      const video::Tile& tile = all[i];
      const Yuv colour = kColours[tile.source - 1];
      if (is_filled(picture, tile, colour, all.subspan(i + 1))) continue;
      const Yuv there = mean_colour(picture, tile.x, tile.y, tile.width, tile.height);
      return "tile at " + std::to_string(tile.x) + "," + std::to_string(tile.y) + " of " + std::to_string(tile.width) +
             "x" + std::to_string(tile.height) + " is to have colour " + std::to_string(tile.source - 1) + ", has " +
             std::to_string(there.y) + "," + std::to_string(there.u) + "," + std::to_string(there.v);
    }
    return {};
  }

  World world;
  video::LayoutSpec spec;
  std::vector<std::unique_ptr<MixClient>> cameras, watchers;
  std::vector<size_t> shown;  // colours

 private:
  std::vector<video::Tile> tiles_;
};

}  // namespace tutti::test
