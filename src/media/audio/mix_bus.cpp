#include "tutti/media/audio/mix_bus.hpp"

#include <algorithm>
#include <cmath>

#include "media/audio/gain_kernel.hpp"

namespace tutti::audio {
namespace {

template <int kChannels>
void scale_in_place(int16_t* pcm, size_t frames, float from, float step) {
  scale<kChannels>(pcm, pcm, frames, from, step);
}

}  // namespace

void GainRamp::set_target(float gain) {
  if (gain == target_) return;
  target_ = gain;
  slope_ = (target_ - current_) / static_cast<float>(kRamp.seconds_f());
}

void GainRamp::apply(std::span<int16_t> pcm, AudioFormat format) {
  const auto multiply = format.channels == 1 ? scale_in_place<1> : scale_in_place<2>;
  const size_t frames = pcm.size() / format.channels;
  size_t turning = 0;
  if (current_ != target_) {
    const float step = slope_ / static_cast<float>(format.sample_rate_hz);
    const float left = std::ceil((target_ - current_) / step - 0.01F);  // less than a hundredth of a step is no step
    const bool arrives = left < static_cast<float>(frames);
    turning = arrives ? static_cast<size_t>(left) : frames;
    multiply(pcm.data(), turning, current_, step);
    current_ = arrives ? target_ : current_ + step * static_cast<float>(frames);
  }
  if (current_ != 1) multiply(pcm.data() + turning * format.channels, frames - turning, current_, 0);
}

MixBus::MixBus(AudioFormat format, TimeDelta frame)
    : format_(format), frame_samples_(format.samples(frame) * format.channels), sum_(frame_samples_) {}

void MixBus::clear() {
  count_ = 0;
  std::fill(sum_.begin(), sum_.end(), 0);
}

size_t MixBus::add(std::span<const int16_t> pcm, uint8_t channels) {
  if (sources_.size() < (count_ + 1) * frame_samples_) sources_.resize((count_ + 1) * frame_samples_);
  int16_t* const mine = sources_.data() + count_ * frame_samples_;
  // Less than a frame is followed by silence; more is not heard.
  const size_t frames = std::min(pcm.size() / channels, frame_samples_ / format_.channels);
  if (channels == format_.channels) {
    std::copy_n(pcm.begin(), frames * channels, mine);
  } else if (channels == 1) {
    for (size_t i = 0; i < frames; ++i) mine[2 * i] = mine[2 * i + 1] = pcm[i];
  } else {
    for (size_t i = 0; i < frames; ++i) mine[i] = static_cast<int16_t>((pcm[2 * i] + pcm[2 * i + 1]) / 2);
  }
  std::fill(mine + frames * format_.channels, mine + frame_samples_, int16_t{0});
  int32_t* const sum = sum_.data();
  for (size_t i = 0; i < frame_samples_; ++i) sum[i] += mine[i];
  return count_++;
}

void MixBus::subtract(size_t source, std::span<int32_t> from) const {
  const int16_t* const mine = sources_.data() + source * frame_samples_;
  int32_t* const out = from.data();
  for (size_t i = 0; i < frame_samples_; ++i) out[i] -= mine[i];
}

}  // namespace tutti::audio
