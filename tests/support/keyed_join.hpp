// Joining as a REST call would: with fresh SRTP keys, or without any.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/world.hpp"

namespace tutti::test {

// `what` says all of the transport.
inline void join_as(World& world, const std::string& id, room::KeyedJoin what,
                    std::vector<room::SubscriptionChange> changes) {
  room::Join join;
  join.room = World::room();
  join.participant = ParticipantId(id);
  join.transport = std::move(what);
  join.subscriptions = std::move(changes);
  world.apply(join);
}

inline void join_plain(World& world, const std::string& id, room::KeyedJoin what,
                       std::vector<room::SubscriptionChange> changes = {}) {
  what.encrypted = false;
  join_as(world, id, std::move(what), std::move(changes));
}

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
  join_as(world, id, std::move(what), std::move(changes));
  return std::move(world.backend().make_session(ours).value());
}

}  // namespace tutti::test
