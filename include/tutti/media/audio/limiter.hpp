// Limiter: makes 16 bits of a wide sum, never wrapping, never clipping hard. Below -1 dBFS it changes no bit (once it has let go of what was above). Above,
// the gain falls within a millisecond (it looks ahead inside the frame) and comes back in 50 to 200 ms. One for each
// mix. One thread.
#pragma once

#include <cstdint>
#include <span>

#include "tutti/media/audio/format.hpp"

namespace tutti::audio {

class Limiter {
 public:
  explicit Limiter(AudioFormat format) : format_(format) {}
  // `sum` and `out`: one frame of the same size, interleaved, full scale is 32768.
  void process(std::span<const int32_t> sum, std::span<int16_t> out);

 private:
  AudioFormat format_;
  float gain_ = 1.0F;  // at the end of the last frame
  TimeDelta held_;     // since a peak last needed it
};

}  // namespace tutti::audio
