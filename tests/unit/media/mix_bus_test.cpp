// The sum and the ramps by themselves.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>

#include "support/pcm.hpp"
#include "tutti/media/audio/mix_bus.hpp"

namespace tutti::audio {
namespace {

constexpr size_t kFrame = 960;
constexpr TimeDelta kFrameTime = TimeDelta::millis(20);
constexpr AudioFormat kMono{};

TEST_CASE("a gain that turns takes fifteen milliseconds and leaves no step", "[media][mixbus]") {
  GainRamp ramp;
  test::Pcm pcm(kFrame, 20'000);
  ramp.set_target(1);
  ramp.apply(pcm, kMono);
  CHECK(pcm[0] < 100);
  CHECK(pcm[719] >= 19'900);
  for (size_t i = 1; i < pcm.size(); ++i) REQUIRE(std::abs(pcm[i] - pcm[i - 1]) < 328);  // -40 dBFS
  test::Pcm again(kFrame, 20'000);
  ramp.apply(again, kMono);
  CHECK((again == test::Pcm(kFrame, 20'000)));
  ramp.set_target(0);
  ramp.apply(again, kMono);
  CHECK(again.back() == 0);
  CHECK(ramp.is_silent());
}

TEST_CASE("a gain turns in fifteen milliseconds from wherever it is, in frames of ten, too", "[media][mixbus]") {
  SeededRandom random(2);
  GainRamp ramp;
  for (int round = 0; round < 200; ++round) {
    const float target = static_cast<float>(random.below(300)) / 100;
    ramp.set_target(target);
    // The second frame holds the end of the ramp; now and then it turns again before.
    test::Pcm first(480, 8'000), second(480, 8'000);
    ramp.apply(first, kMono);
    if (random.below(3) == 0) continue;
    ramp.set_target(target);  // the same again is no new ramp
    ramp.apply(second, kMono);
    REQUIRE(std::abs(second[239] - 8'000 * target) <= 1);
    REQUIRE(std::abs(second[479] - 8'000 * target) <= 1);
    const int step = first[1] - first[0];
    for (size_t i = 1; i < 480; ++i) REQUIRE(std::abs(first[i] - first[i - 1] - step) <= 2);
    REQUIRE(std::abs(second[0] - first[479] - step) <= 2);
  }
}

TEST_CASE("a ramp gives both channels the same gain, and none that is too loud wraps", "[media][mixbus]") {
  GainRamp ramp;
  ramp.set_target(4);
  test::Pcm pcm(2 * kFrame);
  for (size_t i = 0; i < kFrame; ++i) {
    pcm[2 * i] = 20'000;
    pcm[2 * i + 1] = -20'000;
  }
  ramp.apply(pcm, {kMixRateHz, 2});
  for (size_t i = 0; i < kFrame; ++i) {
    REQUIRE(pcm[2 * i] >= 0);
    REQUIRE(std::abs(pcm[2 * i] + pcm[2 * i + 1]) <= 1);
  }
  CHECK(pcm[2 * 719] == 32'767);
}

TEST_CASE("a stereo bus takes mono to both sides, a mono bus the middle of stereo", "[media][mixbus]") {
  MixBus stereo({48'000, 2}, kFrameTime);
  const test::Pcm mono(kFrame, 100);
  stereo.add(mono, 1);
  CHECK(stereo.sum()[0] == 100);
  CHECK(stereo.sum()[1] == 100);
  MixBus narrow(kMono, kFrameTime);
  test::Pcm wide(2 * kFrame);
  for (size_t i = 0; i < kFrame; ++i) wide[2 * i] = 300;
  narrow.add(wide, 2);
  CHECK(narrow.sum()[5] == 150);
}

TEST_CASE("the sum is that of all, and less any of them exactly that of the others", "[media][mixbus]") {
  SeededRandom random(9);
  const uint8_t channels = GENERATE(uint8_t{1}, uint8_t{2});
  MixBus bus({kMixRateHz, channels}, kFrameTime);
  for (int frame = 0; frame < 5; ++frame) {
    bus.clear();
    std::vector<test::Pcm> voices(1 + random.below(50));
    for (test::Pcm& v : voices) {
      v = test::noise(1, kFrame * channels, random);
      CHECK(bus.add(v, channels) == static_cast<size_t>(&v - voices.data()));
    }
    REQUIRE(bus.sources() == voices.size());
    std::vector<int32_t> naive(kFrame * channels);
    for (const test::Pcm& v : voices) {
      for (size_t i = 0; i < v.size(); ++i) naive[i] += v[i];
    }
    REQUIRE(std::equal(naive.begin(), naive.end(), bus.sum().begin(), bus.sum().end()));
    const size_t own = random.below(voices.size());
    std::vector<int32_t> others(bus.sum().begin(), bus.sum().end());
    bus.subtract(own, others);
    for (size_t i = 0; i < others.size(); ++i) REQUIRE(others[i] == naive[i] - voices[own][i]);
  }
}

TEST_CASE("of a frame that is too short the rest is silence, of one too long the rest is not heard",
          "[media][mixbus]") {
  MixBus bus(kMono, kFrameTime);
  bus.add(test::Pcm(kFrame, 7), 1);
  bus.clear();
  bus.add(test::Pcm(100, 5), 1);
  bus.add(test::Pcm(2 * kFrame + 1, 3), 1);
  CHECK(bus.sum()[99] == 8);
  CHECK(bus.sum()[100] == 3);
  CHECK(bus.sum()[kFrame - 1] == 3);
  std::vector<int32_t> rest(bus.sum().begin(), bus.sum().end());
  bus.subtract(0, rest);
  CHECK(rest == std::vector<int32_t>(kFrame, 3));
}

}  // namespace
}  // namespace tutti::audio
