// PitchConcealer: what follows best on the last samples of a codec that has no concealment of its own. Their last pitch
// period is repeated and faded out, after ITU-T G.711 appendix I; spandsp's does the same, but for 8 kHz only, and is
// silent after 50 ms. Owned by a decoder; one thread, no allocation after construction.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tutti::audio {

class PitchConcealer {
 public:
  explicit PitchConcealer(uint32_t sample_rate_hz);
  // Decoded samples, remembered; the first ones after a gap are blended into what filled it.
  void on_samples(std::span<int16_t> pcm);
  void conceal(std::span<int16_t> out);
  void reset();

 private:
  void begin_gap();
  size_t pitch_period() const;
  int16_t next_sample();
  void remember(std::span<const int16_t> pcm);

  const size_t shortest_period_, longest_period_, compared_, blended_, full_until_, silent_from_;  // in samples
  std::vector<int16_t> history_;  // what was given last, whoever made it
  std::vector<float> cycle_;      // of which cycle_length_ are repeated
  size_t cycle_length_ = 0;
  size_t filled_ = 0;  // samples of this gap
  float step_ = 0;     // from the last sample before the gap to the cycle; taken back over its first quarter
};

}  // namespace tutti::audio
