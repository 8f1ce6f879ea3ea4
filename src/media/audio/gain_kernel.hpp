// The one loop that turns volumes: PCM times a gain that moves linearly, rounded and cut to 16 bits. Pure. Private to
// audio. What includes it is compiled with -O3, or it is not vectorised (src/CMakeLists.txt).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace tutti::audio {

// Multiplies `frames` of kChannels; the gain of frame i is from + step * (i + 1). `out` may be `in`. No calls and no
// branches: the compiler does several at once.
template <int kChannels, class Sample>
inline void scale(const Sample* in, int16_t* out, size_t frames, float from, float step) {
  constexpr float kNoFraction = 12'582'912.0F;  // 1.5 * 2^23: adding it rounds
  const int count = static_cast<int>(frames);
  for (int i = 0; i < count; ++i) {
    const float gain = from + step * static_cast<float>(i + 1);
    for (int c = 0; c < kChannels; ++c) {
      const float sample = static_cast<float>(in[kChannels * i + c]) * gain;
      const int32_t whole = static_cast<int32_t>((sample + kNoFraction) - kNoFraction);
      out[kChannels * i + c] = static_cast<int16_t>(std::clamp(whole, -32768, 32767));
    }
  }
}

}  // namespace tutti::audio
