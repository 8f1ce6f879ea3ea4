#include "proto/cc/loss_based_estimator.hpp"

#include <algorithm>
#include <cmath>

namespace tutti::cc {
namespace {

// All from libwebrtc's defaults (loss_based_bwe_v2.cc, CreateConfig) unless said otherwise.
constexpr std::array kCandidateFactors = {1.02, 1.0, 0.95};
constexpr double kTemporalWeight = 0.9;  // of an observation against the one after it
constexpr double kNewtonStep = 0.75;
constexpr double kMinInherentLoss = 1e-3;
// The inherent loss that is believed: 5 %, and more at low rates, where few packets make a great share.
constexpr double kMaxInherentLoss = 0.05;
constexpr double kBalanceKbps = 100;
// Of two that explain the losses as well the higher bandwidth is preferred, the less so the more is lost, and not above
// 20 %.
constexpr double kPreferHigher = 0.0002;
constexpr double kPreferHigherLog = 0.02;
constexpr double kPreferenceEnds = 0.2;
constexpr double kPreferenceSmoothing = 0.002;
// Loss above this bounds the rate at once, whatever the model says.
constexpr double kInstantLoss = 0.05;
constexpr TimeDelta kGrowthWindow = TimeDelta::millis(300);
constexpr double kGrowthInWindow = 1.3;
// Growth goes no further than this times what goes through; less near the rate that was too much.
constexpr double kOverAcknowledged = 1.5;
constexpr double kOverAcknowledgedNearHold = 1.2;
constexpr double kNearHold = 1.3;
constexpr TimeDelta kFirstHold = TimeDelta::millis(300);
constexpr TimeDelta kMaxHold = TimeDelta::seconds(60);
// A rise that stops counts as one for so long, while the higher rate proves itself.
constexpr TimeDelta kRise = TimeDelta::seconds(2);
constexpr double kSuddenRate = 2;

double kbps(DataRate rate) { return static_cast<double>(rate.bps()) / 1e3; }

double loss_probability(double inherent_loss, double limit_kbps, double sent_kbps) {
  double p = inherent_loss;
  if (sent_kbps > limit_kbps) p += (1 - inherent_loss) * (sent_kbps - limit_kbps) / sent_kbps;
  return std::clamp(p, 1e-6, 1 - 1e-6);
}

// 0.9^age, without a call of pow for each observation.
constexpr auto kWeights = [] {
  std::array<double, LossBasedEstimator::kObservations> weights{};
  double w = 1;
  for (double& weight : weights) {
    weight = w;
    w *= kTemporalWeight;
  }
  return weights;
}();

}  // namespace

void LossBasedEstimator::on_feedback(std::span<const PacketResult> packets, std::optional<DataRate> acknowledged,
                                     DataRate delay_based, bool application_limited) {
  const double delay_kbps = kbps(delay_based);
  if (!gather(packets)) {
    if (state_ == LossState::kDelayBased) result_kbps_ = delay_kbps;
    return;
  }
  std::optional<double> acknowledged_kbps;
  if (acknowledged) acknowledged_kbps = kbps(*acknowledged);
  if (best_.kbps == 0) best_.kbps = result_kbps_ = delay_kbps;

  if (state_ == LossState::kDelayBased && !any_lost_) {
    // Nothing was lost for seconds: every candidate is as likely as the next, and the highest is preferred.
    best_ = {0, delay_kbps};
    result_kbps_ = delay_kbps;
    return;
  }

  Channel best = best_candidate(acknowledged_kbps, delay_kbps, application_limited);
  // More is lost than the candidate explains: no time to grow.
  if (average_loss_ > best.inherent_loss) best.kbps = std::min(best.kbps, std::max(best_.kbps, 0.0));
  // What arrives says nothing of what could, where less is sent than could be: a server that waits for the next layer's
  // rate before it sends that layer would wait for ever.
  if (state_ != LossState::kDelayBased) limit_growth(best, application_limited ? std::nullopt : acknowledged_kbps);

  const double bounded =
      std::max(lower_bound_kbps(acknowledged_kbps), std::min({best.kbps, upper_bound_kbps(), delay_kbps}));
  if (bounded < best.kbps) {
    best_ = {0, bounded};
  } else {
    best_ = best;
    best_.kbps = std::max(best_.kbps, lower_bound_kbps(acknowledged_kbps));
  }

  if (state_ == LossState::kDecreasing && *gathered_until_ < hold_until_ && bounded < delay_kbps) {
    hold_kbps_ = std::max(hold_kbps_, lower_bound_kbps(acknowledged_kbps));
    result_kbps_ = std::min(hold_kbps_, bounded);
    return;
  }
  enter(bounded, delay_kbps);
  result_kbps_ = bounded;
  if (state_ != LossState::kDelayBased && (!window_start_ || *window_start_ + kGrowthWindow < *gathered_until_)) {
    window_limit_kbps_ = best_.kbps * kGrowthInWindow;
    window_start_ = gathered_until_;
  }
}

std::optional<DataRate> LossBasedEstimator::rate() const {
  if (count_ < kMinObservations) return std::nullopt;
  return DataRate::bps(static_cast<int64_t>(result_kbps_ * 1e3));
}

// True when an observation is complete.
bool LossBasedEstimator::gather(std::span<const PacketResult> packets) {
  if (packets.empty()) return false;
  Timestamp first = Timestamp::never(), last = Timestamp::long_ago();
  for (const PacketResult& packet : packets) {
    const auto bytes = static_cast<double>(packet.size.bytes());
    if (packet.was_lost) {
      // Taken back, if the observation that counted it is still open.
      lost_bytes_ = std::max(0.0, lost_bytes_ - bytes);
      continue;
    }
    bytes_ += bytes;
    if (!packet.arrived) lost_bytes_ += bytes;
    first = std::min(first, packet.sent);
    last = std::max(last, packet.sent);
  }
  if (!first.is_finite()) return false;
  if (!gathered_until_) gathered_until_ = first;
  const TimeDelta duration = last - *gathered_until_;
  if (duration < kObservation) return false;
  gathered_until_ = last;
  ring_[static_cast<size_t>(count_++) % kObservations] = {
      static_cast<float>(bytes_ / 1e3), static_cast<float>(lost_bytes_ / 1e3),
      static_cast<float>(bytes_ * 8 / (duration.seconds_f() * 1e3))};
  bytes_ = lost_bytes_ = 0;
  update_average();
  return true;
}

size_t LossBasedEstimator::observations() const { return std::min(static_cast<size_t>(count_), kObservations); }
const LossBasedEstimator::Observation& LossBasedEstimator::aged(size_t age) const {
  return ring_[(static_cast<size_t>(count_) - 1 - age) % kObservations];
}
double LossBasedEstimator::weight(size_t age) const { return kWeights[age]; }

// Without the observations of most and of least loss, so that one burst does not set it; but with them when the worst
// one was sent suddenly much faster, for then it tells the truth.
void LossBasedEstimator::update_average() {
  double bytes = 0, lost = 0;
  double worst = 0, best = 1, worst_rate = 0;
  double out_bytes_worst = 0, out_lost_worst = 0, out_bytes_best = 0, out_lost_best = 0;
  std::array<float, kObservations> rates{};
  const size_t n = observations();
  for (size_t age = 0; age < n; ++age) {
    const Observation& o = aged(age);
    const double w = weight(age);
    bytes += w * o.kilobytes;
    lost += w * o.lost_kilobytes;
    rates[age] = o.rate_kbps;
    const double share = o.kilobytes > 0 ? o.lost_kilobytes / o.kilobytes : 0;
    if (count_ <= 3) continue;
    if (share > worst) {
      worst = share;
      worst_rate = o.rate_kbps;
      out_bytes_worst = w * o.kilobytes;
      out_lost_worst = w * o.lost_kilobytes;
    }
    if (share < best) {
      best = share;
      out_bytes_best = w * o.kilobytes;
      out_lost_best = w * o.lost_kilobytes;
    }
  }
  any_lost_ = lost > 0;
  const auto middle = rates.begin() + static_cast<std::ptrdiff_t>(n / 2);
  std::nth_element(rates.begin(), middle, rates.begin() + static_cast<std::ptrdiff_t>(n));
  const double rest = bytes - out_bytes_worst - out_bytes_best;
  const bool sudden = *middle * kSuddenRate <= worst_rate;
  if (sudden || rest <= 0) {
    average_loss_ = bytes > 0 ? lost / bytes : 0;
  } else {
    average_loss_ = std::max(0.0, (lost - out_lost_worst - out_lost_best) / rest);
  }
}

double LossBasedEstimator::feasible_loss(const Channel& channel) const {
  const double upper = channel.kbps > 0 ? std::min(1.0, kMaxInherentLoss + kBalanceKbps / channel.kbps) : 1.0;
  return std::clamp(channel.inherent_loss, kMinInherentLoss, std::max(upper, kMinInherentLoss));
}

// One step towards the inherent loss that makes what was observed the likeliest.
void LossBasedEstimator::newton_step(Channel& channel) const {
  double first = 0, second = 0;
  const size_t n = observations();
  for (size_t age = 0; age < n; ++age) {
    const Observation& o = aged(age);
    const double p = loss_probability(channel.inherent_loss, channel.kbps, o.rate_kbps);
    const double lost = o.lost_kilobytes / p;
    const double arrived = (o.kilobytes - o.lost_kilobytes) / (1 - p);
    first += weight(age) * (lost - arrived);
    second -= weight(age) * (lost / p + arrived / (1 - p));
  }
  if (second < 0) channel.inherent_loss -= kNewtonStep * first / second;
  channel.inherent_loss = feasible_loss(channel);
}

// The logarithm of the likelihood, and what favours a higher bandwidth.
double LossBasedEstimator::objective(const Channel& channel) const {
  const double margin = kPreferenceEnds - average_loss_;
  const double preference = margin / (kPreferenceSmoothing + std::abs(margin)) *
                            (kPreferHigher * channel.kbps + kPreferHigherLog * std::log1p(channel.kbps));
  double sum = 0;
  const size_t n = observations();
  for (size_t age = 0; age < n; ++age) {
    const Observation& o = aged(age);
    const double p = loss_probability(channel.inherent_loss, channel.kbps, o.rate_kbps);
    const double likelihood = o.lost_kilobytes * std::log(p) + (o.kilobytes - o.lost_kilobytes) * std::log1p(-p);
    sum += weight(age) * (likelihood + preference * o.kilobytes);
  }
  return sum;
}

LossBasedEstimator::Channel LossBasedEstimator::best_candidate(std::optional<double> acknowledged_kbps,
                                                               double delay_kbps, bool application_limited) const {
  std::array<double, kCandidateFactors.size() + 2> rates{};
  size_t n = 0;
  for (double factor : kCandidateFactors) rates[n++] = best_.kbps * factor;
  const bool proving = rising_since_ && *rising_since_ + kRise >= *gathered_until_;
  if (acknowledged_kbps && (!application_limited || proving)) rates[n++] = *acknowledged_kbps;
  if (delay_kbps > best_.kbps) rates[n++] = delay_kbps;

  double ceiling = kbps(config_.max);
  if (state_ != LossState::kDelayBased && window_start_) ceiling = window_limit_kbps_;
  ceiling = std::max(best_.kbps, ceiling);

  Channel best = best_;
  double highest = 0;
  for (size_t i = 0; i < n; ++i) {
    Channel candidate{best_.inherent_loss, std::min(rates[i], ceiling)};
    candidate.inherent_loss = feasible_loss(candidate);
    newton_step(candidate);
    const double value = objective(candidate);
    if (i > 0 && value <= highest) continue;
    highest = value;
    best = candidate;
  }
  return best;
}

void LossBasedEstimator::limit_growth(Channel& best, std::optional<double> acknowledged_kbps) const {
  if (window_start_ && *window_start_ + kGrowthWindow > *gathered_until_)
    best.kbps = std::min(best.kbps, window_limit_kbps_);
  if (!acknowledged_kbps || !rises(best_.kbps, best.kbps)) return;
  const bool near_hold = hold_kbps_ > 0 && *acknowledged_kbps < kNearHold * hold_kbps_;
  const double limit = (near_hold ? kOverAcknowledgedNearHold : kOverAcknowledged) * *acknowledged_kbps;
  best.kbps = std::max(best_.kbps, std::min(best.kbps, limit));
  // Held by what is sent, it rises all the same, so that probes are tried.
  if (state_ == LossState::kDecreasing && best.kbps <= best_.kbps) best.kbps = best_.kbps + 1e-3;
}

void LossBasedEstimator::enter(double bounded_kbps, double delay_kbps) {
  const bool limited = bounded_kbps < delay_kbps && bounded_kbps < kbps(config_.max);
  if (!limited) {
    state_ = LossState::kDelayBased;
    hold_until_ = Timestamp::long_ago();
    hold_ = kFirstHold;
    hold_kbps_ = 0;
    rising_since_.reset();
    return;
  }
  const bool proving = state_ != LossState::kIncreasing || !rising_since_ ||
                       *rising_since_ + kRise >= *gathered_until_ || bounded_kbps > result_kbps_;
  if (rises(result_kbps_, bounded_kbps) && proving) {
    if (bounded_kbps > result_kbps_) rising_since_ = gathered_until_;
    state_ = LossState::kIncreasing;
    return;
  }
  if (state_ != LossState::kDecreasing) {
    hold_until_ = *gathered_until_ + hold_;
    hold_ = std::min(kMaxHold, hold_ * 2);
    hold_kbps_ = bounded_kbps;
  }
  rising_since_.reset();
  state_ = LossState::kDecreasing;
}

bool LossBasedEstimator::rises(double from_kbps, double to_kbps) const {
  if (state_ == LossState::kDelayBased) return false;
  return to_kbps > from_kbps || (to_kbps == from_kbps && state_ == LossState::kIncreasing);
}

double LossBasedEstimator::lower_bound_kbps(std::optional<double> acknowledged_kbps) const {
  return std::max(kbps(config_.min), acknowledged_kbps.value_or(0));
}

double LossBasedEstimator::upper_bound_kbps() const {
  if (average_loss_ <= kInstantLoss) return kbps(config_.max);
  return kBalanceKbps / (average_loss_ - kInstantLoss);
}

}  // namespace tutti::cc
