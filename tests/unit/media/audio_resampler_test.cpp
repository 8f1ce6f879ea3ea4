#include <catch2/catch.hpp>

#include <algorithm>

#include "support/pcm.hpp"
#include "tutti/base/units.hpp"
#include "tutti/media/audio/resampler.hpp"

namespace tutti::audio {
namespace {

struct Rates {
  uint32_t from, to;
};
constexpr Rates kRates[] = {{48'000, 8'000}, {8'000, 48'000}, {16'000, 48'000}, {48'000, 16'000}};

// In blocks of so many milliseconds, each of which gives as many.
test::Pcm resampled(Resampler& resampler, Rates rates, const test::Pcm& in, uint32_t block_ms, size_t channels = 1) {
  test::Pcm out, block(rates.to / 1000 * block_ms * channels);
  const size_t taken = rates.from / 1000 * block_ms * channels;
  for (size_t at = 0; at + taken <= in.size(); at += taken) {
    REQUIRE(resampler.process(std::span(in).subspan(at, taken), block) * channels == block.size());
    out.insert(out.end(), block.begin(), block.end());
  }
  return out;
}

TEST_CASE("resampling keeps a tone and makes no clicks between blocks", "[media][resampler]") {
  for (const Rates rates : kRates) {
    for (const uint32_t block_ms : {10U, 20U}) {
      INFO(rates.from << " to " << rates.to << " in " << block_ms << " ms");
      Resampler resampler(rates.from, rates.to, 1);
      const test::Pcm out = resampled(resampler, rates, test::sine(1'000, 0.5, rates.from, rates.from), block_ms);
      REQUIRE(out.size() == rates.to);
      // Whatever is not the tone is noise, aliases and clicks.
      CHECK(test::tone_sinad_db(std::span(out).subspan(rates.to / 2), 1'000, rates.to) > 45);
    }
  }
}

TEST_CASE("resampling keeps the telephone's band flat and lets nothing fold into it", "[media][resampler]") {
  for (const Rates rates : kRates) {
    for (const double hz : {300.0, 1'000.0, 2'000.0, 3'000.0}) {
      INFO(rates.from << " to " << rates.to << " at " << hz);
      Resampler resampler(rates.from, rates.to, 1);
      const test::Pcm out = resampled(resampler, rates, test::sine(hz, 0.5, rates.from, rates.from), 20);
      CHECK(test::rms_dbfs(std::span(out).subspan(rates.to / 2)) ==
            Approx(test::rms_dbfs(test::sine(hz, 0.5, 48'000))).margin(0.5));
    }
  }
  Resampler down(48'000, 8'000, 1);
  const test::Pcm folded = resampled(down, {48'000, 8'000}, test::sine(5'500, 0.5, 48'000), 20);
  CHECK(test::rms_dbfs(std::span(folded).subspan(4'000)) < -50);
}

TEST_CASE("a sample comes out less than 8 ms later than it went in", "[media][resampler]") {
  for (const Rates rates : kRates) {
    INFO(rates.from << " to " << rates.to);
    Resampler resampler(rates.from, rates.to, 1);
    test::Pcm in(rates.from / 10);
    in[rates.from / 50] = 20'000;
    const test::Pcm out = resampled(resampler, rates, in, 20);
    const auto peak = std::max_element(out.begin(), out.end()) - out.begin();
    const TimeDelta late = TimeDelta::micros(peak * 1'000'000 / rates.to) - TimeDelta::millis(20);
    CHECK(late > TimeDelta::zero());
    CHECK(late < TimeDelta::millis(8));
  }
}

TEST_CASE("two channels are resampled apart", "[media][resampler]") {
  Resampler resampler(16'000, 48'000, 2);
  test::Pcm in;
  for (const int16_t s : test::sine(1'000, 0.5, 16'000, 16'000)) in.insert(in.end(), {s, 0});
  const test::Pcm out = resampled(resampler, {16'000, 48'000}, in, 20, 2);
  test::Pcm left, right;
  for (size_t i = 0; i < out.size(); i += 2) {
    left.push_back(out[i]);
    right.push_back(out[i + 1]);
  }
  CHECK(test::rms_dbfs(left) > -10);
  CHECK(test::rms_dbfs(right) == -120);
}

TEST_CASE("equal rates copy", "[media][resampler]") {
  Resampler resampler(48'000, 48'000, 1);
  SeededRandom random(1);
  const test::Pcm in = test::noise(0.5, 960, random);
  CHECK(resampled(resampler, {48'000, 48'000}, in, 20) == in);
}

}  // namespace
}  // namespace tutti::audio
