#include "proto/cc/trendline_estimator.hpp"

#include <algorithm>
#include <cmath>

namespace tutti::cc {

void TrendlineEstimator::on_group(const InterArrival::Deltas& deltas, Timestamp arrived) {
  if (seen_ == 0) first_arrived_ = arrived;
  const double sent_ms = deltas.sent.seconds_f() * 1e3;
  const double arrived_ms = (arrived - first_arrived_).seconds_f() * 1e3;
  delay_ms_ += deltas.arrived.seconds_f() * 1e3 - sent_ms;
  smoothed_ms_ = kSmoothing * smoothed_ms_ + (1 - kSmoothing) * delay_ms_;
  points_[seen_ % kWindow] = {arrived_ms, smoothed_ms_};
  ++seen_;
  detect(seen_ >= kWindow ? slope() : previous_slope_, sent_ms, arrived_ms);
}

// Least squares, in one pass: about the newest point, so that the sums are of small numbers. It is about
// (rate sent - capacity) / capacity while the queue grows.
double TrendlineEstimator::slope() const {
  const Point& newest = points_[(seen_ - 1) % kWindow];
  double x_sum = 0, y_sum = 0, xy_sum = 0, xx_sum = 0;
  for (const Point& p : points_) {
    const double x = p.arrived_ms - newest.arrived_ms;
    const double y = p.delay_ms - newest.delay_ms;
    x_sum += x;
    y_sum += y;
    xy_sum += x * y;
    xx_sum += x * x;
  }
  const double xx = xx_sum - x_sum * x_sum / kWindow;
  return xx > 0 ? (xy_sum - x_sum * y_sum / kWindow) / xx : previous_slope_;
}

void TrendlineEstimator::detect(double slope, double sent_ms, double arrived_ms) {
  if (seen_ < 2) return;
  const int deltas = seen_ < kMaxDeltas ? static_cast<int>(seen_) : kMaxDeltas;
  modified_trend_ = deltas * slope * kGain;
  if (modified_trend_ > threshold_) {
    // Half of the time since the last group: when in it the line was crossed is not known.
    over_ms_ = over_ms_ < 0 ? sent_ms / 2 : over_ms_ + sent_ms;
    ++over_groups_;
    // A queue that drains already needs no cure, however long it still is.
    if (over_ms_ > kOveruseMs && over_groups_ > 1 && slope >= previous_slope_) {
      over_ms_ = 0;
      over_groups_ = 0;
      use_ = PathUse::kOver;
    }
  } else {
    over_ms_ = -1;
    over_groups_ = 0;
    use_ = modified_trend_ < -threshold_ ? PathUse::kUnder : PathUse::kNormal;
  }
  previous_slope_ = slope;
  adapt(arrived_ms);
}

// The threshold follows the slope, so that neither a noisy path nor a competing TCP flow, whose queue ever grows,
// starves us.
void TrendlineEstimator::adapt(double arrived_ms) {
  const double elapsed_ms = adapted_ms_ < 0 ? 0 : std::clamp(arrived_ms - adapted_ms_, 0.0, 100.0);
  adapted_ms_ = arrived_ms;
  const double height = std::abs(modified_trend_);
  if (height > threshold_ + kMaxSpike) return;
  const double k = height < threshold_ ? kDown : kUp;
  threshold_ = std::clamp(threshold_ + k * (height - threshold_) * elapsed_ms, kMinThreshold, kMaxThreshold);
}

}  // namespace tutti::cc
