// RttEstimator: the smoothed round-trip time of one path, from report blocks and DLRR. RFC 6298 §2 without its
// variance. Owned by a Peer.
#pragma once

#include <algorithm>

#include "tutti/base/units.hpp"

namespace tutti::rtpstream {

class RttEstimator {
 public:
  // Negative and absurd samples (clock steps of the other side) are ignored.
  void on_sample(TimeDelta rtt) {
    if (rtt < TimeDelta::zero() || rtt > TimeDelta::seconds(10)) return;
    smoothed_ = has_sample_ ? (smoothed_ * 7 + rtt) / 8 : rtt;
    minimum_ = has_sample_ ? std::min(minimum_, rtt) : rtt;
    has_sample_ = true;
  }
  bool has_sample() const { return has_sample_; }
  // 100 ms until there is a sample.
  TimeDelta smoothed() const { return smoothed_; }
  TimeDelta minimum() const { return minimum_; }

 private:
  TimeDelta smoothed_ = TimeDelta::millis(100);
  TimeDelta minimum_ = TimeDelta::millis(100);
  bool has_sample_ = false;
};

}  // namespace tutti::rtpstream
