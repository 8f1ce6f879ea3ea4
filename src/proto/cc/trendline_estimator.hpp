// TrendlineEstimator: whether the queue on the path grows. A line is fitted through the last delays (of groups of
// packets, smoothed); its slope against a threshold that adapts says whether the path is overused.
// draft-ietf-rmcat-gcc-02 §5.3 and §5.4, with libwebrtc's line in place of the Kalman filter. Owned by a
// DelayBasedEstimator.
#pragma once

#include <array>
#include <cstddef>

#include "proto/cc/inter_arrival.hpp"
#include "tutti/base/units.hpp"
#include "tutti/proto/cc/estimate.hpp"

namespace tutti::cc {

class TrendlineEstimator {
 public:
  static constexpr size_t kWindow = 20;              // groups
  static constexpr double kSmoothing = 0.9;          // share of the old in the smoothed delay
  static constexpr double kGain = 4;                 // of the slope, before the threshold
  static constexpr int kMaxDeltas = 60;              // the slope counts more with each group, up to here
  static constexpr double kInitialThreshold = 12.5;  // gcc-02 §5.4, table 1: del_var_th(0)
  static constexpr double kMinThreshold = 6, kMaxThreshold = 600;
  static constexpr double kUp = 0.0087, kDown = 0.039;  // per ms: how fast the threshold follows the slope
  static constexpr double kMaxSpike = 15;   // further above the threshold nothing adapts: it is a drop of capacity
  static constexpr double kOveruseMs = 10;  // the slope has to stay above for so long

  void on_group(const InterArrival::Deltas& deltas, Timestamp arrived);
  PathUse use() const { return use_; }
  // What is compared: positive when the queue grows.
  double trend() const { return modified_trend_; }
  double threshold() const { return threshold_; }

 private:
  struct Point {
    double arrived_ms;
    double delay_ms;
  };
  double slope() const;
  void detect(double trend, double sent_ms, double arrived_ms);
  void adapt(double arrived_ms);

  std::array<Point, kWindow> points_{};  // ring
  size_t seen_ = 0;                      // groups, ever
  Timestamp first_arrived_;
  double delay_ms_ = 0, smoothed_ms_ = 0;
  double previous_slope_ = 0, modified_trend_ = 0;
  double threshold_ = kInitialThreshold;
  double adapted_ms_ = -1;
  double over_ms_ = -1;  // how long above the threshold; negative: not
  int over_groups_ = 0;
  PathUse use_ = PathUse::kNormal;
};

}  // namespace tutti::cc
