#include "proto/cc/aimd_rate_control.hpp"

#include <algorithm>
#include <cmath>

namespace tutti::cc {

void AimdRateControl::update(Timestamp now, PathUse use, std::optional<DataRate> throughput) {
  if (throughput) throughput_ = *throughput;
  switch (use) {
    case PathUse::kNormal:
      if (phase_ == Phase::kHold) {
        changed_ = now;
        phase_ = Phase::kIncrease;
      }
      break;
    case PathUse::kOver:
      phase_ = Phase::kDecrease;
      break;
    // The queue drains: more would keep it standing.
    case PathUse::kUnder:
      phase_ = Phase::kHold;
      break;
  }
  switch (phase_) {
    case Phase::kHold:
      break;
    case Phase::kIncrease:
      increase(now);
      break;
    case Phase::kDecrease:
      decrease(now);
      break;
  }
  rate_ = clamped(rate_);
}

void AimdRateControl::set_rate(Timestamp now, DataRate rate) {
  rate_ = clamped(rate);
  changed_ = now;
}

bool AimdRateControl::may_fall(Timestamp now, DataRate throughput) const {
  const TimeDelta interval = std::clamp(round_trip_, TimeDelta::millis(10), TimeDelta::millis(200));
  return !changed_ || now - *changed_ >= interval || throughput < rate_ * 0.5;
}

void AimdRateControl::increase(Timestamp now) {
  if (capacity_.is_below(throughput_)) capacity_.reset();
  const DataRate limit = throughput_ * kMaxOverThroughput + kOverThroughputMargin;
  held_by_throughput_ = rate_ >= limit;
  if (!held_by_throughput_) rate_ = std::min(rate_ + growth(now), limit);
  changed_ = now;
}

void AimdRateControl::decrease(Timestamp now) {
  DataRate lower = throughput_ * (backoff() * unused());
  // What went through includes what a queue gave back: above the present rate only the capacity is a guide.
  if (lower > rate_ && capacity_.rate()) lower = *capacity_.rate() * backoff();
  rate_ = std::min(rate_, lower);
  if (capacity_.is_above(throughput_)) capacity_.reset();
  capacity_.on_overuse(throughput_);
  phase_ = Phase::kHold;  // until the queue is gone
  changed_ = now;
}

double AimdRateControl::backoff() const { return std::clamp(1 - queue_ / kDrain, kDeepest, kSlightest); }

// The rate over what was sent of it.
double AimdRateControl::unused() const {
  if (!sent_ || *sent_ == DataRate()) return 1;
  return std::clamp(rate_ / *sent_, 1.0, kMaxOverThroughput);
}

DataRate AimdRateControl::growth(Timestamp now) const {
  const double seconds = changed_ ? std::min((now - *changed_).seconds_f(), 1.0) : 1.0;
  const auto bps = static_cast<double>(rate_.bps());
  if (!capacity_.rate()) {
    return DataRate::bps(
        static_cast<int64_t>(std::max(bps * (std::pow(kGrowthPerSecond, seconds) - 1), 1000 * seconds)));
  }
  // One packet for each response time; a video of 30 frames a second in packets of up to 1200 bytes (gcc-02 §5.5), and
  // 100 ms until the detector sees an overuse. Twice that, to be seen before the next step.
  const double frame_bits = bps / 30;
  const double packet_bits = frame_bits / std::ceil(frame_bits / (1200 * 8));
  const double response = 2 * (round_trip_ + TimeDelta::millis(100)).seconds_f();
  return DataRate::bps(static_cast<int64_t>(std::max(kLeastGrowth, packet_bits / response) * seconds));
}

DataRate AimdRateControl::clamped(DataRate rate) const { return std::clamp(rate, config_.min, config_.max); }

}  // namespace tutti::cc
