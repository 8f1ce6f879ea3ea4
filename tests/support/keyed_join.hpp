// Joining with fresh SRTP keys, as a REST call would bring them.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/world.hpp"

namespace tutti::test {

// Returns the participant's end of the keys. `what` says all but the keys.
inline std::unique_ptr<srtp::Session> join_keyed(World& world, const std::string& id, room::KeyedJoin what,
                                                 std::vector<room::SubscriptionChange> changes = {}) {
  const auto make_key = [&] {
    std::array<uint8_t, master_key_size(SrtpSuite::kAeadAes128Gcm)> bytes;
    world.random().fill(bytes);
    return SrtpMasterKey(bytes);
  };
  what.suite = SrtpSuite::kAeadAes128Gcm;
  what.receive_key = make_key();
  what.send_key = make_key();
  const SrtpKeys ours{what.suite, what.receive_key, what.send_key};
  room::Join join;
  join.room = World::room();
  join.participant = ParticipantId(id);
  join.transport = std::move(what);
  join.subscriptions = std::move(changes);
  world.apply(join);
  return std::move(world.backend().make_session(ours).value());
}

}  // namespace tutti::test
