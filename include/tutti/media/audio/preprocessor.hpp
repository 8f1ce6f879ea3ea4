// Preprocessor: automatic gain control and noise suppression of one member's voice (speexdsp), both optional. It works in
// place on frames of the mixer's rate, one channel. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "tutti/base/units.hpp"

struct SpeexPreprocessState_;

namespace tutti::audio {

struct PreprocessorSettings {
  bool gain_control = false;
  bool noise_suppression = false;
  bool any() const { return gain_control || noise_suppression; }
  bool operator==(const PreprocessorSettings&) const = default;
};

class Preprocessor {
 public:
  Preprocessor(PreprocessorSettings settings, TimeDelta frame);
  const PreprocessorSettings& settings() const { return settings_; }
  // `pcm`: one frame at 48 kHz, mono. Talkers at -35 and at -15 dBFS come within 6 dB of each other in 5 s.
  void process(std::span<int16_t> pcm);

 private:
  struct Free {
    void operator()(SpeexPreprocessState_* state) const;
  };
  PreprocessorSettings settings_;
  std::unique_ptr<SpeexPreprocessState_, Free> state_;
};

}  // namespace tutti::audio
