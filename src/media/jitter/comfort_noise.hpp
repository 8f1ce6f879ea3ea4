// ComfortNoise: the noise that an RFC 3389 payload describes, by its level and its spectrum. Owned by
// AudioJitterBuffer.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace tutti::jitter {

class ComfortNoise {
 public:
  // RFC 3389 §3: a level byte, then quantised reflection coefficients; of these the first kOrder count. Empty payloads
  // are ignored.
  void update(std::span<const uint8_t> payload);
  // Fills `out` (interleaved, the same in each channel). Nothing has been described yet: silence.
  void generate(std::span<int16_t> out, uint8_t channels);

 private:
  static constexpr size_t kOrder = 12;

  std::array<float, kOrder> reflection_{};
  std::array<float, kOrder + 1> state_{};
  size_t order_ = 0;
  float wanted_gain_ = 0, gain_ = 0;
  uint32_t random_ = 1;
};

}  // namespace tutti::jitter
