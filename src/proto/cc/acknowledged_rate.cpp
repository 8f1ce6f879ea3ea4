#include "proto/cc/acknowledged_rate.hpp"

#include <cmath>

namespace tutti::cc {

void AcknowledgedRate::on_packet(Timestamp arrived, DataSize size) {
  const TimeDelta window = kbps_ ? kWindow : kFirstWindow;
  if (last_ && arrived < *last_ - kFirstWindow) {  // a clock that was set back
    last_.reset();
    elapsed_ = {};
    size_ = {};
  }
  if (last_ && arrived > *last_) {
    const TimeDelta gap = arrived - *last_;
    elapsed_ += gap;
    if (gap > window) {
      // Silence is no rate.
      size_ = {};
      elapsed_ = TimeDelta::micros(elapsed_.us() % window.us());
    } else if (elapsed_ >= window) {
      on_sample(static_cast<double>(size_.bytes()) * 8 / (window.seconds_f() * 1e3));
      elapsed_ = elapsed_ - window;
      size_ = {};
    }
  }
  if (!last_ || arrived > *last_) last_ = arrived;
  size_ += size;
}

void AcknowledgedRate::on_sample(double kbps) {
  if (!kbps_) {
    kbps_ = kbps;
    return;
  }
  const double uncertainty = kUncertainty * std::abs(*kbps_ - kbps) / std::max(*kbps_, 1.0);
  const double sample_variance = uncertainty * uncertainty;
  const double predicted = variance_ + kVarianceGrowth;
  kbps_ = (sample_variance * *kbps_ + predicted * kbps) / (sample_variance + predicted);
  variance_ = sample_variance * predicted / (sample_variance + predicted);
}

std::optional<DataRate> AcknowledgedRate::rate() const {
  if (!kbps_) return std::nullopt;
  return DataRate::bps(static_cast<int64_t>(*kbps_ * 1e3));
}

}  // namespace tutti::cc
