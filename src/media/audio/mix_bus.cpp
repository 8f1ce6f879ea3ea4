#include "tutti/media/audio/mix_bus.hpp"

#include <algorithm>
#include <cmath>

namespace tutti::audio {
namespace {

int16_t saturated(float sample) { return static_cast<int16_t>(std::clamp(std::nearbyint(sample), -32768.0F, 32767.0F)); }

}  // namespace

void GainRamp::apply(std::span<int16_t> pcm, AudioFormat format) {
  if (current_ == 1 && target_ == 1) return;
  const size_t frames = pcm.size() / format.channels;
  // The whole way from silence to full volume takes kRamp, a part of it as much less.
  const float step = 1.0F / static_cast<float>(format.samples(kRamp));
  for (size_t i = 0; i < frames; ++i) {
    if (current_ < target_) {
      current_ = std::min(target_, current_ + step * std::max(1.0F, target_));
    } else if (current_ > target_) {
      current_ = std::max(target_, current_ - step * std::max(1.0F, current_));
    }
    for (size_t c = 0; c < format.channels; ++c) {
      int16_t& sample = pcm[i * format.channels + c];
      sample = saturated(static_cast<float>(sample) * current_);
    }
  }
}

MixBus::MixBus(AudioFormat format, TimeDelta frame)
    : format_(format), frame_samples_(format.samples(frame) * format.channels), sum_(frame_samples_) {}

void MixBus::clear() {
  count_ = 0;
  std::fill(sum_.begin(), sum_.end(), 0);
}

size_t MixBus::add(std::span<const int16_t> pcm, uint8_t channels) {
  if (sources_.size() < (count_ + 1) * frame_samples_) sources_.resize((count_ + 1) * frame_samples_);
  const std::span<int16_t> mine = std::span(sources_).subspan(count_ * frame_samples_, frame_samples_);
  if (channels == format_.channels) {
    std::copy(pcm.begin(), pcm.end(), mine.begin());
  } else if (channels == 1) {
    for (size_t i = 0; i < pcm.size(); ++i) mine[2 * i] = mine[2 * i + 1] = pcm[i];
  } else {
    for (size_t i = 0; i < mine.size(); ++i) mine[i] = static_cast<int16_t>((pcm[2 * i] + pcm[2 * i + 1]) / 2);
  }
  for (size_t i = 0; i < mine.size(); ++i) sum_[i] += mine[i];
  return count_++;
}

void MixBus::subtract(size_t source, std::span<int32_t> from) const {
  const int16_t* mine = sources_.data() + source * frame_samples_;
  for (size_t i = 0; i < frame_samples_; ++i) from[i] -= mine[i];
}

}  // namespace tutti::audio
