// How PCM is given everywhere in the media module: interleaved int16 samples in a span, whose shape an AudioFormat tells.
// The mixer's own shape is 48 kHz; codecs of other rates are resampled at its edge. Values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tutti/base/units.hpp"

namespace tutti::audio {

constexpr uint32_t kMixRateHz = 48'000;

struct AudioFormat {
  uint32_t sample_rate_hz = kMixRateHz;
  uint8_t channels = 1;  // 1 or 2
  bool operator==(const AudioFormat&) const = default;

  // Samples for each channel in a span of time.
  constexpr size_t samples(TimeDelta time) const {
    return static_cast<size_t>(time.us() * static_cast<int64_t>(sample_rate_hz) / 1'000'000);
  }
  constexpr TimeDelta duration(size_t samples_per_channel) const {
    return TimeDelta::micros(static_cast<int64_t>(samples_per_channel) * 1'000'000 / static_cast<int64_t>(sample_rate_hz));
  }
};

}  // namespace tutti::audio
