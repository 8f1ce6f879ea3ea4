// AlrDetector: whether less is sent than the estimate allows (application-limited region), so that an empty queue
// proves nothing and only probes can tell what the path carries. A budget is filled at a share of the estimate and
// emptied by what is sent; while it stays full the application is the limit. libwebrtc alr_detector. Owned by a
// BandwidthEstimator.
#pragma once

#include "tutti/base/units.hpp"

namespace tutti::cc {

class AlrDetector {
 public:
  // libwebrtc has 0.65 for an encoder that follows the estimate closely. A layer that does not fit leaves a selective
  // forwarder further below, for good: so less is asked to call it limited.
  static constexpr double kUsage = 0.8;
  static constexpr double kEnter = 0.8, kLeave = 0.5;  // of the budget unused
  static constexpr TimeDelta kWindow = TimeDelta::millis(500);

  void set_estimate(DataRate rate) { fill_ = rate * kUsage; }
  void on_sent(Timestamp now, DataSize size);
  bool limited() const { return limited_; }

 private:
  DataRate fill_;
  double budget_ = 0;  // bytes, up to what kWindow gives; below zero when too much was sent
  Timestamp last_ = Timestamp::long_ago();
  bool limited_ = false;
};

}  // namespace tutti::cc
