#include "media/jitter/playout_control.hpp"

#include <algorithm>

#include "media/jitter/target_delay.hpp"

namespace tutti::jitter {
namespace {

constexpr TimeDelta kMuchTooLate = TimeDelta::millis(40);
constexpr TimeDelta kTolerance = TimeDelta::micros(500);
// Pitch periods are as long as they are. Where there is little delay, a little too much is no harm.
constexpr TimeDelta kMayExpandMore = TimeDelta::millis(5);
constexpr TimeDelta kWorthInQuiet = TimeDelta::millis(2);

// While the target is high it also wavers, and must not be followed both ways.
TimeDelta hysteresis(const PlayoutSituation& at) { return kTolerance + (at.target - at.floor) / 5; }

// A little over half a period: with it the delay of a stream whose phase drifts through a whole period stays within
// half of one.
TimeDelta least_delay(const PlayoutSituation& at) { return least_slack(at.target) + at.period * 23 / 40; }

// The least slack that is enough. One that is higher by less than a period and `tolerated` is left as it is.
TimeDelta wanted_slack(const PlayoutSituation& at, TimeDelta tolerated) {
  const int64_t low = least_slack(at.target).us(), high = low + at.period.us() + tolerated.us();
  const int64_t slack = at.slack.us(), period = at.period.us();
  if (slack < low) return TimeDelta::micros(slack + (low - slack + period - 1) / period * period);
  if (slack >= high) return TimeDelta::micros(slack - (slack - low) / period * period);
  return at.slack;
}

}  // namespace

TimeDelta least_slack(TimeDelta target) { return target - TargetDelay::kMargin; }

TimeDelta wanted_delay(const PlayoutSituation& at) {
  return std::max(wanted_slack(at, TimeDelta::zero()), least_delay(at));
}

PlayoutChange decide(const PlayoutSituation& at) {
  using Kind = PlayoutChange::Kind;
  const TimeDelta wanted = std::max(wanted_slack(at, hysteresis(at)), least_delay(at));
  if (const TimeDelta lacking = least_slack(at.target) - at.slack; lacking > TimeDelta::zero())
    return {.kind = Kind::kExpand, .amount = wanted - at.delay, .tolerance = lacking * 3, .urgent = true};
  if (at.delay < least_delay(at) - kTolerance / 2)
    return {.kind = Kind::kExpand, .amount = wanted - at.delay, .tolerance = kMayExpandMore};
  const TimeDelta highest = least_slack(at.target) + at.period + hysteresis(at);
  if (at.delay >= highest)
    return {.kind = Kind::kAccelerate, .amount = at.delay - wanted, .urgent = at.delay - highest > kMuchTooLate};
  if (at.delay - wanted > kWorthInQuiet)
    return {.kind = Kind::kAccelerate, .amount = at.delay - wanted, .only_if_quiet = true};
  return {};
}

}  // namespace tutti::jitter
