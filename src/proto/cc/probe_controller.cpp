#include "proto/cc/probe_controller.hpp"

#include <algorithm>

namespace tutti::cc {

void ProbeController::on_started(Timestamp now) {
  started_ = true;
  start(now);
}

void ProbeController::set_needed(Timestamp now, DataRate needed) {
  const bool more = needed > needed_;
  needed_ = needed;
  if (state_ == State::kInit) return start(now);
  if (!is_worth()) {
    requested_ = false;
    return clear();
  }
  if (more && needed > estimate_) requested_ = true;
  handle_deadline(now);
}

void ProbeController::set_limited(Timestamp now, bool application_limited) {
  if (limited_ && !application_limited) limited_ended_ = now;
  limited_ = application_limited;
}

void ProbeController::on_estimate(Timestamp now, DataRate estimate, std::optional<DataRate> capacity,
                                  std::optional<DataRate> probed, ProbeRoom room) {
  heard_ = true;
  room_ = room;
  if (estimate < estimate_ * kDrop) {
    dropped_ = now;
    before_drop_ = estimate_;
  }
  estimate_ = estimate;
  capacity_ = capacity;
  if (room == ProbeRoom::kNone) clear();
  if (state_ == State::kWaiting && probed && std::min(*probed, estimate) > further_above_ && room != ProbeRoom::kNone &&
      is_worth()) {
    probe(now, estimate * kFurther, true);
  }
  handle_deadline(now);
}

void ProbeController::on_recovered(Timestamp now) {
  const bool was_limited = limited_ || now - limited_ended_ < kLimitedKept;
  const DataRate rate = before_drop_ * kAfterDrop;
  if (!was_limited || state_ != State::kComplete || !is_worth() || rate * 0.95 <= estimate_ ||
      now - dropped_ >= kDropKept || now - drop_probed_ <= kInterval) {
    return;
  }
  // What fell while little was sent may have fallen for a spike. Had it been real, this shows it.
  drop_probed_ = now;
  probe(now, rate, false);
}

void ProbeController::handle_deadline(Timestamp now) {
  if (state_ == State::kWaiting && now - probed_ >= kMaxWait) state_ = State::kComplete;
  if (state_ != State::kComplete || !heard_ || room_ == ProbeRoom::kNone || !is_worth()) return;
  if (requested_ && now - probed_ >= kMinInterval) {
    probe(now, std::min(std::max(needed_, estimate_), estimate_ * kPeriodic), true);
  } else if (now - probed_ >= kInterval) {
    probe(now, periodic(), true);
  }
}

Timestamp ProbeController::next_deadline() const {
  if (!started_ || !heard_ || state_ == State::kInit || !is_worth() || room_ == ProbeRoom::kNone)
    return Timestamp::never();
  return probed_ + (state_ == State::kWaiting || requested_ ? kMinInterval : kInterval);
}

std::optional<ProbeCluster> ProbeController::take(Timestamp now) {
  if (pending_count_ > 0 && now - probed_ > kStale) clear();
  if (pending_count_ == 0) return std::nullopt;
  const ProbeCluster cluster = pending_[0];
  pending_[0] = pending_[1];
  --pending_count_;
  return cluster;
}

bool ProbeController::is_worth() const { return estimate_ < std::min(needed_ * kEnough, config_.max); }

DataRate ProbeController::highest() const { return std::min(needed_ * kMaxOverNeeded, config_.max); }

// A link that is full shows its rate to any probe above it; with others on it a higher one would take from their share.
DataRate ProbeController::periodic() const {
  const DataRate twice = estimate_ * kPeriodic;
  return limited_ || !capacity_ ? twice : std::min(twice, std::max(estimate_, *capacity_) * kAtCapacity);
}

void ProbeController::start(Timestamp now) {
  if (state_ != State::kInit || !started_ || !is_worth()) return;
  probe(now, config_.start * kFirstStart, true);
  if (state_ == State::kWaiting) probe(now, config_.start * kSecondStart, true);
}

void ProbeController::probe(Timestamp now, DataRate rate, bool further) {
  DataRate limit = highest();
  if (room_ == ProbeRoom::kLossRising) limit = std::min(limit, estimate_ * kLossRising);
  if (rate >= limit) {
    rate = limit;
    further = false;
  }
  requested_ = false;
  probed_ = now;
  state_ = further ? State::kWaiting : State::kComplete;
  further_above_ = rate * kFurtherThreshold;
  if (pending_count_ == pending_.size()) return;
  if (++last_id_ == 0) last_id_ = 1;
  ProbeCluster cluster;
  cluster.id = last_id_;
  cluster.rate = rate;
  cluster.min_duration = !heard_ ? kAtStart : limited_ ? kOverFrame : kOverFrames;
  pending_[pending_count_++] = cluster;
}

}  // namespace tutti::cc
