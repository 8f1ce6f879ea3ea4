// RiseGuard: when a slot that lost a layer for lack of bandwidth may try again: after five seconds, and after twice as
// long each time that it did not last for thirty, up to forty, so that a path at the edge of a layer costs a switch now
// and then instead of one every few seconds. Owned by a Subscription; value.
#pragma once

#include <algorithm>

#include "tutti/base/units.hpp"

namespace tutti::room {

class RiseGuard {
 public:
  static constexpr TimeDelta kWait = TimeDelta::seconds(5), kLongestWait = TimeDelta::seconds(40),
                             kLasting = TimeDelta::seconds(30);

  void on_fall(Timestamp now) {
    // Steps down one after the other are one fall.
    if (now < not_before_ && risen_ < fallen_) {
      fallen_ = now;
      not_before_ = now + wait_;
      return;
    }
    const bool in_vain = fallen_ != Timestamp::long_ago() && risen_ > fallen_ && now - risen_ < kLasting;
    wait_ = in_vain ? std::min(wait_ * 2, kLongestWait) : kWait;
    fallen_ = now;
    not_before_ = now + wait_;
  }
  void on_rise(Timestamp now) { risen_ = now; }
  bool may_rise(Timestamp now) const { return now >= not_before_; }
  // When it will be allowed.
  Timestamp not_before() const { return not_before_; }

 private:
  TimeDelta wait_ = kWait;
  Timestamp risen_ = Timestamp::long_ago(), fallen_ = Timestamp::long_ago(), not_before_ = Timestamp::long_ago();
};

}  // namespace tutti::room
