#include "tutti/media/audio/comfort_noise.hpp"

#include <algorithm>
#include <cmath>

namespace tutti::audio {
namespace {

constexpr uint32_t kDescribedRateHz = 8'000;
constexpr size_t kDescribedBlock = 20;  // 2.5 ms
constexpr float kGlide = 0.002F;        // for each sample: a new level is not heard as a step

// RFC 3389 §3.2: k = 258 * (N - 127) / 32768 for N from 0 to 254.
constexpr float kReflectionStep = 258.0F / 32768.0F;
constexpr int kReflectionZero = 127, kReflectionLast = 254;
// Nearer to one the filter rings for longer than a pause lasts.
constexpr float kLargestReflection = 0.98F;

}  // namespace

std::optional<NoiseDescription> NoiseDescription::parse(std::span<const uint8_t> payload) noexcept {
  if (payload.empty()) return std::nullopt;
  NoiseDescription d;
  // §3.1: "the most significant bit unused and always set to 0".
  d.level = payload[0] & 0x7f;
  d.order = static_cast<uint8_t>(std::min(payload.size() - 1, kMaxOrder));
  for (size_t i = 0; i < d.order; ++i) {
    const int index = std::min<int>(payload[i + 1], kReflectionLast) - kReflectionZero;
    d.reflection[i] = std::clamp(kReflectionStep * static_cast<float>(index), -kLargestReflection, kLargestReflection);
  }
  return d;
}

size_t NoiseDescription::write(std::span<uint8_t> out) const noexcept {
  const size_t coefficients = std::min<size_t>(order, kMaxOrder);
  if (out.size() < 1 + coefficients) return 0;
  out[0] = std::min(level, kQuietest);
  for (size_t i = 0; i < coefficients; ++i) {
    const long index = kReflectionZero + std::lround(reflection[i] / kReflectionStep);
    out[i + 1] = static_cast<uint8_t>(std::clamp(index, 0L, static_cast<long>(kReflectionLast)));
  }
  return 1 + coefficients;
}

ComfortNoise::ComfortNoise(AudioFormat format, uint64_t seed)
    : format_(format),
      random_(seed),
      resampler_(kDescribedRateHz, format.sample_rate_hz, 1),
      block_(kDescribedBlock * format.sample_rate_hz / kDescribedRateHz),
      used_(block_.size()) {}

void ComfortNoise::describe(const NoiseDescription& description) {
  description_ = description;
  std::fill(state_.begin() + description.order + 1, state_.end(), 0.0F);
  // The filter adds 1 / (1 - k^2) to the power for each coefficient; uniform noise in [-1, 1) begins with a third.
  float excitation = 3;
  for (size_t i = 0; i < description.order; ++i)
    excitation *= 1 - description.reflection[i] * description.reflection[i];
  wanted_gain_ = 32767.0F * std::pow(10.0F, -static_cast<float>(description.level) / 20.0F) * std::sqrt(excitation);
}

void ComfortNoise::generate(std::span<int16_t> out) {
  if (wanted_gain_ == 0) return std::fill(out.begin(), out.end(), int16_t{0});
  for (size_t i = 0; i < out.size(); i += format_.channels) {
    if (used_ == block_.size()) refill();
    std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(i), std::min<size_t>(format_.channels, out.size() - i),
                block_[used_++]);
  }
}

void ComfortNoise::reset() {
  description_ = {};
  state_ = {};
  wanted_gain_ = gain_ = 0;
  used_ = block_.size();
}

void ComfortNoise::refill() {
  std::array<int16_t, kDescribedBlock> described;
  for (int16_t& sample : described)
    sample = static_cast<int16_t>(std::lrint(std::clamp(next_sample(), -32768.0F, 32767.0F)));
  // The resampler is one that gives whole blocks for whole blocks.
  resampler_.process(described, block_);
  used_ = 0;
}

// An all-pole lattice, from the last coefficient to the first.
float ComfortNoise::next_sample() {
  gain_ += (wanted_gain_ - gain_) * kGlide;
  float forward = static_cast<float>(2 * random_.unit() - 1) * gain_;
  for (size_t i = description_.order; i-- > 0;) {
    forward -= description_.reflection[i] * state_[i];
    state_[i + 1] = state_[i] + description_.reflection[i] * forward;
  }
  return state_[0] = forward;
}

}  // namespace tutti::audio
