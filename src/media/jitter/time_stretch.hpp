// TimeStretch: plays faster or slower without a change of pitch, by leaving out or repeating about one pitch period,
// faded over where the signal is most like itself (WSOLA; NetEQ's accelerate and preemptive expand). Does nothing where
// that would be heard. Owned by AudioJitterBuffer; no allocation.
#pragma once

#include <cstddef>
#include <span>

#include "media/jitter/playout_buffer.hpp"
#include "tutti/media/audio/format.hpp"

namespace tutti::jitter {

class TimeStretch {
 public:
  explicit TimeStretch(audio::AudioFormat format);

  // Follows the level of what is played, so that a pause can be told from speech at any volume.
  void on_played(std::span<const int16_t> frame);
  // Whether the next 20 ms at most of the future are so quiet that anything may be done to them.
  bool quiet(const PlayoutBuffer& buffer) const;

  enum class Care : uint8_t { kNormal, kFast };  // kFast: a rougher sound is better than the delay
  // Leaves out at most `most` samples for each channel at the beginning of the future. Returns how many, often 0.
  size_t accelerate(PlayoutBuffer& buffer, size_t most, Care care) const;
  // Repeats about `wanted` samples, up to `tolerance` more if the signal does not allow less.
  size_t expand(PlayoutBuffer& buffer, size_t wanted, size_t tolerance) const;

  // The most that either does at once.
  static constexpr TimeDelta kLongestLag = TimeDelta::millis(15);

 private:
  struct Match {
    size_t lag = 0;
    double correlation = 0;
  };
  // The lag in [shortest, longest] at which the signal from 0 on is most like that `direction * lag` from there.
  Match best_lag(const PlayoutBuffer& buffer, int direction, size_t longest, size_t window) const;
  double correlation(const PlayoutBuffer& buffer, ptrdiff_t at, size_t window, size_t step) const;

  audio::AudioFormat format_;
  size_t shortest_;
  double speech_level_ = 0;  // of int16, root mean square
};

}  // namespace tutti::jitter
