// Pictures of a mixed room when things go wrong: a codec pool that is too slow, cameras that send what nobody can
// decode.
#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>

#include "support/studio.hpp"
#include "tutti/wire/payload/vp8.hpp"

using namespace tutti;
using namespace tutti::test;

namespace {

// From the tick that a frame is of to its last packet, for those that came since `since`, against the fastest.
struct Delivery {
  double frames_per_second = 0;
  TimeDelta most;
};
Delivery delivery(const Display& display, Timestamp since, Timestamp until) {
  const auto& frames = display.frames();
  const auto behind = [&](const Display::Shown& f) {
    const auto ticks = wrap_distance(frames.front().timestamp.value(), f.timestamp.value());
    return f.arrival - frames.front().arrival - TimeDelta::micros(int64_t{ticks} * 100 / 9);
  };
  TimeDelta fastest = TimeDelta::infinite();
  for (const auto& f : frames) fastest = std::min(fastest, behind(f));
  Delivery d;
  for (const auto& f : frames) {
    if (f.arrival < since || f.arrival > until) continue;
    d.frames_per_second += 1 / (until - since).seconds_f();
    d.most = std::max(d.most, behind(f) - fastest);
  }
  return d;
}

std::string decoder_error(World& world, const std::string& participant) {
  for (const auto& e : stats_of(world, room::StatsEntry::Type::kInboundRtp, MediaKind::kVideo)) {
    if (e.participant == ParticipantId(participant)) return e.decoder_error;
  }
  return "no statistics";
}

// A VP8 frame of one packet: RFC 6386 §9.1's frame header, and whatever comes after it.
std::vector<uint8_t> vp8_keyframe(uint16_t width, uint16_t height, size_t size, uint32_t first_partition,
                                  Random& random) {
  payload::Vp8Descriptor descriptor;
  descriptor.start_of_partition = true;
  std::vector<uint8_t> out(payload::Vp8Descriptor::kMaxSize);
  out.resize(descriptor.write(out));
  const size_t at = out.size();
  out.resize(at + size);
  random.fill(std::span(out).subspan(at));
  const uint32_t tag = 1u << 4 | first_partition << 5;  // shown, version 0, a keyframe
  const std::array<uint8_t, 10> header = {static_cast<uint8_t>(tag),
                                          static_cast<uint8_t>(tag >> 8),
                                          static_cast<uint8_t>(tag >> 16),
                                          0x9D,
                                          0x01,
                                          0x2A,
                                          static_cast<uint8_t>(width),
                                          static_cast<uint8_t>(width >> 8),
                                          static_cast<uint8_t>(height),
                                          static_cast<uint8_t>(height >> 8)};
  std::copy(header.begin(), header.end(), out.begin() + static_cast<std::ptrdiff_t>(at));
  return out;
}

}  // namespace

TEST_CASE("a pool that is too slow costs frames, not latency, and says so", "[sim][mixing]") {
  Studio studio;
  for (size_t n = 0; n < 4; ++n) studio.join_camera(n);
  MixClient& watcher = studio.join_watcher();
  World& world = studio.world;
  world.run_for(TimeDelta::seconds(3));
  const auto skipped = [&] {
    uint64_t sum = 0;
    for (const auto& e : stats_of(world, room::StatsEntry::Type::kMixer, MediaKind::kVideo))
      sum += e.skipped_frames.value_or(0);
    return sum;
  };
  const auto during = [&](TimeDelta time) {
    const Timestamp from = world.now();
    world.run_for(time);
    return delivery(watcher.display(), from, world.now());
  };
  const Delivery well = during(TimeDelta::seconds(2));
  CHECK(well.frames_per_second > 14);
  CHECK(well.most < TimeDelta::millis(70));
  CHECK(skipped() == 0);
  // The watchdog's warning is not for whoever runs the tests.
  configure_log(LogLevel::kError, LogFormat::kText);
  // Four cameras, one composition, one encoding: six jobs in a frame of 67 ms.
  world.jobs().set_cost(TimeDelta::millis(18), TimeDelta::millis(22));
  during(TimeDelta::seconds(2));
  const Delivery slow = during(TimeDelta::seconds(5)), later = during(TimeDelta::seconds(5));
  std::cout << "mix, a pool asked for twice what it can do: " << slow.frames_per_second << ", then "
            << later.frames_per_second << " frames each second, at most " << slow.most.ms() << ", then "
            << later.most.ms() << " ms behind\n";
  CHECK(slow.frames_per_second < 13);
  CHECK(slow.frames_per_second > 2);
  CHECK(slow.most < TimeDelta::millis(400));
  CHECK(later.most < slow.most + TimeDelta::millis(50));
  CHECK(skipped() > 20);
  // What is shown is still what is sent.
  CHECK(studio.wrong_tile(*watcher.display().picture()).empty());
  world.jobs().set_cost(TimeDelta::millis(1), TimeDelta::millis(4));
  during(TimeDelta::seconds(1));
  const Delivery again = during(TimeDelta::seconds(2));
  CHECK(again.frames_per_second > 14);
  CHECK(again.most < TimeDelta::millis(70));
  configure_log(LogLevel::kWarn, LogFormat::kText);
  INFO(watcher.display().first_fault());
  CHECK(watcher.display().first_fault().empty());
}

TEST_CASE("a camera that cannot be decoded is named, with the reason, and the others are seen all the same",
          "[sim][mixing]") {
  Studio studio;
  studio.join_camera(0);
  MixClient& bad = studio.join_camera(1);
  studio.join_camera(2);
  MixClient& watcher = studio.join_watcher();
  World& world = studio.world;
  world.run_for(TimeDelta::seconds(1));
  CHECK(decoder_error(world, "c1").empty());
  CHECK(studio.wrong_tile(*watcher.display().picture()).empty());
  bad.camera().stop();
  const auto send = [&](auto make, int times) {
    for (int i = 0; i < times; ++i) {
      bad.send_video(true, bad.camera().rtp_at(world.now()), make());
      world.run_for(TimeDelta::millis(67));
    }
  };
  const auto others_are_seen = [&] {
    const video::Picture& p = *watcher.display().picture();
    const auto& tiles = studio.tiles();
    return is_filled(p, tiles[0], Studio::kColours[0]) && is_filled(p, tiles[2], Studio::kColours[2]);
  };
  // 16,000 x 16,000: refused before a buffer is taken.
  send([&] { return vp8_keyframe(16'000, 16'000, 1000, 100, world.random()); }, 6);
  CHECK(decoder_error(world, "c1") == "too-large");
  CHECK(others_are_seen());
  // A first partition that is longer than the frame.
  send([&] { return vp8_keyframe(320, 180, 60, 5000, world.random()); }, 6);
  CHECK(decoder_error(world, "c1") == "corrupt");
  CHECK(others_are_seen());
  // Rubbish that looks like a frame, of one size and another.
  send(
      [&] {
        return vp8_keyframe(static_cast<uint16_t>(16 + world.random().below(700)), 180, 800, 300, world.random());
      },
      30);
  CHECK(others_are_seen());
  // And rubbish that does not.
  send(
      [&] {
        std::vector<uint8_t> noise(200);
        world.random().fill(noise);
        return noise;
      },
      30);
  CHECK(others_are_seen());
  // It mends its ways.
  bad.camera().start(world.now());
  world.run_for(TimeDelta::seconds(3));
  CHECK(decoder_error(world, "c1").empty());
  CHECK(studio.wrong_tile(*watcher.display().picture()).empty());
  CHECK(watcher.display().frames().size() > 100);
  INFO(watcher.display().first_fault());
  CHECK(watcher.display().first_fault().empty());
}

TEST_CASE("beyond the limit of encoders a newcomer is refused, and those who watch keep what they have",
          "[sim][mixing]") {
  World::Options options = Studio::options();
  options.rooms.mixing.max_video_encoders = 1;
  Studio studio(std::move(options));
  studio.join_camera(0);
  MixClient& watcher = studio.join_watcher();
  studio.world.run_for(TimeDelta::seconds(1));
  CHECK_THROWS_WITH(studio.join_watcher(180), Catch::Contains("mixing-overloaded"));
  MixClient& same = studio.join_watcher();
  const size_t before = watcher.display().frames().size();
  studio.world.run_for(TimeDelta::seconds(1));
  CHECK(watcher.display().frames().size() - before >= 14);
  CHECK(studio.wrong_tile(*same.display().picture()).empty());
}

TEST_CASE("beyond the limit of decoders a camera that comes back waits until there is room for it", "[sim][mixing]") {
  World::Options options = Studio::options();
  options.rooms.mixing.max_video_decoders = 1;
  Studio studio(std::move(options));
  World& world = studio.world;
  const auto decoders = [&] { return world.rooms().mixing_load().video_decoders; };
  video::LayoutSpec only;
  only.kind = video::LayoutKind::kCustom;
  const auto show_only = [&](const char* participant) {
    only.rectangles = {{0, 0, 1, 1, ParticipantId(participant)}};
    studio.set_layout(only);
    studio.tiles();
    world.run_for(TimeDelta::seconds(1));
  };
  studio.join_camera(0);
  studio.join_camera(1);
  MixClient& watcher = studio.join_watcher();
  const auto shows = [&](size_t camera) {
    const auto& tiles = studio.tiles();
    const auto tile =
        std::find_if(tiles.begin(), tiles.end(), [&](const video::Tile& t) { return t.source == camera + 1; });
    return tile != tiles.end() && is_filled(*watcher.display().picture(), *tile, Studio::kColours[camera]);
  };
  show_only("c0");
  CHECK(shows(0));
  show_only("c1");
  CHECK(shows(1));
  CHECK(decoders() == 1);
  // Both: the first one's last picture is still there, its decoder is not.
  studio.set_layout({});
  for (int i = 0; i < 150; ++i) {
    world.run_for(TimeDelta::millis(100));
    REQUIRE(decoders() == 1);
    if (i != 10) continue;
    CHECK(shows(0));
    CHECK(shows(1));
  }
  // Not for long: it is not live.
  CHECK_FALSE(shows(0));
  CHECK(shows(1));
  studio.cameras[1]->leave();
  std::erase(studio.shown, 1u);
  world.run_for(TimeDelta::seconds(1));
  CHECK(shows(0));
  CHECK(decoders() == 1);
}
