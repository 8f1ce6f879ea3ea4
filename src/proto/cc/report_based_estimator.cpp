#include "proto/cc/report_based_estimator.hpp"

#include <algorithm>
#include <cmath>

namespace tutti::cc {

void ReportBasedEstimator::on_report(Timestamp now, double fraction_lost, TimeDelta round_trip) {
  if (!first_) first_ = now;
  if (fraction_lost > 0) lost_any_ = true;
  const TimeDelta elapsed = reported_ ? now - *reported_ : TimeDelta::zero();
  const DataRate sent_rate = sent_ / elapsed;

  if (fraction_lost < kLowLoss) {
    if (elapsed > TimeDelta::zero()) {
      const double factor = std::pow(kGrowthPerSecond, std::min(elapsed.seconds_f(), 1.0));
      const DataRate useful = std::max(needed_ * kMaxOverNeeded, config_.start);
      rate_ = std::max(rate_, std::min(rate_ * factor + kGrowthMargin, useful));
    }
  } else if (fraction_lost > kHighLoss && now - fell_ >= kFallInterval + round_trip) {
    if (sent_rate > DataRate()) rate_ = std::min(rate_, std::max(sent_rate * kMaxOverSent, config_.min));
    rate_ = rate_ * (1 - fraction_lost / 2);
    fell_ = now;
  }
  rate_ = std::clamp(rate_, config_.min, config_.max);
  // Reports of several sources come at once: what was sent is measured over a time that says something.
  if (!reported_ || elapsed >= kFallInterval) sent_ = {};
  if (!reported_ || elapsed >= kFallInterval || fraction_lost < kLowLoss) reported_ = now;
}

void ReportBasedEstimator::on_remb(Timestamp now, DataRate rate) {
  if (!first_) first_ = now;
  remb_ = rate;
  if (!lost_any_ && now - *first_ < kStartPhase) rate_ = std::clamp(std::max(rate_, rate), config_.min, config_.max);
}

}  // namespace tutti::cc
