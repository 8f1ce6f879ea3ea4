// RungLimit: up to which rung of a composed picture the path to one watcher carries, as its estimate moves. Down at once; up only with a
// margin and when its RiseGuard allows, because each step costs all watchers of the rung a keyframe. Value.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "tutti/base/units.hpp"
#include "tutti/room/rise_guard.hpp"

namespace tutti::routing {

class RungLimit {
 public:
  // Of the budget over what a higher rung costs: more than a forwarded picture needs, whose steps are its own.
  static constexpr double kMargin = 1.2;

  // The highest rung that may be watched, counted from the lowest.
  uint8_t top() const { return top_; }

  // `rates`: what the rungs cost, lowest first. True if the limit has moved. The lowest rung is never taken away.
  bool update(Timestamp now, DataRate budget, std::span<const DataRate> rates) {
    const uint8_t before = std::min(top_, static_cast<uint8_t>(rates.size() - 1));
    uint8_t carried = 0;
    for (size_t i = 1; i < rates.size(); ++i) {
      const double margin = i > before ? kMargin : 1;
      if (static_cast<double>(rates[i].bps()) * margin <= static_cast<double>(budget.bps())) carried = static_cast<uint8_t>(i);
    }
    if (carried > before && !guard_.may_rise(now)) carried = before;
    if (carried < before) guard_.on_fall(now);
    if (carried > before) guard_.on_rise(now);
    top_ = carried;
    return carried != before;
  }

 private:
  uint8_t top_ = UINT8_MAX;
  room::RiseGuard guard_;
};

}  // namespace tutti::routing
