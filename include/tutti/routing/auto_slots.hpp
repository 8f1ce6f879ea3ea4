// Which tracks stand in the `auto` slots of one participant: the loudest others in its audio slots, a shared screen and then
// the most recent speakers in its video slots. Stable: what is shown stays where it is while it deserves a slot. A pure
// function, run for every participant whenever somebody comes, goes or begins to speak.
#pragma once

#include <cstdint>
#include <vector>

#include "tutti/base/ids.hpp"
#include "tutti/base/units.hpp"

namespace tutti::routing {

struct AutoCandidate {
  uint64_t track = 0;
  uint64_t publisher = 0;
  bool screen = false;
  double loudness = 0;      // now; 0 for who is silent
  Timestamp last_spoke = Timestamp::long_ago();
};

struct AutoSlot {
  uint64_t shows = 0;  // track, 0 for none: before the call and, changed in place, after it
  uint32_t pair = 0;   // audio and video slots of one pair are played in lip-sync
};

// `candidates` in order of arrival, of one kind, without the participant's own and without those that stand in other slots.
// `companion` tells, for a publisher, in which pair its track of the other kind is shown (kNoPair if in none).
constexpr uint32_t kNoPair = UINT32_MAX;
struct Companion {
  uint64_t publisher = 0;
  uint32_t pair = kNoPair;
};
void fill_auto_slots(MediaKind kind, const std::vector<AutoCandidate>& candidates, const std::vector<Companion>& companions,
                     std::vector<AutoSlot>& slots);

}  // namespace tutti::routing
