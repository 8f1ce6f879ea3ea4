// LossBasedEstimator: the rate that the losses allow. A model says that a path loses a share of packets whatever is
// sent (inherent loss, a radio link) and everything above its bandwidth; of several candidates for the bandwidth, each
// with the inherent loss that suits it best, the likeliest is taken. So random loss does not lower the rate, and loss
// by congestion does. libwebrtc loss_based_bwe_v2. Owned by a BandwidthEstimator.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "tutti/base/units.hpp"
#include "tutti/proto/cc/bandwidth_estimator.hpp"
#include "tutti/proto/cc/sent_packet_history.hpp"

namespace tutti::cc {

enum class LossState : uint8_t {
  kDelayBased,  // losses allow more than the delay does
  kIncreasing,
  kDecreasing,
};

class LossBasedEstimator {
 public:
  static constexpr size_t kObservations = 15;
  static constexpr TimeDelta kObservation = TimeDelta::millis(250);
  static constexpr int64_t kMinObservations = 3;

  explicit LossBasedEstimator(const EstimatorConfig& config) : config_(config) {}

  // `acknowledged`: what went through. `delay_based`: the upper bound that the delay gives.
  void on_feedback(std::span<const PacketResult> packets, std::optional<DataRate> acknowledged, DataRate delay_based,
                   bool application_limited);

  // Nothing before there are enough observations.
  std::optional<DataRate> rate() const;
  LossState state() const { return state_; }
  // Weighed towards the newest, over about four seconds, without the best and the worst quarter of a second.
  double average_loss() const { return average_loss_; }

 private:
  struct Observation {
    float kilobytes = 0, lost_kilobytes = 0;
    float rate_kbps = 0;
  };
  struct Channel {
    double inherent_loss = 0.01;
    double kbps = 0;
  };
  bool gather(std::span<const PacketResult> packets);
  void update_average();
  double weight(size_t age) const;
  const Observation& aged(size_t age) const;
  size_t observations() const;

  double feasible_loss(const Channel& channel) const;
  void newton_step(Channel& channel) const;
  double objective(const Channel& channel) const;
  Channel best_candidate(std::optional<double> acknowledged_kbps, double delay_kbps, bool application_limited) const;
  void limit_growth(Channel& best, std::optional<double> acknowledged_kbps) const;
  void enter(double bounded_kbps, double delay_kbps);
  bool rises(double from_kbps, double to_kbps) const;
  double lower_bound_kbps(std::optional<double> acknowledged_kbps) const;
  double upper_bound_kbps() const;

  EstimatorConfig config_;
  std::array<Observation, kObservations> ring_{};
  int64_t count_ = 0;  // observations, ever
  // The observation that is being gathered.
  double bytes_ = 0, lost_bytes_ = 0;
  std::optional<Timestamp> gathered_until_;  // by time of sending

  double average_loss_ = 0;
  bool any_lost_ = false;  // in any observation
  Channel best_;
  double result_kbps_ = 0;
  LossState state_ = LossState::kDelayBased;
  // While recovering the bandwidth grows by no more than a factor in each window.
  std::optional<Timestamp> window_start_;
  double window_limit_kbps_ = 0;
  // After it fell it may not rise above the rate of the fall for a while, twice as long each time.
  Timestamp hold_until_ = Timestamp::long_ago();
  TimeDelta hold_ = TimeDelta::millis(300);
  double hold_kbps_ = 0;
  std::optional<Timestamp> rising_since_;
};

}  // namespace tutti::cc
