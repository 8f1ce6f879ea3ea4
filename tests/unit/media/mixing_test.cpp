// The rows of the mixer's quality that are PCM before encoding: bus, limiter, ramps and selection together.
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
  return {test::sine(440, amplitude, samples), test::sine(700, amplitude, samples), test::sine(1000, amplitude, samples)};
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
  for (size_t m = 0; m < kMembers - 1; ++m) voices.push_back(test::noise(0.004, kFrames * kFrame, random));  // -53 dBFS, like a fan
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
    for (size_t m = 0; m < kMembers; ++m) sources.push_back({m + 1, loudness_of(std::span(voices[m]).subspan(f * kFrame, kFrame))});
    selector.update(Timestamp::from_ms(static_cast<int64_t>(f) * 20), sources);
    bus.clear();
    for (size_t m = 0; m < kMembers; ++m) {
      ramps[m].set_target(selector.is_selected(m + 1) ? 1.0F : 0.0F);
      if (ramps[m].is_silent()) continue;
      test::Pcm frame(voices[m].begin() + static_cast<std::ptrdiff_t>(f * kFrame), voices[m].begin() + static_cast<std::ptrdiff_t>((f + 1) * kFrame));
      ramps[m].apply(frame, kMono);
      bus.add(frame, 1);
    }
    CHECK(bus.sources() <= 5);
    limiter.process(bus.sum(), std::span(out).subspan(f * kFrame, kFrame));
  }
  // The ideal: the talker alone under a ramp of 15 ms, and the noise that was chosen before it.
  for (size_t i = 0; i < tone.size(); ++i) ideal[kStart * kFrame + i] = tone[i] * std::min(1.0, static_cast<double>(i) / 720);

  const double steady = test::rms_dbfs(std::span(out).subspan((kStart + 50) * kFrame, 10 * kFrame));
  CHECK(test::rms_dbfs(std::span(out).subspan((kStart + 2) * kFrame, kFrame / 2)) >= steady - 6);
  double error = 0;
  for (size_t i = kStart * kFrame; i < (kStart + 10) * kFrame; ++i) error += std::pow(out[i] - ideal[i], 2);
  const double difference = 10 * std::log10(error / (10 * kFrame) / (32768.0 * 32768.0));
  INFO("difference " << difference << " dBFS");
  CHECK(difference <= -40);
}

TEST_CASE("below -1 dBFS no bit is changed", "[media][mixing]") {
  const auto signal = test::speech_like(0.25, 48'000);
  const auto out = mixed({signal});
  CHECK(*std::max_element(signal.begin(), signal.end()) > 10'000);
  CHECK((out == signal));
}

TEST_CASE("the limiter falls within a millisecond and comes back in 50 to 200", "[media][mixing]") {
  // A quiet tone, a loud second, the quiet tone again: its envelope tells the gain.
  const size_t second = 48'000;
  test::Pcm quiet = test::sine(1000, 0.1, 3 * second);
  std::vector<int32_t> sum(quiet.begin(), quiet.end());
  // The peak does not begin at the border of a frame.
  const size_t begin = second + 300, end = 2 * second + 300;
  for (size_t i = begin; i < end; ++i) sum[i] *= 20;
  Limiter limiter(kMono);
  test::Pcm out(sum.size());
  for (size_t at = 0; at < sum.size(); at += kFrame) limiter.process(std::span(sum).subspan(at, kFrame), std::span(out).subspan(at, kFrame));

  auto gain_near = [&](size_t i) {
    size_t best = i;
    for (size_t k = i; k < i + 24; ++k) {
      if (std::abs(sum[k]) > std::abs(sum[best])) best = k;
    }
    return static_cast<double>(out[best]) / sum[best];
  };
  const double held = gain_near(end - 200);
  CHECK(held < 0.6);
  CHECK(gain_near(begin - 96) > 0.95);                              // 2 ms before: not yet
  CHECK(gain_near(begin + 48) == Approx(held).epsilon(0.1));        // 1 ms after: all the way
  size_t back = end;
  while (gain_near(back) < held + 0.63 * (1 - held)) back += 48;
  const double release_ms = static_cast<double>(back - end) / 48;
  INFO("release " << release_ms << " ms");
  CHECK(release_ms >= 50);
  CHECK(release_ms <= 200);
  CHECK(gain_near(3 * second - 2000) == Approx(1).epsilon(0.001));
}

TEST_CASE("nothing wraps whatever is summed", "[media][mixing]") {
  SeededRandom random(5);
  Limiter limiter({48'000, 2});
  std::vector<int32_t> sum(2 * kFrame);
  test::Pcm out(2 * kFrame);
  for (int round = 0; round < 500; ++round) {
    const int64_t scale = int64_t{1} << (random.u32() % 21);
    for (int32_t& s : sum) s = static_cast<int32_t>(static_cast<int64_t>(random.u32()) * scale / 4294967296 - scale / 2);
    limiter.process(sum, out);
    for (size_t i = 0; i < sum.size(); ++i) REQUIRE((sum[i] == 0 || out[i] == 0 || (sum[i] > 0) == (out[i] > 0)));
  }
}

TEST_CASE("a gain that turns takes fifteen milliseconds and leaves no step", "[media][mixing]") {
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

TEST_CASE("a stereo bus takes mono to both sides, a mono bus the middle of stereo", "[media][mixing]") {
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

struct Selection {
  SpeakerSelector selector{{}};
  Timestamp now = Timestamp::from_ms(1000);
  std::vector<uint64_t> step(const std::vector<double>& loudness) {
    std::vector<SpeakerSelector::Source> sources;
    for (size_t i = 0; i < loudness.size(); ++i) sources.push_back({i + 1, loudness[i]});
    const auto ids = selector.update(now, sources);
    now = now + kFrameTime;
    return {ids.begin(), ids.end()};
  }
};

TEST_CASE("who speaks while there is room is heard with the first frame, who is silent for long is not", "[media][speakers]") {
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

}  // namespace
}  // namespace tutti::audio
