// DelayBasedEstimator: the rate at which the path's queue does not grow. Groups of packets, the line through their
// delays, and the rate control that follows it, in one. draft-ietf-rmcat-gcc-02 §5. Owned by a BandwidthEstimator.
#pragma once

#include <optional>
#include <span>

#include "proto/cc/aimd_rate_control.hpp"
#include "proto/cc/inter_arrival.hpp"
#include "proto/cc/queue_delay.hpp"
#include "proto/cc/trendline_estimator.hpp"
#include "tutti/proto/cc/sent_packet_history.hpp"

namespace tutti::cc {

class DelayBasedEstimator {
 public:
  // After such a silence delays are compared anew: the path may have become another.
  static constexpr TimeDelta kSilence = TimeDelta::seconds(2);
  // A slope without a queue this long is noise: frames that meet those of others.
  static constexpr TimeDelta kLeastQueue = TimeDelta::millis(8);
  // A queue that is full has no slope any more. It is seen by this delay and this loss, while more is sent than goes
  // through.
  static constexpr TimeDelta kFullQueue = TimeDelta::millis(60);
  static constexpr double kFullLoss = 0.05;

  explicit DelayBasedEstimator(const EstimatorConfig& config) : rate_control_(config) {}

  void set_round_trip(TimeDelta round_trip) { rate_control_.set_round_trip(round_trip); }
  void set_sent(std::optional<DataRate> sent) { rate_control_.set_sent(sent); }
  // `throughput`: what went through up to now; `probed`: what a probe showed, just now; `loss`: share of packets,
  // lately.
  void on_feedback(Timestamp now, std::span<const PacketResult> packets, std::optional<DataRate> throughput,
                   std::optional<DataRate> probed, double loss);
  // Nothing was heard for too long.
  void lower(Timestamp now, DataRate rate) { rate_control_.set_rate(now, rate); }

  DataRate rate() const { return rate_control_.rate(); }
  std::optional<DataRate> link_capacity() const { return rate_control_.link_capacity(); }
  bool held_by_throughput() const { return rate_control_.held_by_throughput(); }
  PathUse use() const { return use_; }
  TimeDelta queue() const { return queue_.standing(); }
  // The last feedback ended a time of under-use: the queue that an overuse left is gone.
  bool recovered() const { return recovered_; }

 private:
  void judge(std::optional<DataRate> throughput, double loss);

  InterArrival groups_;
  TrendlineEstimator trendline_;
  QueueDelay queue_;
  PathUse use_ = PathUse::kNormal;
  AimdRateControl rate_control_;
  Timestamp last_feedback_ = Timestamp::long_ago();
  bool recovered_ = false;
};

}  // namespace tutti::cc
