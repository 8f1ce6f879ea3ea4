#include "harness/people.hpp"

#include <catch2/catch.hpp>
#include <set>

namespace tutti::bench {
namespace {

struct Planned {
  explicit Planned(Scenario s) : scenario(std::move(s)), people(plan_people(scenario, programs)) {}
  Scenario scenario;
  Pattern pattern{1};
  ProgramLibrary programs{pattern};
  std::vector<PersonPlan> people;
};

Scenario parsed(const std::string& text) { return parse_scenario(text, "s.yaml").value(); }

TEST_CASE("everybody of a room is there, publishers first, and the rooms are alike", "[bench][people]") {
  const Planned planned(parsed(R"(# A lecture.
rooms: 2
roles:
  viewer: {watches: [camera], hears: [camera]}
  camera: {audio: {fixed_bytes: 80}, video: {}}
scale: viewer
load: 3
)"));
  REQUIRE(planned.people.size() == 8);
  CHECK(planned.people[0].role->name == "camera");
  CHECK(planned.people[0].tracks.size() == 2);
  CHECK(planned.people[0].slots.empty());
  CHECK(planned.people[4].room == "room1");
  std::set<uint32_t> numbers;
  for (const PersonPlan& person : planned.people) numbers.insert(person.number);
  CHECK(numbers.size() == 8);
  const PersonPlan& viewer = planned.people[5];
  REQUIRE(viewer.slots.size() == 2);
  CHECK(viewer.slots[0].kind == MediaKind::kAudio);
  CHECK(viewer.slots[0].track == "camera0/0");
  CHECK(viewer.slots[1].track == "camera0/1");
}

TEST_CASE("each of a call sees all the others and not himself", "[bench][people]") {
  const Planned planned(parsed(R"(# A call.
roles:
  person: {people: 4, video: {}, watches: [3 person]}
scale: rooms
load: 1
)"));
  for (const PersonPlan& person : planned.people) {
    std::set<std::string> shown;
    for (const PlannedSlot& slot : person.slots) shown.insert(slot.track);
    CHECK(shown.size() == 3);
    CHECK(shown.count(person.id + "/0") == 0);
  }
}

TEST_CASE("a bridge in which three talk and others listen is four encodes for each room", "[bench][people]") {
  Step step;
  const Planned planned(parsed(R"(# A bridge.
mode: mcu
rooms: 2
roles:
  talker: {people: 3, audio: {speech: true}, hears: [mix]}
  listener: {audio: {}, hears: [mix]}
scale: listener
load: 50
)"));
  count_work(planned.scenario, planned.people, step);
  CHECK(step.audio_mixes == 8);
  CHECK(step.participants == 106);
  CHECK(step.tracks == 106);
  CHECK(step.streams_out == 106);
  CHECK(step.encoded_mpix_per_s == 0);
}

TEST_CASE("a composed meeting decodes nine cameras and encodes one picture", "[bench][people]") {
  Step step;
  const Planned planned(parsed(R"(# A meeting.
mode: mcu
roles:
  camera: {people: 12, video: {size: 640x360}}
  viewer: {people: 5, watches: [mix]}
scale: rooms
load: 1
)"));
  count_work(planned.scenario, planned.people, step);
  CHECK(step.decoded_mpix_per_s == Approx(9 * 0.2304 * 30));
  CHECK(step.encoded_mpix_per_s == Approx(0.9216 * 30));
  CHECK(step.composed_mpix_per_s == Approx(0.9216 * 30));
  CHECK(step.audio_mixes == 0);
}

}  // namespace
}  // namespace tutti::bench
