// ReportBasedEstimator: the rate where a receiver offers no feedback on packets: it grows by 8 % a second while
// receiver reports tell of less than 2 % of loss, and falls by half the loss above 10 %. draft-ietf-rmcat-gcc-02 §6.
// Its own estimate (REMB) is a cap. Owned by a BandwidthEstimator.
#pragma once

#include <optional>

#include "tutti/proto/cc/bandwidth_estimator.hpp"

namespace tutti::cc {

class ReportBasedEstimator {
 public:
  static constexpr double kLowLoss = 0.02, kHighLoss = 0.1;
  static constexpr double kGrowthPerSecond = 1.08;
  static constexpr DataRate kGrowthMargin = DataRate::bps(1000);
  static constexpr TimeDelta kFallInterval = TimeDelta::millis(300);  // and a round trip
  // In its first seconds, without a loss, the receiver's estimate is taken as it is.
  static constexpr TimeDelta kStartPhase = TimeDelta::seconds(2);
  // It grows no further above what could be made use of, nor falls from further above what was sent: a rate that nobody
  // tries is soon no estimate, and would take long to come down.
  static constexpr double kMaxOverNeeded = 1.5;
  static constexpr double kMaxOverSent = 1.5;

  explicit ReportBasedEstimator(const EstimatorConfig& config) : config_(config), rate_(config.start) {}

  void on_sent(DataSize size) { sent_ += size; }
  void on_report(Timestamp now, double fraction_lost, TimeDelta round_trip);
  void on_remb(Timestamp now, DataRate rate);
  void set_needed(DataRate needed) { needed_ = needed; }

  DataRate rate() const { return rate_; }
  std::optional<DataRate> receiver_limit() const { return remb_; }

 private:
  EstimatorConfig config_;
  DataRate rate_;
  DataRate needed_;
  std::optional<DataRate> remb_;
  std::optional<Timestamp> first_;
  std::optional<Timestamp> reported_;
  Timestamp fell_ = Timestamp::long_ago();
  bool lost_any_ = false;
  DataSize sent_;  // since the last report
};

}  // namespace tutti::cc
