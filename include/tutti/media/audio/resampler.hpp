// Resampler: PCM from one rate to another (speexdsp), block by block without clicks between blocks. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

struct SpeexResamplerState_;

namespace tutti::audio {

class Resampler {
 public:
  // `quality`: 0 to 10, speexdsp's; 3 is what telephony needs.
  Resampler(uint32_t from_hz, uint32_t to_hz, uint8_t channels, int quality = 3);
  // Samples for each channel written to `out`. Equal rates copy. A block of N ms gives N ms, the very first one
  // included (it begins with the filter's silence).
  size_t process(std::span<const int16_t> in, std::span<int16_t> out);

 private:
  struct Free {
    void operator()(SpeexResamplerState_* state) const;
  };
  uint8_t channels_;
  std::unique_ptr<SpeexResamplerState_, Free> state_;  // null for equal rates
};

}  // namespace tutti::audio
