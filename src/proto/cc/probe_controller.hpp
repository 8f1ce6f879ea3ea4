// ProbeController: when to probe, and how fast: exponentially at the start; at once when more could be made use of;
// where a drop came while little was sent; and each five seconds while more is needed than the estimate gives.
// libwebrtc probe_controller; README.md says where not. Owned by a BandwidthEstimator.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "proto/cc/probe_rate_estimator.hpp"
#include "tutti/proto/cc/bandwidth_estimator.hpp"

namespace tutti::cc {

// What the estimate leaves a probe to find out.
enum class ProbeRoom : uint8_t {
  kFree,
  kLossRising,  // losses hold the estimate, and it grows again: one careful step
  kNone,        // the queue grows or drains, or losses lower the estimate: a probe would make it worse
};

class ProbeController {
 public:
  static constexpr double kFirstStart = 3, kSecondStart = 6;  // times the start rate
  static constexpr double kFurther = 2;                       // times the last result, if that was
  static constexpr double kFurtherThreshold = 0.85;           // of the last probe's rate
  static constexpr double kPeriodic = 2;                      // times the estimate
  static constexpr double kAtCapacity = 1.25;  // times the capacity, where that is known and all of it is used
  static constexpr double kOfCapacity = 0.95;  // that much of the capacity is believed of such a probe
  static constexpr double kOfFurther = 1.1;    // and of the next one, if that was saturated
  static constexpr double kLossRising = 1.5;
  // How long one lasts: at the start as in libwebrtc; later over a frame of 30 a second, that others send as a burst:
  // between two bursts the path seems empty. Where all of the estimate is used, over three: there a mistake costs the
  // most.
  static constexpr TimeDelta kAtStart = TimeDelta::millis(15), kOverFrame = TimeDelta::millis(40),
                             kOverFrames = TimeDelta::millis(100);
  static constexpr TimeDelta kInterval = TimeDelta::seconds(5);
  static constexpr TimeDelta kMinInterval = TimeDelta::seconds(1);  // between probes on request
  // More is needed once it is so many times the least since the last request. Rates of layers are measured and waver:
  // with each wave there was a probe, every second, from all who share a link.
  static constexpr double kMore = 1.2;
  static constexpr TimeDelta kMaxWait = TimeDelta::seconds(1);      // for a result
  static constexpr TimeDelta kStale = TimeDelta::seconds(2);  // a probe that was not asked for by then is not sent
  static constexpr double kDrop = 0.66;                       // to less of the estimate: a large drop
  static constexpr double kAfterDrop = 0.85;                  // of the rate before it
  static constexpr TimeDelta kDropKept = TimeDelta::seconds(5);
  static constexpr TimeDelta kLimitedKept = TimeDelta::seconds(3);
  // Probing ends when the estimate is so far above what is needed, and goes no further than this.
  static constexpr double kEnough = 1.2, kMaxOverNeeded = 1.5;

  explicit ProbeController(const EstimatorConfig& config) : config_(config), estimate_(config.start) {}

  // Packets flow: from now on probes can be sent.
  void on_started(Timestamp now);
  void set_needed(Timestamp now, DataRate needed);
  void set_limited(Timestamp now, bool application_limited);
  // After each feedback. Without any there are no probes but the first. `capacity`: where the queue last began to grow;
  // `probed`: what a probe has just shown.
  void on_estimate(Timestamp now, DataRate estimate, std::optional<DataRate> capacity,
                   std::optional<ProbeResult> probed, ProbeRoom room);
  // What a result says of the path: all of it, or where the estimate was used up, no more than what the path is known
  // to carry, until twice that has passed. On a link that is shared, who takes what a probe finds free takes it from
  // all; they must have their share of it.
  std::optional<DataRate> believed(const ProbeResult& result) const;
  // The queue that an overuse had left is gone.
  void on_recovered(Timestamp now);
  void handle_deadline(Timestamp now);
  Timestamp next_deadline() const;

  std::optional<ProbeCluster> take(Timestamp now);

 private:
  enum class State : uint8_t { kInit, kWaiting, kComplete };
  // Of the last probe. kAbove: of a path that is full as far as is known; kTwice: when that passed, to see if it is
  // another path.
  enum class Kind : uint8_t { kFree, kAbove, kTwice };
  bool is_worth() const;
  DataRate highest() const;
  DataRate known() const { return capacity_ ? std::max(estimate_, *capacity_) : estimate_; }
  void probe_periodically(Timestamp now);
  void start(Timestamp now);
  // A cluster at this rate, or the highest allowed; if `further`, its result decides about the next.
  void probe(Timestamp now, DataRate rate, bool further, Kind kind = Kind::kFree);
  void clear() { pending_count_ = 0; }

  EstimatorConfig config_;
  State state_ = State::kInit;
  bool started_ = false, heard_ = false;
  ProbeRoom room_ = ProbeRoom::kFree;
  DataRate estimate_;
  std::optional<DataRate> capacity_;
  DataRate needed_, least_needed_;  // the least since the last request
  bool requested_ = false;  // more is needed, and no probe has gone out for it
  Kind kind_ = Kind::kFree;
  DataRate further_above_;
  Timestamp probed_ = Timestamp::long_ago();
  bool limited_ = false;
  Timestamp limited_ended_ = Timestamp::long_ago();
  DataRate before_drop_;
  Timestamp dropped_ = Timestamp::long_ago();
  Timestamp drop_probed_ = Timestamp::long_ago();
  bool recovers_ = false;  // a probe after a drop waits until there is room
  uint8_t last_id_ = 0;
  std::array<ProbeCluster, 2> pending_{};
  size_t pending_count_ = 0;
};

}  // namespace tutti::cc
