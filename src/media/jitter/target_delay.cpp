#include "media/jitter/target_delay.hpp"

#include <algorithm>

namespace tutti::jitter {
namespace {

constexpr double kInTime = 0.98;
// A line that rises by as much is another path, or the end of a stall: what was measured against the old line says
// nothing of the new.
constexpr TimeDelta kPathChange = TimeDelta::millis(10);
constexpr TimeDelta kLossRemembered = TimeDelta::seconds(10);
constexpr TimeDelta kRedundancyRemembered = TimeDelta::seconds(5);

}  // namespace

void TargetDelay::on_packet(Timestamp arrival, TimeDelta transit, TimeDelta duration, bool redundancy) {
  packet_duration_ = duration;
  if (redundancy) last_redundancy_ = arrival;
  const TimeDelta risen = line_.add(arrival, transit);
  const TimeDelta base = *line_.base();
  if (risen >= kPathChange) {
    histogram_.clear();
    line_.for_each_transit([&](TimeDelta t) { histogram_.add(t - base, duration); });
  } else {
    histogram_.add(transit - base, duration);
  }
  measured_ = std::clamp(histogram_.quantile(kInTime) + kMargin, floor_, ceiling_);
}

TimeDelta TargetDelay::value(Timestamp now) const {
  const bool repairs = now - last_loss_ < kLossRemembered && now - last_redundancy_ < kRedundancyRemembered;
  return repairs ? std::min(measured_ + packet_duration_, ceiling_) : measured_;
}

}  // namespace tutti::jitter
