#include "proto/cc/inter_arrival.hpp"

#include <algorithm>

namespace tutti::cc {

std::optional<InterArrival::Deltas> InterArrival::on_packet(Timestamp now, Timestamp sent, Timestamp arrived) {
  if (!current_) {
    current_ = Group{sent, sent, arrived, arrived, now};
    return std::nullopt;
  }
  if (sent < current_->first_sent) return std::nullopt;  // told of late: its group is over
  if (!opens_group(*current_, sent, arrived)) {
    current_->last_sent = std::max(current_->last_sent, sent);
    current_->last_arrived = arrived;
    current_->told = now;
    return std::nullopt;
  }

  std::optional<Deltas> deltas;
  if (previous_) {
    deltas = {current_->last_sent - previous_->last_sent, current_->last_arrived - previous_->last_arrived};
    const bool jumped = deltas->arrived - (current_->told - previous_->told) >= kClockJump;
    const bool reordered = deltas->arrived < TimeDelta::zero();
    reordered_ = reordered ? reordered_ + 1 : 0;
    if (jumped || reordered_ >= kMaxReordered) {
      *this = {};
      current_ = Group{sent, sent, arrived, arrived, now};
      return std::nullopt;
    }
    if (reordered) deltas.reset();
  }
  // A reordered group does not become the one to compare with: the next would seem to have been held up.
  if (!previous_ || deltas) previous_ = current_;
  current_ = Group{sent, sent, arrived, arrived, now};
  return deltas;
}

bool InterArrival::opens_group(const Group& group, Timestamp sent, Timestamp arrived) {
  const TimeDelta sent_gap = sent - group.last_sent;
  const TimeDelta arrived_gap = arrived - group.last_arrived;
  if (sent_gap == TimeDelta::zero()) return false;
  const bool caught_up =
      arrived_gap < sent_gap && arrived_gap <= kBurstGap && arrived - group.first_arrived < kMaxBurst;
  return !caught_up && sent - group.first_sent > kGroupLength;
}

}  // namespace tutti::cc
