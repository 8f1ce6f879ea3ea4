// The composed picture as its watchers get it: cameras that send real VP8, decoded, composed, encoded and decoded
// again, in virtual time with the double of the codec pool.
#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>

#include "support/studio.hpp"
#include "tutti/media/video/compositor.hpp"

using namespace tutti;
using namespace tutti::test;

namespace {

constexpr TimeDelta kSettled = TimeDelta::millis(800);

video::LayoutSpec layout(video::LayoutKind kind) {
  video::LayoutSpec spec;
  spec.kind = kind;
  return spec;
}

video::PictureRef cut(const video::Picture& from, const video::Tile& tile) {
  auto out = video::Picture::make(tile.width, tile.height);
  const auto copy = [](const uint8_t* in, int in_stride, uint8_t* to, int to_stride, uint32_t x, uint32_t y,
                       uint32_t width, uint32_t height) {
    for (uint32_t row = 0; row < height; ++row)
      std::copy_n(in + (y + row) * static_cast<size_t>(in_stride) + x, width,
                  to + row * static_cast<size_t>(to_stride));
  };
  copy(from.y(), from.stride_y(), out->y(), out->stride_y(), tile.x, tile.y, tile.width, tile.height);
  copy(from.u(), from.stride_uv(), out->u(), out->stride_uv(), tile.x / 2, tile.y / 2, tile.width / 2, tile.height / 2);
  copy(from.v(), from.stride_uv(), out->v(), out->stride_uv(), tile.x / 2, tile.y / 2, tile.width / 2, tile.height / 2);
  return out;
}

}  // namespace

TEST_CASE("each camera stands where the layout says, whoever comes, goes, and whatever the layout", "[sim][mixing]") {
  Studio studio;
  for (size_t n = 0; n < 4; ++n) studio.join_camera(n);
  MixClient& watcher = studio.join_watcher();
  const auto settle = [&](const char* what) {
    studio.world.run_for(kSettled);
    INFO(what);
    REQUIRE(watcher.display().picture());
    CHECK(studio.wrong_tile(*watcher.display().picture()).empty());
  };
  settle("four");
  // Quarters, in the order in which they came.
  CHECK(studio.tiles() ==
        std::vector<video::Tile>{
            {1, 0, 0, 320, 180}, {2, 320, 0, 320, 180}, {3, 0, 180, 320, 180}, {4, 320, 180, 320, 180}});
  for (const auto kind : {video::LayoutKind::kSpeaker, video::LayoutKind::kSpotlight, video::LayoutKind::kPip,
                          video::LayoutKind::kSideBySide}) {
    studio.set_layout(layout(kind));
    settle(std::string(video::to_string(kind)).c_str());
  }
  video::LayoutSpec custom = layout(video::LayoutKind::kCustom);
  custom.rectangles = {{0, 0, 0.75, 1, ParticipantId("c2")}, {0.75, 0, 0.25, 0.25, {}}, {0.75, 0.5, 0.25, 0.25, {}}};
  studio.set_layout(custom);
  settle("custom");
  CHECK(is_filled(*watcher.display().picture(), {0, 0, 0, 480, 360, video::TileFit::kCrop}, Studio::kColours[2]));

  studio.set_layout(layout(video::LayoutKind::kGrid));
  settle("grid again");
  studio.join_camera(4);
  settle("one more");
  studio.cameras[1]->leave();
  std::erase(studio.shown, 1u);
  settle("one less");
  studio.cameras[2]->camera().show(flat_recording(160, 120, Studio::kColours[2]));
  settle("another size in mid-call");
  INFO(watcher.display().first_fault());
  CHECK(watcher.display().first_fault().empty());
}

TEST_CASE("while layouts change no picture shows anything but cameras", "[sim][mixing]") {
  Studio studio;
  for (size_t n = 0; n < 4; ++n) studio.join_camera(n);
  MixClient& watcher = studio.join_watcher();
  studio.world.run_for(TimeDelta::seconds(1));
  uint64_t pictures = 0, flashes = 0;
  watcher.display().on_picture = [&](Timestamp, const video::Picture& p) {
    ++pictures;
    // The four quarters' centres lie in some camera in each of these layouts.
    for (const uint32_t x : {p.width() / 4, p.width() * 3 / 4}) {
      for (const uint32_t y : {p.height() / 4, p.height() * 5 / 8}) {
        const Yuv there = mean_colour(p, x - 8, y - 8, 16, 16);
        flashes +=
            std::none_of(Studio::kColours.begin(), Studio::kColours.end(), [&](Yuv c) { return alike(there, c, 16); });
      }
    }
  };
  for (int i = 0; i < 3; ++i) {
    for (const auto kind :
         {video::LayoutKind::kSpotlight, video::LayoutKind::kGrid, video::LayoutKind::kPip, video::LayoutKind::kGrid}) {
      studio.set_layout(layout(kind));
      studio.world.run_for(TimeDelta::millis(400));
    }
  }
  CHECK(pictures > 60);
  CHECK(flashes == 0);
}

TEST_CASE("a camera that is turned is turned back", "[sim][mixing]") {
  Studio studio;
  video::LayoutSpec spec = layout(video::LayoutKind::kSpotlight);
  spec.fit = video::TileFit::kPad;
  studio.set_layout(spec);
  MixClient::Options options;
  options.camera = &bars_recording(320, 180);
  options.camera_options.orientation = 0;
  MixClient& camera = studio.join_camera(0, options);
  MixClient& watcher = studio.join_watcher();
  // Which bar stands in the middle of the n-th eighth: from left to right, or from top to bottom of the picture turned
  // upright.
  const auto bar_at = [&](uint32_t eighth, bool across) {
    const video::Picture& p = *watcher.display().picture();
    const Yuv there =
        across ? mean_colour(p, 80 * eighth + 34, 174, 12, 12) : mean_colour(p, 314, 45 * eighth + 16, 12, 12);
    for (uint32_t i = 0; i < 8; ++i) {
      if (alike(there, kColourBars[i], 14)) return static_cast<int>(i);
    }
    return -1;
  };
  // 3GPP TS 26.114 §7.4.5: the last two bits are quarters of a turn, clockwise, that the receiver has to make.
  for (const uint8_t turned : {0, 1, 2, 3, 0}) {
    camera.camera().turn(turned);
    studio.world.run_for(kSettled);
    for (uint32_t i = 0; i < 8; ++i) {
      INFO(int{turned} << " quarters, eighth " << i);
      CHECK(bar_at(i, turned % 2 == 0) == static_cast<int>(turned < 2 ? i : 7 - i));
    }
  }
}

TEST_CASE("tiles of every size have 30 dB at the default rate", "[sim][mixing]") {
  World::Options options = mixing_world();
  Studio studio(std::move(options));
  video::LayoutSpec custom = layout(video::LayoutKind::kCustom);
  custom.rectangles = {
      {0, 0, 0.5, 0.5, {}}, {0.5, 0, 0.5, 0.5, {}}, {0, 0.5, 1.0 / 3, 1.0 / 3, {}}, {0.5, 0.5, 0.25, 0.25, {}}};
  studio.set_layout(custom);
  // A second of a moving scene, forth and back.
  std::vector<CameraRecording> recordings;
  for (uint32_t hue = 0; hue < 2; ++hue) {
    std::vector<video::PictureRef> pictures;
    for (uint32_t i = 0; i < 12; ++i) pictures.push_back(scene(640, 360, i, hue));
    for (uint32_t i = 10; i > 0; --i) pictures.push_back(pictures[i]);
    recordings.push_back(record(pictures, 30, DataRate::kbps(1500)));
  }
  for (size_t n = 0; n < 4; ++n) {
    MixClient::Options camera;
    camera.camera = &recordings[n % 2];
    camera.camera_options.fps = 30;
    studio.join_camera(n, camera);
  }
  MixClient& watcher = studio.join_watcher();
  studio.world.run_for(TimeDelta::seconds(2));
  const auto tiles = studio.tiles(1280, 720);
  REQUIRE(tiles.size() == 4);
  std::array<double, 4> worst;
  worst.fill(100);
  for (int sample = 0; sample < 4; ++sample) {
    studio.world.run_for(TimeDelta::millis(170));
    const video::PictureRef picture = watcher.display().picture();
    REQUIRE(picture->width() == 1280);
    for (size_t n = 0; n < 4; ++n) {
      const video::PictureRef tile = cut(*picture, tiles[n]);
      double best = 0;
      // Whichever of the source's pictures was the last when this one was drawn.
      for (const auto& source : recordings[n % 2].decoded)
        best = std::max(best, psnr(*video::scale(source, tiles[n].width, tiles[n].height), *tile));
      worst[n] = std::min(worst[n], best);
    }
  }
  std::cout << "mix, four tiles in 720p30 of VP8 at 1.5 Mbit/s: " << worst[0] << ", " << worst[1] << ", " << worst[2]
            << ", " << worst[3] << " dB\n";
  for (const double db : worst) CHECK(db >= 30);
}

TEST_CASE("rungs follow max_height, and a watcher changes between them on a keyframe and without a hole",
          "[sim][mixing]") {
  Studio studio;
  for (size_t n = 0; n < 2; ++n) studio.join_camera(n);
  MixClient& large = studio.join_watcher();
  MixClient& small = studio.join_watcher(180);
  MixClient& also_small = studio.join_watcher(200);
  const auto encoders = [&] {
    return stats_of(studio.world, room::StatsEntry::Type::kMixEncoder, MediaKind::kVideo).size();
  };
  const auto shows = [&](MixClient& watcher, uint32_t height) {
    CHECK(watcher.display().picture()->height() == height);
    CHECK(studio.wrong_tile(*watcher.display().picture()).empty());
  };
  studio.world.run_for(TimeDelta::seconds(1));
  shows(large, 360);
  shows(small, 180);
  shows(also_small, 180);
  CHECK(encoders() == 2);
  for (const std::optional<uint16_t> wish :
       {std::optional<uint16_t>(), std::optional<uint16_t>(180), std::optional<uint16_t>()}) {
    const size_t before = small.display().frames().size();
    room::SubscriptionChange change;
    change.slot = SlotId("v");
    change.max_height = wish;
    small.subscribe(change);
    studio.world.run_for(TimeDelta::seconds(1));
    shows(small, wish ? 180 : 360);
    const auto& frames = small.display().frames();
    TimeDelta longest;
    for (size_t i = before; i < frames.size(); ++i) {
      if (frames[i].height != frames[i - 1].height) CHECK(frames[i].keyframe);
      longest = std::max(longest, frames[i].arrival - frames[i - 1].arrival);
    }
    // One frame of 67 ms, and what the pool takes.
    CHECK(longest < TimeDelta::millis(110));
  }
  large.leave();
  also_small.leave();
  studio.world.run_for(TimeDelta::millis(200));
  CHECK(encoders() == 1);
  shows(small, 360);
  INFO(small.display().first_fault());
  CHECK(small.display().first_fault().empty());
}

TEST_CASE("nobody sees itself where the layout says so", "[sim][mixing]") {
  Studio studio;
  studio.set_layout({}, true);
  MixClient::Options watches;
  watches.watches = true;
  for (size_t n = 0; n < 3; ++n) studio.join_camera(n, watches);
  MixClient& watcher = studio.join_watcher();
  studio.world.run_for(TimeDelta::seconds(1));
  CHECK(studio.wrong_tile(*watcher.display().picture()).empty());
  for (size_t n = 0; n < 3; ++n) {
    studio.forget_places();
    studio.shown = {0, 1, 2};
    std::erase(studio.shown, n);
    INFO(n);
    CHECK(studio.wrong_tile(*studio.cameras[n]->display().picture()).empty());
  }
  CHECK(stats_of(studio.world, room::StatsEntry::Type::kMixEncoder, MediaKind::kVideo).size() == 4);
}

TEST_CASE("a still picture costs little, and a newcomer sees it at once", "[sim][mixing]") {
  Studio studio;
  studio.join_camera(0).camera().stop();
  MixClient& watcher = studio.join_watcher();
  studio.world.run_for(TimeDelta::seconds(3));
  const uint64_t before = watcher.ip_bytes_received();
  studio.world.run_for(TimeDelta::seconds(10));
  const double kbps = static_cast<double>(watcher.ip_bytes_received() - before) * 8 / 10 / 1000;
  std::cout << "mix, a picture in which nothing moves: " << kbps << " kbit/s of IP\n";
  CHECK(kbps < 30);
  MixClient& late = studio.join_watcher();
  studio.world.run_for(TimeDelta::millis(200));
  CHECK(late.display().picture());
}
