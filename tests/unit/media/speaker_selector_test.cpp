// Who is chosen of many, and that the choice is steady.
#include <algorithm>
#include <catch2/catch.hpp>
#include <unordered_map>

#include "support/pcm.hpp"
#include "tutti/media/audio/speaker_selector.hpp"

namespace tutti::audio {
namespace {

constexpr TimeDelta kFrameTime = TimeDelta::millis(20);

struct Selection {
  SpeakerSelector selector{{}};
  Timestamp now = Timestamp::from_ms(1000);
  TimeDelta frame = kFrameTime;
  std::vector<uint64_t> step(const std::vector<double>& loudness) {
    std::vector<SpeakerSelector::Source> sources;
    for (size_t i = 0; i < loudness.size(); ++i) sources.push_back({i + 1, loudness[i]});
    const auto ids = selector.update(now, sources);
    now = now + frame;
    return {ids.begin(), ids.end()};
  }
};

TEST_CASE("who speaks while there is room is heard with the first frame, who is silent for long is not",
          "[media][speakers]") {
  Selection s;
  CHECK(s.step({0, 60, 0}).empty());
  CHECK(s.step({0, 90, 0}) == std::vector<uint64_t>{2});
  for (int i = 0; i < 120; ++i) CHECK(s.step({0, 0, 0}).size() == 1);
  for (int i = 0; i < 20; ++i) s.step({0, 0, 0});
  CHECK(s.step({0, 0, 0}).empty());
}

TEST_CASE("a clearly louder voice takes the place of the quietest, two alike do not take turns", "[media][speakers]") {
  Selection s;
  for (int i = 0; i < 50; ++i) s.step({80, 81, 82, 83, 0});
  CHECK(s.step({80, 81, 82, 83, 84}).size() == 4);
  CHECK_FALSE(s.selector.is_selected(5));
  for (int i = 0; i < 500; ++i) {
    s.step({80.0 + i % 3, 81.0 + i % 2, 82.0, 83.0, 82.0 + i % 4});
    REQUIRE_FALSE(s.selector.is_selected(5));
  }
  s.step({80, 81, 82, 83, 100});
  CHECK(s.selector.is_selected(5));
  CHECK_FALSE(s.selector.is_selected(1));
}

TEST_CASE("a pause between words is not an end, and equals do not use it", "[media][speakers]") {
  Selection s;
  for (int i = 0; i < 50; ++i) s.step({90, 90, 90, 90, 0});
  for (int i = 0; i < 15; ++i) {
    s.step({0, 90, 90, 90, 90});
    REQUIRE(s.selector.is_selected(1));
  }
  // Who goes on being silent gives way to who speaks long before the hold is over.
  for (int i = 0; i < 30; ++i) s.step({0, 90, 90, 90, 90});
  CHECK(s.selector.is_selected(5));
  CHECK_FALSE(s.selector.is_selected(1));
}

TEST_CASE("levels are forgotten by time, whatever the frame", "[media][speakers]") {
  auto taken_over_after = [](TimeDelta frame) {
    Selection s;
    s.frame = frame;
    for (int i = 0; i < 100; ++i) s.step({90, 95, 95, 95, 0});
    const Timestamp begin = s.now;
    while (!s.selector.is_selected(5)) s.step({0, 95, 95, 95, 88});
    return s.now - begin;
  };
  const TimeDelta ten = taken_over_after(TimeDelta::millis(10)), twenty = taken_over_after(TimeDelta::millis(20));
  INFO(ten.ms() << " and " << twenty.ms() << " ms");
  CHECK(std::abs((ten - twenty).ms()) <= 20);
}

TEST_CASE("random levels do not make the choice flap", "[media][speakers]") {
  SeededRandom random(3);
  Selection s;
  std::vector<uint64_t> before;
  size_t changes = 0;
  for (int i = 0; i < 3000; ++i) {
    std::vector<double> levels(20);
    for (double& l : levels) l = 70 + random.u32() % 20;
    auto now = s.step(levels);
    std::sort(now.begin(), now.end());
    REQUIRE(now.size() <= 4);
    changes += now != before ? 1 : 0;
    before = now;
  }
  INFO(changes << " changes in a minute");
  CHECK(changes < 60);
}

TEST_CASE("who is not named any more is forgotten", "[media][speakers]") {
  Selection s;
  s.step({90, 90});
  CHECK(s.step({90}) == std::vector<uint64_t>{1});
  CHECK_FALSE(s.selector.is_selected(2));
}

TEST_CASE("whoever stays out is not much louder than the quietest inside, in rooms that change at random",
          "[media][speakers]") {
  const SpeakerSelectorSettings settings;
  SeededRandom random(17);
  for (int room = 0; room < 20; ++room) {
    SpeakerSelector selector(settings), shuffled(settings);
    std::vector<uint64_t> members;
    std::unordered_map<uint64_t, double> remembered;
    uint64_t next_id = 1;
    Timestamp now = Timestamp::from_ms(1000);
    for (int frame = 0; frame < 200; ++frame) {
      while (members.size() < 5 || random.below(10) == 0) {
        members.insert(members.begin() + static_cast<std::ptrdiff_t>(random.below(members.size() + 1)), next_id++);
      }
      if (members.size() > 5 && random.below(10) == 0) {
        const auto leaving = members.begin() + static_cast<std::ptrdiff_t>(random.below(members.size()));
        remembered.erase(*leaving);
        members.erase(leaving);
      }
      std::vector<SpeakerSelector::Source> sources;
      for (const uint64_t id : members) {
        const double loudness = random.below(3) == 0 ? 0 : static_cast<double>(random.below(128));
        sources.push_back({id, loudness});
        remembered[id] = std::max(loudness, remembered[id] - 15 * kFrameTime.seconds_f());
      }
      const auto chosen = selector.update(now, sources);
      REQUIRE(chosen.size() <= settings.max_selected);
      double quietest = 127, before = 127;
      for (const uint64_t id : chosen) {
        REQUIRE(remembered.count(id) == 1);
        REQUIRE(remembered[id] <= before + 1e-9);
        before = quietest = remembered[id];
        REQUIRE(selector.is_selected(id));
      }
      for (const auto& source : sources) {
        if (source.loudness < settings.speaking || selector.is_selected(source.id)) continue;
        REQUIRE(chosen.size() == settings.max_selected);
        REQUIRE(source.loudness < quietest + 3 * settings.margin + 1e-9);
      }
      // In which order the sources are named decides nothing.
      for (size_t i = sources.size(); i > 1; --i) std::swap(sources[i - 1], sources[random.below(i)]);
      const auto again = shuffled.update(now, sources);
      REQUIRE(std::equal(chosen.begin(), chosen.end(), again.begin(), again.end()));
      now = now + kFrameTime;
    }
  }
}

TEST_CASE("nobody is chosen where nobody may be", "[media][speakers]") {
  SpeakerSelector selector({.max_selected = 0});
  const SpeakerSelector::Source loud{1, 120};
  CHECK(selector.update(Timestamp::from_ms(0), {&loud, 1}).empty());
  CHECK(selector.update(Timestamp::from_ms(20), {}).empty());
}

TEST_CASE("loudness is 127 for a square wave of full scale and falls with its decibels", "[media][speakers]") {
  CHECK(loudness_of(test::Pcm(960, -32'768)) == Approx(127));
  CHECK(loudness_of(test::sine(1000, 1, 960)) == Approx(124).margin(0.05));
  CHECK(loudness_of(test::sine(1000, 0.1, 960)) == Approx(104).margin(0.05));
  CHECK(loudness_of(test::Pcm(960)) == 0);
  CHECK(loudness_of({}) == 0);
}

}  // namespace
}  // namespace tutti::audio
