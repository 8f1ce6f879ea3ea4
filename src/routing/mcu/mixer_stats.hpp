// What a room's statistics say of each of its two mixers: how well it keeps its schedule.
#pragma once

#include <string>
#include <vector>

#include "routing/mcu/schedule.hpp"
#include "tutti/room/description.hpp"

namespace tutti::routing {

// For the caller to complete. Valid until `out` changes.
inline room::StatsEntry& add_mixer_entry(MediaKind kind, const Schedule& schedule, size_t sources,
                                         std::vector<room::StatsEntry>& out) {
  room::StatsEntry& e = out.emplace_back();
  e.type = room::StatsEntry::Type::kMixer;
  e.kind = kind;
  e.id = "X-" + std::string(to_string(kind));
  e.ticks = schedule.steps();
  e.late_ticks = schedule.late_steps();
  e.skipped_frames = schedule.skipped();
  e.max_lateness_s = schedule.max_lateness().seconds_f();
  e.sources = sources;
  return e;
}

}  // namespace tutti::routing
