#include "harness/scenario.hpp"

#include <algorithm>

namespace tutti::bench {

Scenario Scenario::at(uint32_t new_load) const {
  Scenario scenario = *this;
  scenario.load = new_load;
  switch (scale.kind) {
    case Scale::Kind::kRooms:
      scenario.rooms = new_load;
      break;
    case Scale::Kind::kPeople:
      for (Role& role : scenario.roles) {
        if (role.name == scale.role) role.people = new_load;
      }
      break;
    case Scale::Kind::kJoinsPerSecond:
      scenario.churn = people() == 0 ? 0 : static_cast<double>(new_load) / static_cast<double>(people());
      break;
  }
  return scenario;
}

uint64_t Scenario::people() const {
  uint64_t in_a_room = 0;
  for (const Role& role : roles) in_a_room += role.people;
  return in_a_room * rooms;
}

std::string Scenario::scaled() const {
  switch (scale.kind) {
    case Scale::Kind::kRooms:
      return "rooms";
    case Scale::Kind::kPeople:
      return "people of \"" + scale.role + "\"" + (rooms > 1 ? " in each room" : "");
    case Scale::Kind::kJoinsPerSecond:
      return "joins a second";
  }
  return {};
}

}  // namespace tutti::bench
