// MixBus: one frame's sum of all who are heard, in 32 bits, and each of them by itself, so that a speaker's own voice
// can be taken out exactly. Gains ramp over kRamp when somebody enters, leaves or is turned up. One thread; reused
// frame after frame without allocation.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tutti/media/audio/format.hpp"

namespace tutti::audio {

// Turns one source's volume without a click: the gain moves linearly to its target over kRamp, from wherever it is.
// Begins silent.
class GainRamp {
 public:
  static constexpr TimeDelta kRamp = TimeDelta::millis(15);
  void set_target(float gain);
  float target() const { return target_; }
  bool is_silent() const { return current_ == 0 && target_ == 0; }
  // Multiplies interleaved PCM in place; what a gain above 1 makes too large is cut.
  void apply(std::span<int16_t> pcm, AudioFormat format);

 private:
  float current_ = 0, target_ = 0;
  float slope_ = 0;  // for each second, while current_ is on its way
};

class MixBus {
 public:
  explicit MixBus(AudioFormat format, TimeDelta frame);
  AudioFormat format() const { return format_; }

  // Begins a frame: nobody is heard.
  void clear();
  // Adds a source's frame of format(); mono goes to both channels of a stereo bus, stereo is averaged on a mono one.
  // Returns its number.
  size_t add(std::span<const int16_t> pcm, uint8_t channels);
  size_t sources() const { return count_; }
  // Everybody, at format().
  std::span<const int32_t> sum() const { return sum_; }
  // Takes one source out of a copy of the sum, exactly.
  void subtract(size_t source, std::span<int32_t> from) const;

 private:
  AudioFormat format_;
  size_t frame_samples_;  // interleaved
  size_t count_ = 0;
  std::vector<int32_t> sum_;
  std::vector<int16_t> sources_;  // one frame after another
};

}  // namespace tutti::audio
