// The decision of the jitter buffer: how much delay there should be at this pull, and what to do about the difference.
// Pure functions of a few times; README.md derives them.
#pragma once

#include "tutti/base/units.hpp"

namespace tutti::jitter {

// What is known of one pull. All delays are against the fastest arrival line.
struct PlayoutSituation {
  TimeDelta delay;  // of the first sample that the pull plays, less by how much pulls are longer than the period
  TimeDelta
      slack;  // by how much the last packet that a pull needs could have been late: the delay less the misalignment
  TimeDelta
      period;  // slack changes in steps of it: what pull and packet have in common, in the end the shorter of the two
  TimeDelta target;  // what the slack should be, TargetDelay
  TimeDelta floor;   // of the target
};

struct PlayoutChange {
  enum class Kind : uint8_t { kNone, kExpand, kAccelerate };
  Kind kind = Kind::kNone;
  TimeDelta amount = TimeDelta::zero();
  TimeDelta tolerance = TimeDelta::zero();  // so much more is better than nothing
  bool only_if_quiet = false;               // not worth being heard
  bool urgent = false;                      // now, not when some time has passed since the last change
};

// The least delay that leaves enough slack, and at which a drifting clock does not move it by more than half a period:
// where playing begins.
TimeDelta wanted_delay(const PlayoutSituation& at);
PlayoutChange decide(const PlayoutSituation& at);

// The slack that is worked with. A little under the target nothing is done yet.
TimeDelta least_slack(TimeDelta target);

}  // namespace tutti::jitter
