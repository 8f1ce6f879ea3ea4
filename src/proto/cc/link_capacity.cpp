#include "proto/cc/link_capacity.hpp"

#include <algorithm>
#include <cmath>

namespace tutti::cc {
namespace {

constexpr double kDeviations = 3;
double kbps(DataRate rate) { return static_cast<double>(rate.bps()) / 1e3; }

}  // namespace

void LinkCapacity::on_overuse(DataRate throughput) {
  const double sample = kbps(throughput);
  kbps_ = kbps_ ? *kbps_ + kOveruseWeight * (sample - *kbps_) : sample;
  const double error = *kbps_ - sample;
  const double normalised = error * error / std::max(*kbps_, 1.0);
  deviation_ = std::clamp(deviation_ + kOveruseWeight * (normalised - deviation_), kMinDeviation, kMaxDeviation);
}

std::optional<DataRate> LinkCapacity::rate() const {
  if (!kbps_) return std::nullopt;
  return DataRate::bps(static_cast<int64_t>(*kbps_ * 1e3));
}

bool LinkCapacity::is_below(DataRate rate) const {
  return kbps_ && kbps(rate) > *kbps_ + kDeviations * deviation_kbps();
}

bool LinkCapacity::is_above(DataRate rate) const {
  return kbps_ && kbps(rate) < *kbps_ - kDeviations * deviation_kbps();
}

double LinkCapacity::deviation_kbps() const { return std::sqrt(deviation_ * *kbps_); }

}  // namespace tutti::cc
