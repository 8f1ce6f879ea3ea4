#include <catch2/catch.hpp>

#include "support/pcm.hpp"
#include "tutti/media/audio/comfort_noise.hpp"

namespace tutti::audio {
namespace {

using Bytes = std::vector<uint8_t>;

// After it has come to its level, in blocks of 10 ms.
test::Pcm steady_noise(const NoiseDescription& description, AudioFormat format, uint64_t seed = 1) {
  ComfortNoise noise(format, seed);
  noise.describe(description);
  test::Pcm out, block(format.samples(TimeDelta::millis(10)) * format.channels);
  for (int i = 0; i < 300; ++i) {
    noise.generate(block);
    if (i >= 100) out.insert(out.end(), block.begin(), block.end());
  }
  return out;
}

TEST_CASE("comfort noise has the level that its payload names", "[media][noise]") {
  for (const uint32_t rate : {8'000U, 16'000U, 48'000U}) {
    for (const Bytes& payload : {Bytes{20},
                                 {40},
                                 {60},
                                 {40, 0},
                                 {40, 190},
                                 {50, 90, 140, 127, 20, 200},
                                 {50, 60, 160, 150, 110, 127, 127, 140, 120, 127, 127}}) {
      INFO(rate << " Hz, " << payload.size() << " bytes, level " << int{payload[0]});
      const auto description = NoiseDescription::parse(payload);
      REQUIRE(description);
      CHECK(test::rms_dbfs(steady_noise(*description, {rate, 1})) == Approx(-payload[0]).margin(2));
    }
  }
}

TEST_CASE("comfort noise has the spectrum that its payload describes", "[media][noise]") {
  // How much more a sample resembles its neighbour than chance has it is minus the first reflection coefficient.
  const auto resemblance = [](const NoiseDescription& description) {
    const test::Pcm pcm = steady_noise(description, {8'000, 1});
    double cross = 0, power = 0;
    for (size_t i = 1; i < pcm.size(); ++i) {
      cross += pcm[i] * pcm[i - 1];
      power += pcm[i] * pcm[i];
    }
    return cross / power;
  };
  CHECK(resemblance({.level = 30}) == Approx(0).margin(0.1));
  CHECK(resemblance({.level = 30, .order = 1, .reflection = {-0.8F}}) == Approx(0.8).margin(0.1));
  CHECK(resemblance({.level = 30, .order = 1, .reflection = {0.8F}}) == Approx(-0.8).margin(0.1));
  CHECK(resemblance({.level = 30, .order = 2, .reflection = {-0.5F, 0.3F}}) == Approx(0.5).margin(0.1));
}

TEST_CASE("what describes noise is the same after it was written and read", "[media][noise]") {
  Bytes bytes(13);
  CHECK(NoiseDescription{.level = 65}.write(bytes) == 1);
  CHECK(bytes[0] == 65);

  const Bytes payload{50, 5, 90, 127, 128, 249};
  const auto description = NoiseDescription::parse(payload);
  REQUIRE(description);
  CHECK(description->level == 50);
  CHECK(description->order == 5);
  CHECK(description->reflection[1] == Approx(258.0 * (90 - 127) / 32768));
  CHECK(description->reflection[2] == 0);
  REQUIRE(description->write(bytes) == payload.size());
  CHECK(Bytes(bytes.begin(), bytes.begin() + 6) == payload);
  CHECK(description->write(std::span(bytes).first(5)) == 0);
}

TEST_CASE("an empty payload describes no noise, and one too long as much as is understood", "[media][noise]") {
  CHECK_FALSE(NoiseDescription::parse({}));
  const auto description = NoiseDescription::parse(Bytes(200, 255));
  REQUIRE(description);
  CHECK(description->level == 127);
  CHECK(description->order == NoiseDescription::kMaxOrder);
  for (const float k : description->reflection) CHECK(std::abs(k) < 1);
}

TEST_CASE("noise is silence until it is described, and after a reset", "[media][noise]") {
  ComfortNoise noise({48'000, 1}, 1);
  test::Pcm out(4'800, 99);
  noise.generate(out);
  CHECK(test::rms_dbfs(out) == -120);
  noise.describe({.level = 30});
  for (int i = 0; i < 10; ++i) noise.generate(out);
  CHECK(test::rms_dbfs(out) > -33);
  noise.reset();
  noise.generate(out);
  CHECK(test::rms_dbfs(out) == -120);
}

TEST_CASE("a new level glides in", "[media][noise]") {
  ComfortNoise noise({8'000, 1}, 1);
  test::Pcm out(80);
  noise.describe({.level = 20});
  noise.generate(out);
  CHECK(test::rms_dbfs(out) < -30);
  for (int i = 0; i < 100; ++i) noise.generate(out);
  CHECK(test::rms_dbfs(out) == Approx(-20).margin(2));
  noise.describe({.level = 60});
  noise.generate(out);
  CHECK(test::rms_dbfs(out) > -24);
}

TEST_CASE("blocks of any length join, and channels hear the same", "[media][noise]") {
  const NoiseDescription description{.level = 30, .order = 1, .reflection = {-0.5F}};
  ComfortNoise whole({48'000, 1}, 7), pieces({48'000, 1}, 7), both({48'000, 2}, 7), other({48'000, 1}, 8);
  for (ComfortNoise* noise : {&whole, &pieces, &both, &other}) noise->describe(description);
  test::Pcm a(4'800), b(4'800), stereo(9'600), c(4'800);
  whole.generate(a);
  SeededRandom random(3);
  for (size_t at = 0; at < b.size();) {
    const size_t n = std::min<size_t>(1 + random.below(300), b.size() - at);
    pieces.generate(std::span(b).subspan(at, n));
    at += n;
  }
  both.generate(stereo);
  other.generate(c);
  CHECK((a == b));
  CHECK((a != c));
  for (size_t i = 0; i < a.size(); ++i) REQUIRE((stereo[2 * i] == a[i] && stereo[2 * i + 1] == a[i]));
}

TEST_CASE("no payload makes noise that overflows or does not end", "[media][noise]") {
  SeededRandom random(5);
  ComfortNoise noise({8'000, 1}, 1);
  test::Pcm out(160);
  for (int i = 0; i < 100'000; ++i) {
    Bytes payload(random.below(16));
    random.fill(payload);
    if (const auto description = NoiseDescription::parse(payload)) noise.describe(*description);
    if (i % 20 == 0) noise.generate(out);
  }
  noise.describe({.level = 60});
  for (int i = 0; i < 100; ++i) noise.generate(out);
  CHECK(test::rms_dbfs(out) == Approx(-60).margin(2));
}

}  // namespace
}  // namespace tutti::audio
