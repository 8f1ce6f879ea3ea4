// Comfort noise of telephones (RFC 3389): what its payload says, and the noise that it describes. Its generator is
// owned by whoever plays one received stream; one thread, no allocation after construction.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "tutti/base/random.hpp"
#include "tutti/media/audio/format.hpp"
#include "tutti/media/audio/resampler.hpp"

namespace tutti::audio {

// RFC 3389 §3: a level, and a spectrum of up to kMaxOrder reflection coefficients; a payload may have more, they are
// left out.
struct NoiseDescription {
  static constexpr size_t kMaxOrder = 12;
  static constexpr uint8_t kQuietest = 127;

  uint8_t level = kQuietest;  // in -dBov: 0 is the power of a full-scale square wave
  uint8_t order = 0;
  std::array<float, kMaxOrder> reflection{};  // below 1 in size; a negative first one tilts towards low frequencies

  // Nothing for an empty payload; every other one means something.
  static std::optional<NoiseDescription> parse(std::span<const uint8_t> payload) noexcept;
  // Bytes written: 1 + order; 0 if `out` is shorter.
  size_t write(std::span<uint8_t> out) const noexcept;
  bool operator==(const NoiseDescription&) const = default;
};

class ComfortNoise {
 public:
  // `format`: of what generate() gives, a multiple of 8 kHz. The noise itself lies below 4 kHz, as what the payload
  // describes.
  ComfortNoise(AudioFormat format, uint64_t seed);

  // From one description to the next the level glides.
  void describe(const NoiseDescription& description);
  // Fills `out` (interleaved, of any length, the same in each channel). Nothing has been described yet: silence.
  void generate(std::span<int16_t> out);
  // Nothing has been described.
  void reset();

 private:
  void refill();
  float next_sample();

  AudioFormat format_;
  SeededRandom random_;
  Resampler resampler_;
  std::vector<int16_t> block_;  // one channel, as yet unused from used_ on
  size_t used_;
  NoiseDescription description_;
  std::array<float, NoiseDescription::kMaxOrder + 1> state_{};
  float wanted_gain_ = 0, gain_ = 0;
};

}  // namespace tutti::audio
