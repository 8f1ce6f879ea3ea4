#include "media/audio/pitch_concealer.hpp"

#include <algorithm>
#include <cmath>

namespace tutti::audio {
namespace {

// Voices from 66 to 400 Hz.
constexpr double kShortestPeriod = 1.0 / 400, kLongestPeriod = 1.0 / 66;
constexpr double kCompared = 0.020;
constexpr double kBlended = 0.004;
// As it was for so long, and silent after so long (AudioDecoder::conceal).
constexpr double kFullUntil = 0.020, kSilentFrom = 0.150;
// Below it there is no pitch. The longest period is repeated then: noise that repeats sooner is heard as a tone.
constexpr double kLeastCorrelation = 0.4;
// Twice the period resembles as much, but for noise.
constexpr double kShorterIsBetter = 0.05;

size_t samples(double seconds, uint32_t rate_hz) { return static_cast<size_t>(std::lround(seconds * rate_hz)); }

int16_t to_sample(float v) { return static_cast<int16_t>(std::lrint(std::clamp(v, -32768.0F, 32767.0F))); }

}  // namespace

PitchConcealer::PitchConcealer(uint32_t sample_rate_hz)
    : shortest_period_(samples(kShortestPeriod, sample_rate_hz)),
      longest_period_(samples(kLongestPeriod, sample_rate_hz)),
      compared_(samples(kCompared, sample_rate_hz)),
      blended_(samples(kBlended, sample_rate_hz)),
      full_until_(samples(kFullUntil, sample_rate_hz)),
      silent_from_(samples(kSilentFrom, sample_rate_hz)),
      history_(compared_ + longest_period_),
      cycle_(longest_period_) {}

void PitchConcealer::on_samples(std::span<int16_t> pcm) {
  if (filled_ > 0) {
    const size_t n = std::min(blended_, pcm.size());
    for (size_t i = 0; i < n; ++i) {
      const float in = static_cast<float>(i + 1) / static_cast<float>(n + 1);
      pcm[i] = to_sample(static_cast<float>(pcm[i]) * in + static_cast<float>(next_sample()) * (1 - in));
    }
    filled_ = 0;
  }
  remember(pcm);
}

void PitchConcealer::conceal(std::span<int16_t> out) {
  if (filled_ == 0) begin_gap();
  for (int16_t& sample : out) sample = next_sample();
  remember(out);
}

void PitchConcealer::reset() {
  std::fill(history_.begin(), history_.end(), int16_t{0});
  filled_ = 0;
}

// The cycle ends like the samples before it, so that it may be repeated.
void PitchConcealer::begin_gap() {
  const size_t period = cycle_length_ = pitch_period(), quarter = period / 4;
  const int16_t* const last = history_.data() + history_.size() - period;
  std::copy_n(last, period, cycle_.begin());
  for (size_t i = 0; i < quarter; ++i) {
    const float in = static_cast<float>(i + 1) / static_cast<float>(quarter + 1);
    const size_t at = period - quarter + i;
    cycle_[at] = static_cast<float>(last[at]) * (1 - in) + static_cast<float>(*(last + at - period)) * in;
  }
  step_ = static_cast<float>(history_.back()) - static_cast<float>(*(last - 1));
}

// That at which the last 20 ms resemble most what was before them.
size_t PitchConcealer::pitch_period() const {
  const int16_t* const recent = history_.data() + longest_period_;
  size_t best = longest_period_;
  double highest = kLeastCorrelation;
  for (size_t period = shortest_period_; period <= longest_period_; ++period) {
    const int16_t* const earlier = recent - period;
    int64_t cross = 0, recent_power = 1, earlier_power = 1;
    for (size_t i = 0; i < compared_; ++i) {
      cross += recent[i] * earlier[i];
      recent_power += recent[i] * recent[i];
      earlier_power += earlier[i] * earlier[i];
    }
    const double powers = static_cast<double>(recent_power) * static_cast<double>(earlier_power);
    const double score = static_cast<double>(cross) / std::sqrt(powers) -
                         kShorterIsBetter * static_cast<double>(period) / static_cast<double>(longest_period_);
    if (score > highest) {
      highest = score;
      best = period;
    }
  }
  return best;
}

int16_t PitchConcealer::next_sample() {
  const size_t at = filled_++, quarter = cycle_length_ / 4;
  if (at >= silent_from_) return 0;
  float sample = cycle_[at % cycle_length_];
  if (at < quarter) sample += step_ * static_cast<float>(quarter - at) / static_cast<float>(quarter + 1);
  if (at > full_until_)
    sample *= static_cast<float>(silent_from_ - at) / static_cast<float>(silent_from_ - full_until_);
  return to_sample(sample);
}

void PitchConcealer::remember(std::span<const int16_t> pcm) {
  const std::span<const int16_t> newest = pcm.last(std::min(pcm.size(), history_.size()));
  std::copy(history_.begin() + static_cast<std::ptrdiff_t>(newest.size()), history_.end(), history_.begin());
  std::copy(newest.begin(), newest.end(), history_.end() - static_cast<std::ptrdiff_t>(newest.size()));
}

}  // namespace tutti::audio
