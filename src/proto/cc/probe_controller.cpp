#include "proto/cc/probe_controller.hpp"

#include <algorithm>

namespace tutti::cc {

void ProbeController::on_started(Timestamp now) {
  started_ = true;
  start(now);
}

void ProbeController::set_needed(Timestamp now, DataRate needed) {
  needed_ = needed;
  least_needed_ = std::min(least_needed_, needed);
  const bool more = needed > least_needed_ * kMore;
  if (more) least_needed_ = needed;
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
                                  std::optional<ProbeResult> probed, ProbeRoom room) {
  heard_ = true;
  room_ = room;
  if (estimate < estimate_ * kDrop) {
    dropped_ = now;
    before_drop_ = estimate_;
  }
  estimate_ = estimate;
  capacity_ = capacity;
  if (room == ProbeRoom::kNone) clear();
  const bool passed = probed && probed->id == last_id_ && probed->rate > further_above_;
  if (state_ == State::kWaiting && passed && room != ProbeRoom::kNone && is_worth()) {
    if (kind_ == Kind::kAbove) {
      probe(now, known() * kFurther, true, Kind::kTwice);
    } else {
      probe(now, estimate * kFurther, true);
    }
  }
  if (recovers_ && room != ProbeRoom::kNone) on_recovered(now);
  handle_deadline(now);
}

void ProbeController::on_recovered(Timestamp now) {
  // What the overuse has left may stand for a while yet.
  recovers_ = room_ == ProbeRoom::kNone;
  const bool was_limited = limited_ || now - limited_ended_ < kLimitedKept;
  const DataRate rate = before_drop_ * kAfterDrop;
  if (recovers_ || !was_limited || state_ != State::kComplete || !is_worth() || rate * 0.95 <= estimate_ ||
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
    probe_periodically(now);
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

void ProbeController::probe_periodically(Timestamp now) {
  if (limited_) return probe(now, estimate_ * kPeriodic, true);
  probe(now, known() * kAtCapacity, true, Kind::kAbove);
}

std::optional<DataRate> ProbeController::believed(const ProbeResult& result) const {
  const bool passed = result.rate > further_above_;
  if (kind_ == Kind::kFree || (kind_ == Kind::kTwice && passed && result.id == last_id_)) return result.rate;
  const bool further = kind_ == Kind::kTwice && result.id == last_id_;
  const DataRate rate = std::min(result.rate, known() * (further ? kOfFurther : kOfCapacity));
  if (rate <= estimate_) return std::nullopt;
  return rate;
}

void ProbeController::start(Timestamp now) {
  if (state_ != State::kInit || !started_ || !is_worth()) return;
  probe(now, config_.start * kFirstStart, true);
  if (state_ == State::kWaiting) probe(now, config_.start * kSecondStart, true);
}

void ProbeController::probe(Timestamp now, DataRate rate, bool further, Kind kind) {
  DataRate limit = highest();
  if (room_ == ProbeRoom::kLossRising) limit = std::min(limit, estimate_ * kLossRising);
  if (rate >= limit) {
    rate = limit;
    further = false;
  }
  requested_ = false;
  kind_ = kind;
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
