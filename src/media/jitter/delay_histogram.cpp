#include "media/jitter/delay_histogram.hpp"

#include <algorithm>

namespace tutti::jitter {
namespace {

constexpr TimeDelta kMemory = TimeDelta::seconds(2);
constexpr double kHeaviest = 1e4;
constexpr float kNegligible = 1e-5F;

}  // namespace

void DelayHistogram::add(TimeDelta delay, TimeDelta duration) {
  weight_ *= 1 + duration / kMemory;
  const auto bin = static_cast<size_t>(std::clamp<int64_t>(delay.ms(), 0, kBins - 1));
  bins_[bin] += static_cast<float>(weight_);
  total_ += weight_;
  top_ = std::max(top_, bin);
  if (weight_ > kHeaviest) rescale();
}

TimeDelta DelayHistogram::quantile(double q) const {
  if (total_ <= 0) return TimeDelta::zero();
  double above = 0;
  size_t bin = top_;
  while (bin > 0 && above + static_cast<double>(bins_[bin]) <= (1 - q) * total_) {
    above += static_cast<double>(bins_[bin]);
    --bin;
  }
  return TimeDelta::millis(static_cast<int64_t>(bin) + 1);
}

void DelayHistogram::clear() { *this = DelayHistogram(); }

void DelayHistogram::rescale() {
  const auto scale = static_cast<float>(1 / weight_);
  total_ = 0;
  top_ = 0;
  weight_ = 1;
  for (size_t i = 0; i < kBins; ++i) {
    bins_[i] = bins_[i] * scale < kNegligible ? 0 : bins_[i] * scale;
    total_ += static_cast<double>(bins_[i]);
    if (bins_[i] > 0) top_ = i;
  }
}

}  // namespace tutti::jitter
