// The people of a scenario one by one: who publishes what under which names, and whom each slot shows. And what the
// server has to do for them, counted, for the cost model. Pure.
#pragma once

#include <string>
#include <vector>

#include "harness/program.hpp"
#include "harness/result.hpp"
#include "harness/scenario.hpp"

namespace tutti::bench {

struct PlannedLayer {
  std::string rid;
  const Program* program = nullptr;
};
struct PlannedTrack {
  std::string id;
  MediaKind kind = MediaKind::kVideo;
  std::vector<PlannedLayer> layers;
};
struct PlannedSlot {
  MediaKind kind = MediaKind::kVideo;
  std::string track;         // "auto", "mix", or "participant/track"
  double packets_per_s = 0;  // of the track named there, in its smallest layer
};
struct PersonPlan {
  uint32_t number = 0;  // of all rooms
  std::string room, id;
  const Role* role = nullptr;
  std::vector<PlannedTrack> tracks;
  std::vector<PlannedSlot> slots;
};

std::string room_name(uint32_t room);
// Room by room, publishers first. Borrows the scenario's roles.
std::vector<PersonPlan> plan_people(const Scenario& scenario, ProgramLibrary& programs);

// Fills in participants, streams, tracks, rooms, and the mixing that rooms of mode mcu need: one encode for each voice
// in the mix and one for all others, each picture that a mix shows decoded once, composed and encoded once.
void count_work(const Scenario& scenario, const std::vector<PersonPlan>& people, Step& step);

}  // namespace tutti::bench
