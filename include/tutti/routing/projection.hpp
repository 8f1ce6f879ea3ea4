// One packet of a track, to every slot that shows it: what SfuRouter does with what participants send, and McuRouter with its mixes.
#pragma once

#include "tutti/room/router.hpp"

namespace tutti::routing {

// Each slot's Forwarder decides whether and how; a switch of layers is followed by what the track's cache has behind its keyframe.
void forward_to_slot(room::RouterHost& host, Timestamp now, room::Track& track, room::Subscription& slot, const peer::PacketRef& packet);
void forward_to_slots(room::RouterHost& host, Timestamp now, room::Track& track, const peer::PacketRef& packet);

}  // namespace tutti::routing
