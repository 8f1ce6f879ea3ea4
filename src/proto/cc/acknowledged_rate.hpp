// AcknowledgedRate: how fast packets arrive, by the receiver's clock: rates of short windows, each weighed by how well
// it fits what was believed before (Bayes), so that a delay spike moves it little and a real change soon. libwebrtc
// bitrate_estimator. Owned by a BandwidthEstimator.
#pragma once

#include <optional>

#include "tutti/base/units.hpp"

namespace tutti::cc {

class AcknowledgedRate {
 public:
  static constexpr TimeDelta kFirstWindow = TimeDelta::millis(500);
  static constexpr TimeDelta kWindow = TimeDelta::millis(150);
  static constexpr double kUncertainty = 10;    // of a sample, times its distance from the estimate
  static constexpr double kVarianceGrowth = 5;  // the rate may change: with each sample we are less sure of the old
  static constexpr double kInitialVariance = 50;
  static constexpr double kFastChange = 200;

  // A packet that arrived, in order of arrival but for reordering within a window.
  void on_packet(Timestamp arrived, DataSize size);
  // The source has begun to send more, or the path has changed: the next samples count more.
  void expect_change() { variance_ += kFastChange; }
  std::optional<DataRate> rate() const;

 private:
  void on_sample(double kbps);

  std::optional<Timestamp> last_;
  TimeDelta elapsed_;  // of the open window
  DataSize size_;
  std::optional<double> kbps_;
  double variance_ = kInitialVariance;
};

}  // namespace tutti::cc
