// Schedule: a grid of equal steps that is kept whatever the timers do. A late step is still its own step; only after a stall of many does
// it skip. Value.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "tutti/base/units.hpp"

namespace tutti::routing {

class Schedule {
 public:
  explicit Schedule(TimeDelta step) : step_(step) {}
  TimeDelta step() const { return step_; }
  bool is_running() const { return next_ != Timestamp::never(); }
  void start(Timestamp now) { next_ = now + step_; }
  void stop() { next_ = Timestamp::never(); }
  Timestamp next() const { return next_; }

  struct Step {
    Timestamp time;      // when it was to be
    int64_t number = 0;  // counts steps, those skipped too
    bool late = false;   // kLate or more
  };
  // The next step if it is due.
  std::optional<Step> take(Timestamp now) {
    if (next_ > now) return std::nullopt;
    const TimeDelta late = now - next_;
    max_lateness_ = std::max(max_lateness_, late);
    if (late >= kLate) ++late_steps_;
    if (late > step_ * kMostInArrears) {
      const int64_t missed = late.us() / step_.us();
      number_ += missed;
      skipped_ += static_cast<uint64_t>(missed);
      next_ = next_ + step_ * missed;
    }
    const Step step{next_, number_++, late >= kLate};
    next_ = next_ + step_;
    ++steps_;
    return step;
  }

  uint64_t steps() const { return steps_; }
  uint64_t late_steps() const { return late_steps_; }  // by kLate or more
  uint64_t skipped() const { return skipped_; }
  TimeDelta max_lateness() const { return max_lateness_; }

 private:
  static constexpr TimeDelta kLate = TimeDelta::millis(20);
  static constexpr int64_t kMostInArrears = 10;

  TimeDelta step_;
  Timestamp next_ = Timestamp::never();
  int64_t number_ = 0;
  uint64_t steps_ = 0, late_steps_ = 0, skipped_ = 0;
  TimeDelta max_lateness_;
};

}  // namespace tutti::routing
