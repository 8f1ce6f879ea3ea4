// What must hold of the mix as PCM before encoding: bus, limiter, ramps and selection together.
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <optional>

#include "support/pcm.hpp"
#include "tutti/media/audio/limiter.hpp"
#include "tutti/media/audio/mix_bus.hpp"
#include "tutti/media/audio/speaker_selector.hpp"

namespace tutti::audio {
namespace {

constexpr size_t kFrame = 960;
constexpr TimeDelta kFrameTime = TimeDelta::millis(20);
constexpr AudioFormat kMono{};

// Mixes whole signals, frame by frame, as the room does; `without`: whose voice is taken out.
test::Pcm mixed(const std::vector<test::Pcm>& signals, std::optional<size_t> without = {}) {
  MixBus bus(kMono, kFrameTime);
  Limiter limiter(kMono);
  test::Pcm out;
  std::vector<int32_t> sum(kFrame);
  for (size_t at = 0; at + kFrame <= signals[0].size(); at += kFrame) {
    bus.clear();
    for (const auto& s : signals) bus.add(std::span(s).subspan(at, kFrame), 1);
    std::copy(bus.sum().begin(), bus.sum().end(), sum.begin());
    if (without) bus.subtract(*without, sum);
    out.resize(at + kFrame);
    limiter.process(sum, std::span(out).subspan(at, kFrame));
  }
  return out;
}

std::vector<double> ideal_sum(const std::vector<test::Pcm>& signals) {
  std::vector<double> sum(signals[0].size());
  for (const auto& s : signals) {
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += s[i];
  }
  return sum;
}

std::vector<test::Pcm> tones(double amplitude, size_t samples) {
  return {test::sine(440, amplitude, samples), test::sine(700, amplitude, samples),
          test::sine(1000, amplitude, samples)};
}

TEST_CASE("three tones at a quarter of full scale come out as their ideal sum", "[media][mixing]") {
  const auto signals = tones(0.25, 48'000);
  const auto out = mixed(signals);
  const auto ideal = ideal_sum(signals);
  CHECK(test::sinad_db(out, ideal) >= 80);
}

TEST_CASE("three tones at full scale are limited, neither wrapped nor clipped", "[media][mixing]") {
  const auto signals = tones(0.95, 3 * 48'000);
  const auto out = mixed(signals);
  const auto ideal = ideal_sum(signals);
  const size_t from = 24'000;
  const double sinad = test::sinad_db(std::span(out).subspan(from), std::span(ideal).subspan(from));
  INFO("SINAD " << sinad << " dB");
  CHECK(sinad >= 25);
  // A clipped top is flat.
  size_t flat = 0;
  for (size_t i = from + 1; i < out.size(); ++i) flat += std::abs(out[i]) >= 32766 && out[i] == out[i - 1] ? 1 : 0;
  CHECK(flat == 0);
  // Wrapping turns the sign of the loudest samples.
  for (size_t i = 0; i < out.size(); ++i) {
    if (std::abs(ideal[i]) > 32'768) REQUIRE((out[i] > 0) == (ideal[i] > 0));
  }
}

TEST_CASE("one's own voice is not in one's own mix, however loud the others are", "[media][mixing]") {
  auto signals = tones(0.95, 3 * 48'000);
  const auto out = mixed(signals, 1);
  const auto steady = std::span(out).subspan(24'000);
  CHECK(test::tone_dbfs(steady, 700) <= -60);
  CHECK(test::tone_dbfs(steady, 440) >= -12);
}

TEST_CASE("a talker among twenty noisy members is heard at once, and enters without a step", "[media][mixing]") {
  constexpr size_t kMembers = 21, kStart = 50, kFrames = 150;
  SeededRandom random(11);
  std::vector<test::Pcm> voices;
  for (size_t m = 0; m < kMembers - 1; ++m)
    voices.push_back(test::noise(0.004, kFrames * kFrame, random));  // -53 dBFS, like a fan
  test::Pcm talk(kFrames * kFrame);
  const auto tone = test::sine(500, 0.3, (kFrames - kStart) * kFrame);
  std::copy(tone.begin(), tone.end(), talk.begin() + kStart * kFrame);
  voices.push_back(talk);

  SpeakerSelector selector({});
  std::vector<GainRamp> ramps(kMembers);
  MixBus bus(kMono, kFrameTime);
  Limiter limiter(kMono);
  test::Pcm out(kFrames * kFrame);
  std::vector<double> ideal(out.size());
  for (size_t f = 0; f < kFrames; ++f) {
    std::vector<SpeakerSelector::Source> sources;
    for (size_t m = 0; m < kMembers; ++m)
      sources.push_back({m + 1, loudness_of(std::span(voices[m]).subspan(f * kFrame, kFrame))});
    selector.update(Timestamp::from_ms(static_cast<int64_t>(f) * 20), sources);
    bus.clear();
    for (size_t m = 0; m < kMembers; ++m) {
      ramps[m].set_target(selector.is_selected(m + 1) ? 1.0F : 0.0F);
      if (ramps[m].is_silent()) continue;
      test::Pcm frame(voices[m].begin() + static_cast<std::ptrdiff_t>(f * kFrame),
                      voices[m].begin() + static_cast<std::ptrdiff_t>((f + 1) * kFrame));
      ramps[m].apply(frame, kMono);
      bus.add(frame, 1);
    }
    CHECK(bus.sources() <= 5);
    limiter.process(bus.sum(), std::span(out).subspan(f * kFrame, kFrame));
  }
  // The ideal: the talker alone under a ramp of 15 ms, and the noise that was chosen before it.
  for (size_t i = 0; i < tone.size(); ++i)
    ideal[kStart * kFrame + i] = tone[i] * std::min(1.0, static_cast<double>(i) / 720);

  const double steady = test::rms_dbfs(std::span(out).subspan((kStart + 50) * kFrame, 10 * kFrame));
  CHECK(test::rms_dbfs(std::span(out).subspan((kStart + 2) * kFrame, kFrame / 2)) >= steady - 6);
  double error = 0;
  for (size_t i = kStart * kFrame; i < (kStart + 10) * kFrame; ++i) error += std::pow(out[i] - ideal[i], 2);
  const double difference = 10 * std::log10(error / (10 * kFrame) / (32768.0 * 32768.0));
  INFO("difference " << difference << " dBFS");
  CHECK(difference <= -40);
}

TEST_CASE("when one talker takes the place of another no sample steps by more than -40 dBFS", "[media][mixing]") {
  // Slow tones: they step by little themselves, so that a switch cannot hide.
  constexpr size_t kFrames = 400;
  const test::Pcm first = test::sine(40, 0.3, kFrames * kFrame), second = test::sine(30, 0.9, kFrames * kFrame);
  SpeakerSelector selector({.max_selected = 1});
  GainRamp ramp_first, ramp_second;
  MixBus bus(kMono, kFrameTime);
  Limiter limiter(kMono);
  test::Pcm out(kFrames * kFrame);
  size_t switches = 0;
  bool second_heard = false;
  for (size_t f = 0; f < kFrames; ++f) {
    const bool second_speaks = f / 100 % 2 == 1;
    const std::array<SpeakerSelector::Source, 2> sources = {SpeakerSelector::Source{1, second_speaks ? 0.0 : 113.0},
                                                            {2, second_speaks ? 123.0 : 0.0}};
    selector.update(Timestamp::from_ms(static_cast<int64_t>(f) * 20), sources);
    ramp_first.set_target(selector.is_selected(1) ? 1.0F : 0.0F);
    ramp_second.set_target(selector.is_selected(2) ? 1.0F : 0.0F);
    switches += selector.is_selected(2) != second_heard ? 1 : 0;
    second_heard = selector.is_selected(2);
    test::Pcm a(first.begin() + static_cast<std::ptrdiff_t>(f * kFrame),
                first.begin() + static_cast<std::ptrdiff_t>((f + 1) * kFrame));
    test::Pcm b(second.begin() + static_cast<std::ptrdiff_t>(f * kFrame),
                second.begin() + static_cast<std::ptrdiff_t>((f + 1) * kFrame));
    ramp_first.apply(a, kMono);
    ramp_second.apply(b, kMono);
    bus.clear();
    bus.add(a, 1);
    bus.add(b, 1);
    limiter.process(bus.sum(), std::span(out).subspan(f * kFrame, kFrame));
  }
  CHECK(switches == 3);
  int largest = 0;
  for (size_t i = 1; i < out.size(); ++i) largest = std::max(largest, std::abs(out[i] - out[i - 1]));
  INFO("largest step " << largest);
  CHECK(largest <= 328);
}

}  // namespace
}  // namespace tutti::audio
