#include "tutti/room/speaker_detector.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <vector>

#include "tutti/base/random.hpp"

namespace tutti::room {
namespace {

constexpr uint64_t kAnna = 1, kBert = 2, kCleo = 3;

// A room in which tracks speak at a loudness (0 to 127, as the detector counts), packets of 20 ms and updates of 100
// ms.
class Talk {
 public:
  // nullopt: sends nothing.
  std::map<uint64_t, std::optional<int>> loudness;
  SpeakerDetector detector;

  void run(TimeDelta time) {
    for (const Timestamp end = now_ + time; now_ < end;) tick();
  }
  // How long until `track` is the active speaker; infinite if not within ten seconds.
  TimeDelta until_active(uint64_t track) {
    const Timestamp from = now_;
    for (int i = 0; i < 500 && detector.active() != track; ++i) tick();
    return detector.active() == track ? now_ - from : TimeDelta::infinite();
  }
  void tick() {
    now_ = now_ + TimeDelta::millis(20);
    for (const auto& [track, level] : loudness) {
      if (level) send(track, *level);
    }
    if (now_.ms() % SpeakerDetector::kInterval.ms() == 0 && detector.update(now_))
      changes.push_back(*detector.active());
  }
  void send(uint64_t track, int level) {
    packet_.audio_level = rtp::AudioLevel{};
    packet_.audio_level->level = static_cast<uint8_t>(127 - level);
    detector.on_packet(now_, track, packet_);
  }
  void send_without_level(uint64_t track, bool speech_like) {
    packet_.audio_level.reset();
    packet_.speech_like = speech_like;
    detector.on_packet(now_, track, packet_);
  }
  Timestamp now() const { return now_; }
  std::vector<uint64_t> changes;

 private:
  Timestamp now_ = Timestamp::from_ms(10'000);
  peer::MediaPacket packet_;
};

TEST_CASE("nobody is the active speaker until somebody speaks", "[room][speaker]") {
  Talk talk;
  talk.loudness = {{kAnna, 0}, {kBert, 60}};
  talk.run(TimeDelta::seconds(5));
  CHECK_FALSE(talk.detector.active());
  CHECK(talk.detector.last_spoke(kBert) == Timestamp::long_ago());
  CHECK(talk.detector.loudness(kBert, talk.now()) == 0);
  talk.loudness[kBert] = 90;
  CHECK(talk.until_active(kBert) <= TimeDelta::millis(300));
  CHECK(talk.detector.last_spoke(kBert) == talk.now());
}

TEST_CASE("a speaker who falls silent stays active until another speaks", "[room][speaker]") {
  Talk talk;
  talk.loudness = {{kAnna, 95}, {kBert, 0}};
  talk.run(TimeDelta::seconds(2));
  talk.loudness[kAnna] = 0;
  talk.run(TimeDelta::seconds(30));
  CHECK(talk.detector.active() == kAnna);
  talk.loudness[kBert] = 80;
  CHECK(talk.until_active(kBert) <= TimeDelta::millis(500));
}

TEST_CASE("two who speak equally loud do not take turns", "[room][speaker]") {
  Talk talk;
  talk.loudness = {{kAnna, 90}, {kBert, 90}};
  talk.run(TimeDelta::seconds(60));
  CHECK(talk.changes.size() == 1);

  // Nor do they when each wavers as speech does, with pauses between syllables.
  const uint64_t seed = GENERATE(range(1, 20));
  CAPTURE(seed);
  SeededRandom random(seed);
  Talk wavering;
  for (int i = 0; i < 3000; ++i) {
    if (i % 10 == 0) {
      for (const uint64_t track : {kAnna, kBert})
        wavering.loudness[track] = random.below(5) == 0 ? 50 : 85 + static_cast<int>(random.below(11));
    }
    wavering.tick();
  }
  CHECK(wavering.changes.size() <= 4);
}

TEST_CASE("who speaks clearly louder takes over, but not at once", "[room][speaker]") {
  Talk talk;
  talk.loudness = {{kAnna, 80}};
  talk.run(TimeDelta::seconds(2));
  talk.loudness[kBert] = 100;
  const TimeDelta took = talk.until_active(kBert);
  CHECK(took >= SpeakerDetector::kTakeover);
  CHECK(took <= SpeakerDetector::kTakeover + TimeDelta::millis(300));
}

TEST_CASE("a cough does not take over", "[room][speaker]") {
  Talk talk;
  talk.loudness = {{kAnna, 80}, {kBert, 0}};
  talk.run(TimeDelta::seconds(2));
  for (int i = 0; i < 10; ++i) {
    talk.loudness[kBert] = 110;
    talk.run(TimeDelta::millis(100));
    talk.loudness[kBert] = 0;
    talk.run(TimeDelta::seconds(2));
  }
  CHECK(talk.detector.active() == kAnna);
  CHECK(talk.changes.size() == 1);
}

TEST_CASE("who is louder by less than the margin does not take over", "[room][speaker]") {
  Talk talk;
  talk.loudness = {{kAnna, 85}};
  talk.run(TimeDelta::seconds(2));
  talk.loudness[kBert] = 85 + static_cast<int>(SpeakerDetector::kMargin) - 1;
  CHECK(talk.until_active(kBert) == TimeDelta::infinite());
  talk.loudness[kBert] = 85 + static_cast<int>(SpeakerDetector::kMargin) + 2;
  CHECK(talk.until_active(kBert) < TimeDelta::seconds(2));
}

TEST_CASE("two who are loudest in turn do not keep a quieter one in place", "[room][speaker]") {
  Talk talk;
  talk.loudness = {{kAnna, 78}};
  talk.run(TimeDelta::seconds(2));
  REQUIRE(talk.detector.active() == kAnna);
  // Each is the louder of the two for 100 ms, always well above Anna.
  TimeDelta took;
  for (int i = 0; talk.detector.active() == kAnna && took < TimeDelta::seconds(10); ++i) {
    talk.loudness[kBert] = i % 2 == 0 ? 120 : 95;
    talk.loudness[kCleo] = i % 2 == 0 ? 95 : 120;
    talk.run(TimeDelta::millis(100));
    took += TimeDelta::millis(100);
  }
  CHECK(took <= TimeDelta::seconds(1));
  talk.run(TimeDelta::seconds(20));
  CHECK(talk.changes.size() == 2);
}

TEST_CASE("two coughs of two people do not add up", "[room][speaker]") {
  Talk talk;
  talk.loudness = {{kAnna, 80}};
  talk.run(TimeDelta::seconds(2));
  talk.loudness[kBert] = 115;
  talk.run(TimeDelta::millis(300));
  talk.loudness[kBert] = 0;
  talk.loudness[kCleo] = 115;
  const TimeDelta took = talk.until_active(kCleo);
  CHECK(took >= SpeakerDetector::kTakeover);
  CHECK(took < TimeDelta::seconds(2));
}

TEST_CASE("a short pause is not the end of a speech", "[room][speaker]") {
  Talk talk;
  talk.loudness = {{kAnna, 95}, {kBert, 0}};
  talk.run(TimeDelta::seconds(2));
  // Bert says something into a pause of 600 ms.
  talk.loudness = {{kAnna, std::nullopt}, {kBert, 85}};
  talk.run(TimeDelta::millis(600));
  talk.loudness = {{kAnna, 95}, {kBert, 0}};
  talk.run(TimeDelta::seconds(2));
  CHECK(talk.changes == std::vector{kAnna});
}

TEST_CASE("discontinuous transmission is silence", "[room][speaker]") {
  Talk talk;
  talk.loudness = {{kAnna, 100}};
  talk.run(TimeDelta::seconds(5));
  // Comfort noise each 400 ms; then a sound that is barely speech.
  talk.loudness[kAnna] = std::nullopt;
  for (int i = 0; i < 3; ++i) {
    talk.run(TimeDelta::millis(400));
    talk.send(kAnna, 30);
  }
  CHECK(talk.detector.loudness(kAnna, talk.now()) == 0);
  talk.send(kAnna, 73);
  // What was said before is forgotten, so she is as loud as she is now.
  CHECK(talk.detector.loudness(kAnna, talk.now()) < 80);
}

TEST_CASE("a level from before a long silence does not count", "[room][speaker]") {
  Talk talk;
  talk.loudness = {{kAnna, 120}};
  talk.run(TimeDelta::seconds(5));
  talk.loudness = {{kBert, 90}};
  talk.run(TimeDelta::seconds(30));
  REQUIRE(talk.detector.active() == kBert);
  talk.loudness[kAnna] = 75;
  CHECK(talk.until_active(kAnna) == TimeDelta::infinite());
}

TEST_CASE("a track without levels speaks while its packets are not those of silence", "[room][speaker]") {
  Talk talk;
  const auto send_for = [&](bool speech_like, int ms) {
    for (int i = 0; i < ms; i += 20) {
      talk.send_without_level(kCleo, speech_like);
      talk.tick();
    }
  };
  send_for(false, 3000);
  CHECK_FALSE(talk.detector.active());
  send_for(true, 1000);
  CHECK(talk.detector.active() == kCleo);
  CHECK(talk.detector.loudness(kCleo, talk.now()) == Approx(SpeakerDetector::kAssumed).margin(1));
  send_for(false, 1000);
  CHECK(talk.detector.loudness(kCleo, talk.now()) == 0);
}

TEST_CASE("a track that is forgotten is neither active nor about to be", "[room][speaker]") {
  Talk talk;
  talk.loudness = {{kAnna, 95}};
  talk.run(TimeDelta::seconds(2));
  talk.loudness[kBert] = 115;
  talk.run(TimeDelta::millis(200));
  // The challenger leaves.
  talk.detector.forget(kBert);
  talk.loudness.erase(kBert);
  talk.run(TimeDelta::seconds(2));
  CHECK(talk.detector.active() == kAnna);
  // The speaker leaves.
  talk.detector.forget(kAnna);
  talk.loudness.erase(kAnna);
  CHECK_FALSE(talk.detector.active());
  CHECK(talk.detector.loudness(kAnna, talk.now()) == 0);
  CHECK(talk.detector.last_spoke(kAnna) == Timestamp::long_ago());
  CHECK_FALSE(talk.detector.update(talk.now()));
  talk.loudness[kCleo] = 80;
  CHECK(talk.until_active(kCleo) <= TimeDelta::millis(400));
}

TEST_CASE("equals are told apart the same way on every machine", "[room][speaker]") {
  Talk talk;
  for (uint64_t track = 1; track <= 40; ++track) talk.loudness[track] = 90;
  talk.run(TimeDelta::seconds(1));
  CHECK(talk.detector.active() == 1);
}

}  // namespace
}  // namespace tutti::room
