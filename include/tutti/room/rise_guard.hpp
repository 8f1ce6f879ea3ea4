// RiseGuard: when a slot that lost a layer for lack of bandwidth may try again. After a smaller picture in five
// seconds, and in three times as long each time that it did not last for thirty, up to sixty, so that a path at the
// edge of a layer costs a switch now and then instead of one every few seconds; after a lower frame rate, which is seen
// less, in two to six. Owned by a Subscription; value.
#pragma once

#include <algorithm>

#include "tutti/base/units.hpp"

namespace tutti::room {

class RiseGuard {
 public:
  enum class Loss : uint8_t { kSize, kFrameRate };
  static constexpr TimeDelta kLasting = TimeDelta::seconds(30);
  static constexpr TimeDelta shortest(Loss loss) { return TimeDelta::seconds(loss == Loss::kSize ? 5 : 2); }
  static constexpr TimeDelta longest(Loss loss) { return TimeDelta::seconds(loss == Loss::kSize ? 60 : 6); }

  void on_fall(Timestamp now, Loss loss = Loss::kSize) {
    const bool rose_since = risen_ > fallen_;
    const bool in_vain = fallen_ != Timestamp::long_ago() && rose_since && now - risen_ < kLasting;
    // Steps down one after the other are one fall.
    const bool goes_on = !rose_since && now < not_before_;
    if (!goes_on) wait_ = in_vain ? wait_ * 3 : shortest(loss);
    wait_ = std::clamp(wait_, shortest(loss), longest(loss));
    fallen_ = now;
    not_before_ = std::max(not_before_, now + wait_);
  }
  void on_rise(Timestamp now) { risen_ = now; }
  bool may_rise(Timestamp now) const { return now >= not_before_; }
  // When it will be allowed.
  Timestamp not_before() const { return not_before_; }

 private:
  TimeDelta wait_;
  Timestamp risen_ = Timestamp::long_ago(), fallen_ = Timestamp::long_ago(), not_before_ = Timestamp::long_ago();
};

}  // namespace tutti::room
