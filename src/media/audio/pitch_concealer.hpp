// PitchConcealer: what follows best on the last samples of a codec that has no concealment of its own: its last pitch period, repeated
// and faded out (spandsp, after ITU-T G.711 appendix I). Owned by a decoder.
#pragma once

#include <spandsp.h>

#include <algorithm>
#include <cstdint>
#include <span>

namespace tutti::audio {

class PitchConcealer {
 public:
  PitchConcealer() { plc_init(&state_); }
  // Decoded samples, remembered; the first ones after a gap are blended in.
  void on_samples(std::span<int16_t> pcm) { plc_rx(&state_, pcm.data(), static_cast<int>(pcm.size())); }
  void conceal(std::span<int16_t> out) {
    const int made = plc_fillin(&state_, out.data(), static_cast<int>(out.size()));
    std::fill(out.begin() + std::max(0, made), out.end(), int16_t{0});
  }
  void reset() { plc_init(&state_); }

 private:
  plc_state_t state_;
};

}  // namespace tutti::audio
