#include <catch2/catch.hpp>

#include "support/pcm.hpp"
#include "tutti/media/audio/preprocessor.hpp"

namespace tutti::audio {
namespace {

test::Pcm processed(PreprocessorSettings settings, TimeDelta frame, test::Pcm pcm) {
  Preprocessor preprocessor(settings, frame);
  const size_t block = static_cast<size_t>(frame.ms()) * 48;
  for (size_t at = 0; at + block <= pcm.size(); at += block) preprocessor.process(std::span(pcm).subspan(at, block));
  return pcm;
}

// Somebody who talks at that level.
test::Pcm talker(double dbfs, size_t seconds) {
  const double reference = test::rms_dbfs(test::speech_like(0.3, seconds * 48'000));
  return test::speech_like(0.3 * std::pow(10, (dbfs - reference) / 20), seconds * 48'000);
}

// After so many seconds.
double level_after(const test::Pcm& pcm, size_t seconds) {
  return test::rms_dbfs(std::span(pcm).subspan(seconds * 48'000));
}

TEST_CASE("gain control brings a quiet and a loud talker within 6 dB in 5 s", "[media][preprocessor]") {
  for (const TimeDelta frame : {TimeDelta::millis(10), TimeDelta::millis(20)}) {
    INFO(frame.ms() << " ms");
    const auto after_5_s = [&](double dbfs) {
      return level_after(processed({.gain_control = true}, frame, talker(dbfs, 8)), 5);
    };
    const double quiet = after_5_s(-35), loud = after_5_s(-15);
    CHECK(std::abs(quiet - loud) <= 6);
    CHECK(quiet > -26);
    CHECK(loud < -14);
  }
}

TEST_CASE("noise suppression takes a fan down by ten decibels, and leaves speech", "[media][preprocessor]") {
  for (const TimeDelta frame : {TimeDelta::millis(10), TimeDelta::millis(20)}) {
    INFO(frame.ms() << " ms");
    SeededRandom random(2);
    const test::Pcm fan = test::noise(0.02, 5 * 48'000, random);
    CHECK(level_after(processed({.noise_suppression = true}, frame, fan), 3) < level_after(fan, 3) - 10);

    const test::Pcm speech = talker(-20, 5);
    CHECK(level_after(processed({.noise_suppression = true}, frame, speech), 3) > level_after(speech, 3) - 4);
  }
}

TEST_CASE("a preprocessor that is to do nothing does nothing to the level", "[media][preprocessor]") {
  const test::Pcm speech = talker(-20, 2);
  CHECK(test::rms_dbfs(processed({}, TimeDelta::millis(20), speech)) == Approx(test::rms_dbfs(speech)).margin(0.5));
}

}  // namespace
}  // namespace tutti::audio
