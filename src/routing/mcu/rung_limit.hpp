// RungLimit: up to which rung of a composed picture the path to one watcher carries, as its estimate moves. Down at once; up only with a
// margin, and a while after the last step down, which grows while steps up do not last: each step costs all watchers of the rung a
// keyframe. Value.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "tutti/base/units.hpp"

namespace tutti::routing {

class RungLimit {
 public:
  static constexpr TimeDelta kFirstWait = TimeDelta::seconds(4), kLongestWait = TimeDelta::seconds(60);
  // A step up that is taken back within this did not last.
  static constexpr TimeDelta kLasts = TimeDelta::seconds(10);
  static constexpr int64_t kMarginPercent = 20;

  // The highest rung that may be watched, counted from the lowest.
  uint8_t top() const { return top_; }

  // `rates`: what the rungs cost, lowest first. True if the limit has moved. The lowest rung is never taken away.
  bool update(Timestamp now, DataRate budget, std::span<const DataRate> rates) {
    const uint8_t before = std::min(top_, static_cast<uint8_t>(rates.size() - 1));
    uint8_t carried = 0;
    for (uint8_t i = 1; i < rates.size(); ++i) {
      const int64_t margin = i > before ? kMarginPercent : 0;
      if (rates[i].bps() * (100 + margin) / 100 <= budget.bps()) carried = i;
    }
    if (carried < before) {
      wait_ = now - went_up_at_ < kLasts ? std::min(wait_ * 2, kLongestWait) : kFirstWait;
      went_down_at_ = now;
    } else if (carried > before) {
      if (now - went_down_at_ < wait_) return false;
      went_up_at_ = now;
    }
    top_ = carried;
    return carried != before;
  }

 private:
  uint8_t top_ = UINT8_MAX;
  Timestamp went_down_at_ = Timestamp::long_ago(), went_up_at_ = Timestamp::long_ago();
  TimeDelta wait_ = kFirstWait;
};

}  // namespace tutti::routing
