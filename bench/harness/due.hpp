// What a slot was due, whatever came: sequence numbers tell of holes, but not of a stream that has ended, nor of a mix
// that was never made. Pure.
#pragma once

#include <algorithm>
#include <cstdint>

#include "tutti/base/units.hpp"

namespace tutti::bench {

constexpr double kMixesPerSecond = 50;
// A stream may be silent for so long: audio with DTX for 400 ms.
constexpr TimeDelta kLongestPause = TimeDelta::millis(500);
// At each edge of a measurement one mix may be on either side of it.
constexpr double kMixesAtEdges = 2;

// Packets that a stream of this rate, whose last one came at `last`, owes of the time from `from` to `end`.
inline double owed_packets(double packets_per_s, Timestamp last, Timestamp from, Timestamp end) {
  if (end - last <= kLongestPause) return 0;
  return std::max(0.0, (end - std::max(last, from)).seconds_f() * packets_per_s);
}

// Mixes that one slot must have got in a measurement in which it was there for so long.
inline double due_mixes(TimeDelta there) { return std::max(0.0, there.seconds_f() * kMixesPerSecond - kMixesAtEdges); }

}  // namespace tutti::bench
