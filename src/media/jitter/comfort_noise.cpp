#include "media/jitter/comfort_noise.hpp"

#include <algorithm>
#include <cmath>

namespace tutti::jitter {
namespace {

constexpr float kGlide = 0.002F;  // for each sample; a new description is not heard as a step

}  // namespace

void ComfortNoise::update(std::span<const uint8_t> payload) {
  if (payload.empty()) return;
  // §3.1: the level in -dBov, of which 0 is a full-scale square wave.
  const int level = payload[0] & 0x7f;
  const size_t order = std::min(payload.size() - 1, kOrder);
  float excitation = 1;
  std::fill(state_.begin() + static_cast<ptrdiff_t>(order) + 1, state_.end(), 0.0F);
  for (size_t i = 0; i < order; ++i) {
    // §3.2: k = 258 * (N - 127) / 32768.
    const float k = 258.0F * static_cast<float>(std::min<int>(payload[i + 1], 254) - 127) / 32768.0F;
    reflection_[i] = std::clamp(k, -0.98F, 0.98F);
    excitation *= 1 - reflection_[i] * reflection_[i];
  }
  order_ = order;
  // Uniform noise in [-1, 1) has a power of a third.
  wanted_gain_ = 32767.0F * std::pow(10.0F, static_cast<float>(-level) / 20.0F) * std::sqrt(3.0F * excitation);
}

void ComfortNoise::generate(std::span<int16_t> out, uint8_t channels) {
  for (size_t i = 0; i + channels <= out.size(); i += channels) {
    random_ = random_ * 1664525U + 1013904223U;
    gain_ += (wanted_gain_ - gain_) * kGlide;
    float forward = static_cast<float>(static_cast<int32_t>(random_)) / 2147483648.0F * gain_;
    // All-pole lattice, from the last coefficient to the first.
    for (size_t j = order_; j-- > 0;) {
      forward -= reflection_[j] * state_[j];
      state_[j + 1] = state_[j] + reflection_[j] * forward;
    }
    state_[0] = forward;
    const auto sample = static_cast<int16_t>(std::clamp(forward, -32768.0F, 32767.0F));
    for (uint8_t c = 0; c < channels; ++c) out[i + c] = sample;
  }
}

}  // namespace tutti::jitter
