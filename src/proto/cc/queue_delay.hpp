// QueueDelay: how long even the luckiest packet of the last feedback waited in the path's queue: its delay above the
// least in the last half minute or so. A queue that empties now and then is none, however much the delay swings. Owned
// by a DelayBasedEstimator.
#pragma once

#include <algorithm>

#include "tutti/base/units.hpp"

namespace tutti::cc {

class QueueDelay {
 public:
  // The least delay is that of this window and the one before. Clocks that drift apart by 100 ppm make 6 ms in two.
  static constexpr TimeDelta kWindow = TimeDelta::seconds(30);

  // A packet that arrived, on the receiver's clock; then, once for each feedback, `end_feedback`.
  void on_packet(Timestamp sent, Timestamp arrived) { least_ = std::min(least_, arrived - sent); }
  void end_feedback(Timestamp now) {
    if (!least_.is_finite()) return;
    if (now - window_start_ >= kWindow) {
      previous_ = now - window_start_ < kWindow * 2 ? current_ : TimeDelta::infinite();
      current_ = TimeDelta::infinite();
      window_start_ = now;
    }
    current_ = std::min(current_, least_);
    standing_ = least_ - std::min(current_, previous_);
    least_ = TimeDelta::infinite();
  }
  TimeDelta standing() const { return standing_; }

 private:
  TimeDelta least_ = TimeDelta::infinite();
  TimeDelta current_ = TimeDelta::infinite(), previous_ = TimeDelta::infinite();
  Timestamp window_start_ = Timestamp::long_ago();
  TimeDelta standing_;
};

}  // namespace tutti::cc
