#include "support/congestion/room_subscriber.hpp"

namespace tutti::test {

DataRate RoomSubscriber::estimate() const {
  if (!joined_) return {};
  const auto stats = world_.apply(room::DescribeStats{World::room(), ParticipantId(id_)});
  for (const room::StatsEntry& entry : std::get<std::vector<room::StatsEntry>>(stats)) {
    if (entry.congestion) return entry.congestion->estimate.target;
  }
  return {};
}

}  // namespace tutti::test
