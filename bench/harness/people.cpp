#include "harness/people.hpp"

#include <algorithm>
#include <map>

namespace tutti::bench {
namespace {

// What the server mixes and shows unless it is told otherwise (config/default.yaml, mixing).
constexpr size_t kHeard = 3, kShown = 9;
constexpr double kMixWidth = 1280, kMixHeight = 720, kMixFps = 30;

// Tracks are called by their m-line's number, because that is what a server calls those of an offer.
std::vector<PlannedTrack> tracks_of(const Role& role, uint32_t person, ProgramLibrary& programs) {
  std::vector<PlannedTrack> tracks;
  if (role.audio) {
    tracks.push_back({"0", MediaKind::kAudio, {{{}, &programs.audio(*role.audio, person)}}});
  }
  if (role.video) {
    PlannedTrack track{std::to_string(tracks.size()), MediaKind::kVideo, {}};
    for (const VideoLayer& layer : role.video->layers) {
      track.layers.push_back({layer.rid, &programs.video(*role.video, layer, person)});
    }
    tracks.push_back(std::move(track));
  }
  return tracks;
}

const PlannedTrack* track_of(const PersonPlan& person, MediaKind kind) {
  for (const PlannedTrack& track : person.tracks) {
    if (track.kind == kind) return &track;
  }
  return nullptr;
}

// Slots of one kind for one person of a room. Members of a role are taken in turn, beginning behind the receiver, so
// that not everybody watches the same ones.
void add_slots(const std::vector<SlotSource>& sources, MediaKind kind, const std::vector<PersonPlan>& room,
               PersonPlan& person) {
  std::map<std::string, size_t> taken;
  for (const SlotSource& source : sources) {
    PlannedSlot slot{kind, source, 0};
    if (source != "auto" && source != "mix") {
      std::vector<const PersonPlan*> members;
      for (const PersonPlan& other : room) {
        if (other.role->name == source && other.id != person.id && track_of(other, kind) != nullptr)
          members.push_back(&other);
      }
      if (members.empty()) continue;
      const size_t behind = static_cast<size_t>(std::count_if(
          members.begin(), members.end(), [&](const PersonPlan* m) { return m->number < person.number; }));
      const PersonPlan& shown = *members[(behind + taken[source]++) % members.size()];
      const PlannedTrack& track = *track_of(shown, kind);
      slot.track = shown.id + "/" + track.id;
      slot.packets_per_s = track.layers.front().program->packets_per_s();
      for (const PlannedLayer& layer : track.layers) {
        slot.packets_per_s = std::min(slot.packets_per_s, layer.program->packets_per_s());
      }
    }
    person.slots.push_back(std::move(slot));
  }
}

}  // namespace

std::string room_name(uint32_t room) { return "room" + std::to_string(room); }

std::vector<PersonPlan> plan_people(const Scenario& scenario, ProgramLibrary& programs) {
  std::vector<PersonPlan> all;
  uint32_t number = 0;
  for (uint32_t r = 0; r < scenario.rooms; ++r) {
    std::vector<PersonPlan> room;
    for (const bool publishing : {true, false}) {
      for (const Role& role : scenario.roles) {
        if ((role.audio || role.video) != publishing) continue;
        for (uint32_t i = 0; i < role.people; ++i) {
          PersonPlan person;
          person.number = number++;
          person.room = room_name(r);
          person.id = role.name + std::to_string(i);
          person.role = &role;
          person.tracks = tracks_of(role, i, programs);
          room.push_back(std::move(person));
        }
      }
    }
    for (PersonPlan& person : room) {
      add_slots(person.role->hears, MediaKind::kAudio, room, person);
      add_slots(person.role->watches, MediaKind::kVideo, room, person);
    }
    std::move(room.begin(), room.end(), std::back_inserter(all));
  }
  return all;
}

void count_work(const Scenario& scenario, const std::vector<PersonPlan>& people, Step& step) {
  step.participants = people.size();
  step.rooms = scenario.rooms;
  for (const PersonPlan& person : people) {
    step.tracks += person.tracks.size();
    for (const PlannedTrack& track : person.tracks) step.streams_in += track.layers.size();
    step.streams_out += person.slots.size();
  }
  // Of one room, all being alike.
  size_t heard = 0, hears_mix = 0, watches_mix = 0;
  std::vector<double> pictures;  // million pixels a second of each camera
  for (const Role& role : scenario.roles) {
    const auto takes_mix = [](const std::vector<SlotSource>& slots) {
      return std::count(slots.begin(), slots.end(), "mix") > 0;
    };
    if (takes_mix(role.hears)) hears_mix += role.people;
    if (takes_mix(role.watches)) watches_mix += role.people;
    if (role.audio && role.audio->speech) heard += role.people;
    if (role.video) {
      const VideoLayer& largest = role.video->layers.back();
      pictures.insert(pictures.end(), role.people, 1e-6 * largest.width * largest.height * role.video->fps);
    }
  }
  const double rooms = scenario.rooms;
  heard = std::min(heard, kHeard);
  if (hears_mix > 0) step.audio_mixes = rooms * static_cast<double>(heard + (hears_mix > heard ? 1 : 0));
  if (watches_mix > 0) {
    for (size_t i = 0; i < std::min(pictures.size(), kShown); ++i) step.decoded_mpix_per_s += rooms * pictures[i];
    step.composed_mpix_per_s = step.encoded_mpix_per_s = rooms * 1e-6 * kMixWidth * kMixHeight * kMixFps;
  }
}

}  // namespace tutti::bench
