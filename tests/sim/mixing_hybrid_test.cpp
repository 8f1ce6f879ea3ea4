// Mixed sound and composed picture together: how far apart they are, and slots of a hybrid room that change between mix
// and track in mid-call.
#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>

#include "support/studio.hpp"

using namespace tutti;
using namespace tutti::test;

namespace {

// The instant that a sender report gives to an RTP time.
int64_t ntp_us(const MixClient::Timing& timing, RtpTimestamp at, int64_t clock_rate_hz) {
  return timing.ntp.to_us() + int64_t{wrap_distance(timing.rtp.value(), at.value())} * 1'000'000 / clock_rate_hz;
}

room::SubscriptionChange choose(const char* slot, std::optional<TrackId> track) {
  room::SubscriptionChange change;
  change.slot = SlotId(slot);
  using Kind = room::TrackChoice::Kind;
  change.track = track ? room::TrackChoice{Kind::kTrack, *track} : room::TrackChoice{Kind::kMix, {}};
  return change;
}

}  // namespace

TEST_CASE("a flash and a beep of one moment come out at most 40 ms apart", "[sim][mixing]") {
  const auto jitter = GENERATE(TimeDelta::zero(), TimeDelta::millis(20));
  World::Options options = mixing_world();
  options.up.jitter = jitter;
  options.up.delay = TimeDelta::millis(30);
  options.rooms.mixing.rungs = {{320, 180, 30, DataRate::kbps(500)}};
  Studio studio(std::move(options));
  World& world = studio.world;
  const CameraRecording &dark = flat_recording(320, 180, {40, 128, 128}),
                        &bright = flat_recording(320, 180, {220, 128, 128});
  MixClient::Options both;
  both.camera = &dark;
  both.camera_options = {.fps = 30, .phase = TimeDelta::millis(11), .orientation = {}};
  both.hears = false;
  MixClient sender(world, "sender", both);
  MixClient::Options takes;
  takes.microphone.reset();
  takes.watches = true;
  MixClient watcher(world, "watcher", takes);
  std::vector<RtpTimestamp> flashes;
  bool was_bright = false;
  watcher.display().on_picture = [&](Timestamp, const video::Picture& p) {
    const bool is_bright = mean_colour(p, 100, 60, 100, 60).y > 130;
    if (is_bright && !was_bright) flashes.push_back(watcher.display().frames().back().timestamp);
    was_bright = is_bright;
  };
  world.run_for(TimeDelta::seconds(8));
  constexpr int kTimes = 8;
  std::vector<int64_t> beeps;
  for (int i = 0; i < kTimes; ++i) {
    // The next frame is bright, and the beep begins in the moment in which it is captured.
    const int64_t begins = sender.microphone().sample_at(sender.camera().next());
    beeps.push_back(begins);
    sender.camera().show(bright);
    sender.microphone().play([begins](int64_t at, std::span<int16_t> out) {
      const Pcm pcm = sine(1000, 0.5, out.size(), 48'000, static_cast<size_t>(at));
      for (size_t k = 0; k < out.size(); ++k) {
        const int64_t n = at + static_cast<int64_t>(k) - begins;
        out[k] = n >= 0 && n < 9'600 ? pcm[k] : int16_t{0};
      }
    });
    world.run_for(TimeDelta::millis(400));
    sender.camera().show(dark);
    world.run_for(TimeDelta::millis(637));
  }
  REQUIRE(flashes.size() == kTimes);
  REQUIRE(watcher.audio_timing());
  REQUIRE(watcher.video_timing());
  const Pcm& pcm = watcher.speaker().pcm();
  const RtpTimestamp first = watcher.speaker().packets().front().timestamp;
  double worst = 0;
  size_t found = 0;
  for (size_t at = 480; at < pcm.size() && found < kTimes; ++at) {
    if (std::abs(pcm[at]) < 2000) continue;
    const int64_t heard =
        ntp_us(*watcher.audio_timing(), RtpTimestamp(first.value() + static_cast<uint32_t>(at)), 48'000);
    const int64_t seen = ntp_us(*watcher.video_timing(), flashes[found], 90'000);
    const double apart = static_cast<double>(heard - seen) / 1000;
    if (std::abs(apart) > std::abs(worst)) worst = apart;
    ++found;
    at += 30'000;
  }
  std::cout << "mix, lip-sync with " << jitter.ms() << " ms of jitter: sound at most " << worst
            << " ms after the picture\n";
  CHECK(found == kTimes);
  CHECK(std::abs(worst) <= 40);
  // Of which 6.5 are the look-ahead of the sender's encoder.
  CHECK(std::abs(worst) <= 15);
}

TEST_CASE("slots of a hybrid room change between mix and track in mid-call", "[sim][mixing]") {
  Studio studio(Studio::options(room::RoomMode::kHybrid));
  World& world = studio.world;
  // 160 x 120 forwarded, 640 x 360 composed.
  MixClient::Options talks;
  talks.camera = &flat_recording(160, 120, Studio::kColours[0]);
  talks.hears = false;
  MixClient talker(world, "talker", talks);
  talker.microphone().play(tone(500, 0.2));
  MixClient::Options also;
  also.camera = &flat_recording(320, 180, Studio::kColours[1]);
  also.hears = false;
  MixClient other(world, "other", also);
  other.microphone().play(tone(900, 0.2));

  MixClient::Options takes;
  takes.microphone.reset();
  takes.watches = true;
  takes.wishes = {choose("a", {}), choose("v", {})};
  MixClient changes(world, "changes", takes);
  MixClient stays(world, "stays", takes);
  const TrackId sound{ParticipantId("talker"), "mic"}, picture{ParticipantId("talker"), "cam"};
  const auto heard = [&](double hz) {
    return tone_dbfs(changes.speaker().between(world.now() - TimeDelta::millis(300), world.now()), hz);
  };
  const auto check_mixed = [&] {
    world.run_for(TimeDelta::millis(1500));
    CHECK(changes.display().picture()->width() == 640);
    CHECK(is_filled(*changes.display().picture(), {0, 0, 90, 320, 180, video::TileFit::kCrop}, Studio::kColours[0]));
    CHECK(is_filled(*changes.display().picture(), {0, 320, 90, 320, 180, video::TileFit::kCrop}, Studio::kColours[1]));
    CHECK(std::abs(heard(500) - -17) < 2);
    CHECK(std::abs(heard(900) - -17) < 2);
  };
  check_mixed();
  const auto encoders = [&](MediaKind kind) {
    return stats_of(world, room::StatsEntry::Type::kMixEncoder, kind).size();
  };
  for (int i = 0; i < 3; ++i) {
    changes.subscribe(choose("v", picture));
    world.run_for(TimeDelta::millis(800));
    CHECK(changes.display().picture()->width() == 160);
    CHECK(std::abs(heard(900) - -17) < 2);
    changes.subscribe(choose("a", sound));
    world.run_for(TimeDelta::millis(800));
    CHECK(std::abs(heard(500) - -17) < 2);
    CHECK(heard(900) < -60);
    // The other one's mix goes on.
    CHECK(encoders(MediaKind::kAudio) == 1);
    CHECK(encoders(MediaKind::kVideo) == 1);
    changes.subscribe(choose("v", {}));
    changes.subscribe(choose("a", {}));
    check_mixed();
  }
  CHECK(encoders(MediaKind::kAudio) == 1);
  CHECK(encoders(MediaKind::kVideo) == 1);
  INFO(changes.display().first_fault());
  CHECK(changes.display().first_fault().empty());
  CHECK(stays.display().first_fault().empty());
  CHECK(stays.speaker().first_fault().empty());
  // Sound: no number is missing, time goes on, and no faster than it passes.
  const auto& packets = changes.speaker().packets();
  for (size_t i = 1; i < packets.size(); ++i) {
    INFO("packet " << i);
    REQUIRE(packets[i].sequence == packets[i - 1].sequence + 1);
    const auto step = wrap_distance(packets[i - 1].timestamp.value(), packets[i].timestamp.value());
    REQUIRE(step > 0);
    REQUIRE(step < 48'000 / 5);
  }
}
