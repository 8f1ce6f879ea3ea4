// AimdRateControl: the rate that the delay allows. It grows by 8 % a second while the link's capacity is unknown, by
// about a packet for each response time near it, and falls below what went through when the path is overused, the more
// the longer the queue is. draft-ietf-rmcat-gcc-02 §5.5; README.md says where not. Owned by a DelayBasedEstimator.
#pragma once

#include <optional>

#include "proto/cc/link_capacity.hpp"
#include "tutti/base/units.hpp"
#include "tutti/proto/cc/bandwidth_estimator.hpp"
#include "tutti/proto/cc/estimate.hpp"

namespace tutti::cc {

class AimdRateControl {
 public:
  // A decrease, gcc-02's beta: as much as drains the queue that stands within kDrain, between these. 0.85 for every
  // queue falls too far where it has just begun, and too little where a link has shrunk.
  static constexpr double kSlightest = 0.92, kDeepest = 0.7;
  static constexpr TimeDelta kDrain = TimeDelta::millis(500);
  static constexpr double kGrowthPerSecond = 1.08;  // gcc-02 §5.5: eta
  // In bit/s, each second. libwebrtc has 4000, with which a small flow takes minutes to get its share, and TCP, whose
  // queue makes the round trip long, leaves none.
  static constexpr double kLeastGrowth = 20'000;
  static constexpr double kMaxOverThroughput = 1.5;  // no rate is believed that is so far above what went through
  static constexpr DataRate kOverThroughputMargin = DataRate::kbps(10);
  static constexpr TimeDelta kDefaultRoundTrip = TimeDelta::millis(200);

  explicit AimdRateControl(const EstimatorConfig& config)
      : config_(config), rate_(config.start), throughput_(config.start) {}

  void set_round_trip(TimeDelta round_trip) { round_trip_ = round_trip; }
  // That stands on the path.
  void set_queue(TimeDelta queue) { queue_ = queue; }
  // What was sent of the rate in the time of `throughput`: a decrease is of that, and the part that nobody used stays.
  // Nothing: all of it.
  void set_sent(std::optional<DataRate> sent) { sent_ = sent; }
  // What the detector says now, and what went through lately if that is known.
  void update(Timestamp now, PathUse use, std::optional<DataRate> throughput);
  // A probe went through at this rate.
  void set_rate(Timestamp now, DataRate rate);
  // Whether another decrease may be due: the last one has had a round trip to show, or far less than that goes through.
  bool may_fall(Timestamp now, DataRate throughput) const;

  DataRate rate() const { return rate_; }
  std::optional<DataRate> link_capacity() const { return capacity_.rate(); }
  // It would have grown, were more sent.
  bool held_by_throughput() const { return held_by_throughput_; }

 private:
  enum class Phase : uint8_t { kHold, kIncrease, kDecrease };
  void increase(Timestamp now);
  void decrease(Timestamp now);
  DataRate growth(Timestamp now) const;
  double backoff() const;
  double unused() const;
  DataRate clamped(DataRate rate) const;

  EstimatorConfig config_;
  DataRate rate_;
  DataRate throughput_;
  LinkCapacity capacity_;
  Phase phase_ = Phase::kHold;
  std::optional<Timestamp> changed_;
  TimeDelta round_trip_ = kDefaultRoundTrip;
  TimeDelta queue_;
  std::optional<DataRate> sent_;
  bool held_by_throughput_ = false;
};

}  // namespace tutti::cc
