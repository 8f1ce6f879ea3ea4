// The limiter by itself: what it leaves alone, how fast it turns, and that nothing gets past it.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "support/pcm.hpp"
#include "tutti/media/audio/limiter.hpp"

namespace tutti::audio {
namespace {

constexpr AudioFormat kMono{}, kStereo{kMixRateHz, 2};

// Limits a whole signal, frame by frame.
test::Pcm limited(const std::vector<int32_t>& sum, AudioFormat format = kMono,
                  TimeDelta frame = TimeDelta::millis(20)) {
  Limiter limiter(format);
  test::Pcm out(sum.size());
  const size_t size = format.samples(frame) * format.channels;
  for (size_t at = 0; at < sum.size(); at += size) {
    const size_t n = std::min(size, sum.size() - at);
    limiter.process(std::span(sum).subspan(at, n), std::span(out).subspan(at, n));
  }
  return out;
}

std::vector<int32_t> wide_sine(double hz, double amplitude, size_t samples) {
  std::vector<int32_t> out(samples);
  for (size_t i = 0; i < samples; ++i) {
    out[i] = static_cast<int32_t>(
        std::lround(32768 * amplitude * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / kMixRateHz)));
  }
  return out;
}

TEST_CASE("below -1 dBFS no bit is changed", "[media][limiter]") {
  SeededRandom random(1);
  const AudioFormat format = GENERATE(kMono, kStereo);
  std::vector<int32_t> sum(10 * 1920);
  for (int32_t& s : sum) s = static_cast<int32_t>(random.below(2 * 29'204 + 1)) - 29'204;
  const auto out = limited(sum, format);
  CHECK(std::equal(sum.begin(), sum.end(), out.begin(), out.end()));
}

TEST_CASE("after a loud time the quiet is exact again, bit by bit", "[media][limiter]") {
  auto sum = wide_sine(700, 0.5, 4 * 48'000);
  for (size_t i = 0; i < 4800; ++i) sum[i] *= 4;
  const auto out = limited(sum);
  CHECK_FALSE(std::equal(sum.begin(), sum.begin() + 9600, out.begin()));
  CHECK(std::equal(sum.begin() + 3 * 48'000, sum.end(), out.begin() + 3 * 48'000));
}

TEST_CASE("the limiter falls within a millisecond and comes back in 50 to 200", "[media][limiter]") {
  // A quiet tone, a loud second, the quiet tone again: its envelope tells the gain.
  const size_t second = 48'000;
  test::Pcm quiet = test::sine(1000, 0.1, 3 * second);
  std::vector<int32_t> sum(quiet.begin(), quiet.end());
  // The peak does not begin at the border of a frame.
  const size_t begin = second + 300, end = 2 * second + 300;
  for (size_t i = begin; i < end; ++i) sum[i] *= 20;
  const test::Pcm out = limited(sum);

  auto gain_near = [&](size_t i) {
    size_t best = i;
    for (size_t k = i; k < i + 24; ++k) {
      if (std::abs(sum[k]) > std::abs(sum[best])) best = k;
    }
    return static_cast<double>(out[best]) / sum[best];
  };
  const double held = gain_near(end - 200);
  CHECK(held < 0.6);
  CHECK(gain_near(begin - 96) > 0.95);                        // 2 ms before: not yet
  CHECK(gain_near(begin + 48) == Approx(held).epsilon(0.1));  // 1 ms after: all the way
  size_t back = end;
  while (gain_near(back) < held + 0.63 * (1 - held)) back += 48;
  const double release_ms = static_cast<double>(back - end) / 48;
  INFO("release " << release_ms << " ms");
  CHECK(release_ms >= 50);
  CHECK(release_ms <= 200);
  CHECK(gain_near(3 * second - 2000) == Approx(1).epsilon(0.001));
}

TEST_CASE("a peak is bent and not cut, wherever in a frame it begins", "[media][limiter]") {
  // A loud tone begins at each phase of the first millisecond of a frame, where there is no time left to look ahead.
  for (const double amplitude : {1.1, 2.85, 10.0, 50.0}) {
    for (size_t begin = 0; begin < 48; ++begin) {
      auto sum = wide_sine(440, 0.2, 2 * 960);
      const auto loud = wide_sine(1000, amplitude, 2 * 960);
      for (size_t i = 960 + begin; i < sum.size(); ++i) sum[i] = loud[i - 960 - begin + 12];
      const auto out = limited(sum);
      for (size_t i = 0; i < out.size(); ++i) {
        REQUIRE(std::abs(out[i]) < 32'767);
        REQUIRE(std::abs(out[i]) <= std::abs(sum[i]));
        REQUIRE((sum[i] == 0 || out[i] == 0 || (sum[i] > 0) == (out[i] > 0)));
      }
    }
  }
}

TEST_CASE("the gain moves smoothly inside of frames and from one to the next", "[media][limiter]") {
  SeededRandom random(7);
  // A square wave tells the gain with every sample; its loudness changes at random times.
  std::vector<int32_t> sum(100 * 960);
  int32_t level = 10'000;
  for (size_t i = 0; i < sum.size(); ++i) {
    if (random.below(500) == 0) level = static_cast<int32_t>(8'000 + random.below(90'000));
    sum[i] = i % 20 < 10 ? level : -level;
  }
  const auto out = limited(sum);
  auto gain = [&](size_t i) { return static_cast<double>(out[i]) / sum[i]; };
  for (size_t i = 1; i < sum.size(); ++i) {
    const double turn = gain(i) - gain(i - 1), rounding = 1.01 / 8'000;
    // Up at the pace of the release, down in half a millisecond; only a peak at the very beginning of a frame may be
    // met faster.
    REQUIRE(turn <= 1 / (0.1 * 48'000) + rounding);
    if (i % 960 >= 24) REQUIRE(turn >= -1.0 / 24 - rounding);
  }
}

TEST_CASE("both channels get the same gain", "[media][limiter]") {
  const auto left = wide_sine(500, 3, 9600), right = wide_sine(900, 0.3, 9600);
  std::vector<int32_t> sum;
  for (size_t i = 0; i < left.size(); ++i) sum.insert(sum.end(), {left[i], right[i]});
  const auto out = limited(sum, kStereo);
  for (size_t i = 0; i < left.size(); ++i) {
    if (std::abs(left[i]) < 8'000 || std::abs(right[i]) < 4'000) continue;
    const double gain_left = static_cast<double>(out[2 * i]) / left[i],
                 gain_right = static_cast<double>(out[2 * i + 1]) / right[i];
    REQUIRE(gain_right == Approx(gain_left).margin(3e-4));
  }
}

TEST_CASE("nothing wraps whatever is summed, in frames of any length", "[media][limiter]") {
  SeededRandom random(5);
  for (int round = 0; round < 600; ++round) {
    const AudioFormat format = random.below(2) == 0 ? kMono : kStereo;
    Limiter limiter(format);
    std::vector<int32_t> sum(format.channels * (1 + random.below(2000)));
    test::Pcm out(sum.size());
    for (int frame = 0; frame < 3; ++frame) {
      const unsigned bits = static_cast<unsigned>(random.below(32));
      for (int32_t& s : sum) s = static_cast<int32_t>(random.u32()) >> bits;
      if (random.below(4) == 0) sum[random.below(sum.size())] = std::numeric_limits<int32_t>::min();
      if (random.below(4) == 0) sum[random.below(sum.size())] = std::numeric_limits<int32_t>::max();
      limiter.process(sum, out);
      for (size_t i = 0; i < sum.size(); ++i) REQUIRE((sum[i] == 0 || out[i] == 0 || (sum[i] > 0) == (out[i] > 0)));
    }
  }
}

}  // namespace
}  // namespace tutti::audio
