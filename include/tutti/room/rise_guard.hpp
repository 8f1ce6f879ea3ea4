// RiseGuard: when a slot that lost a layer for lack of bandwidth may try again: after a while, and after three times as
// long each time that it did not last for thirty seconds, up to a longest, so that a path at the edge of a layer costs
// a switch now and then instead of one every few seconds. By default of the size of a picture; what is seen less may be
// tried again sooner. Owned by a Subscription; value.
#pragma once

#include <algorithm>

#include "tutti/base/units.hpp"

namespace tutti::room {

class RiseGuard {
 public:
  static constexpr TimeDelta kLasting = TimeDelta::seconds(30);
  static constexpr TimeDelta kSoonest = TimeDelta::seconds(3);

  RiseGuard() = default;
  RiseGuard(TimeDelta shortest, TimeDelta longest) : shortest_(shortest), longest_(longest) {}

  void on_fall(Timestamp now) {
    const bool rose_since = risen_ > fallen_;
    const bool in_vain = fallen_ != Timestamp::long_ago() && rose_since && now - risen_ < kLasting;
    // Steps down one after the other are one fall.
    const bool goes_on = !rose_since && now < not_before_;
    if (!goes_on) wait_ = in_vain ? std::min(wait_ * 3, longest_) : shortest_;
    fallen_ = now;
    not_before_ = now + wait_;
  }
  void on_rise(Timestamp now) { risen_ = now; }
  bool may_rise(Timestamp now) const { return now >= not_before_; }
  // Where there is plenty: what fell for a spike, or for a link that is restored, is back sooner.
  bool may_leap(Timestamp now) const { return now - fallen_ >= std::min(wait_ / 3, kSoonest); }
  // When it will be allowed.
  Timestamp not_before() const { return not_before_; }

 private:
  TimeDelta shortest_ = TimeDelta::seconds(5), longest_ = TimeDelta::seconds(60);
  TimeDelta wait_ = shortest_;
  Timestamp risen_ = Timestamp::long_ago(), fallen_ = Timestamp::long_ago(), not_before_ = Timestamp::long_ago();
};

}  // namespace tutti::room
