// PlayoutBuffer: PCM around the point that is being played: what is decoded and still to be played (the future), and
// the last that was played (the history), which time stretching looks back at. NetEQ's sync buffer. Owned by
// AudioJitterBuffer; allocates once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tutti/media/audio/format.hpp"

namespace tutti::jitter {

// All counts are samples for each channel; the spans are interleaved.
class PlayoutBuffer {
 public:
  explicit PlayoutBuffer(audio::AudioFormat format);

  audio::AudioFormat format() const { return format_; }
  size_t future() const { return (end_ - begin_) / format_.channels; }
  size_t history() const { return history_size_ / format_.channels; }
  // `at` may be negative, down to -history(): then it is what was played.
  const int16_t* sample(ptrdiff_t at) const { return data_.data() + begin_ + at * format_.channels; }

  // Where at least 120 ms can be written; append() makes them part of the future.
  std::span<int16_t> room();
  void append(size_t samples);
  // Plays from the future, which must hold as much as `out`.
  void take(std::span<int16_t> out);
  // The first `samples` of the future are not to be heard.
  void discard(size_t samples);
  void clear_future() { end_ = begin_; }

  // Takes `lag` samples out of the future from `at` on, fading over `fade` samples; at + lag + fade <= future().
  void remove(size_t at, size_t lag, size_t fade);
  // Plays the `lag` samples before the future once more, fading over `fade` samples; lag <= history(), fade <=
  // future().
  void repeat(size_t lag, size_t fade);

  static constexpr TimeDelta kHistory = TimeDelta::millis(20);

 private:
  void compact();

  audio::AudioFormat format_;
  size_t history_size_, packet_size_;  // interleaved
  std::vector<int16_t> data_;
  std::vector<int16_t> fade_;
  size_t begin_ = 0, end_ = 0;
};

}  // namespace tutti::jitter
