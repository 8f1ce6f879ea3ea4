// RttEstimator: round-trip time smoothed as RFC 6298 §2 does (SRTT, alpha 1/8), and the least seen. Value; one worker's
// thread.
#pragma once

#include <optional>

#include "tutti/base/units.hpp"

namespace tutti::rtpstream {

class RttEstimator {
 public:
  static constexpr TimeDelta kDefault = TimeDelta::millis(100);

  // A measurement below zero (clocks tick coarsely) counts as zero.
  void on_measurement(TimeDelta rtt);

  bool has_measurement() const { return smoothed_.has_value(); }
  // kDefault before the first measurement.
  TimeDelta smoothed() const { return smoothed_.value_or(kDefault); }
  TimeDelta min() const { return min_.value_or(kDefault); }
  std::optional<TimeDelta> latest() const { return latest_; }

 private:
  std::optional<TimeDelta> smoothed_, min_, latest_;
};

}  // namespace tutti::rtpstream
