// Fast start: a slot that shows a track anew gets the layer's last keyframe and what followed it from the track's cache, so that its
// viewer has a picture at once and the publisher is not asked for another keyframe, which all its other viewers would pay for.
#pragma once

#include "tutti/room/router.hpp"

namespace tutti::routing {

// Sends the slot, which waits for a keyframe of this layer, all packets from the last one on, their time pressed together so that they
// are shown in a moment and the live picture follows without delay. False, and nothing is sent, if it would not pay: the keyframe is
// too old, a packet is missing, or they are more than the path carries in a moment.
bool start_from_cache(room::RouterHost& host, Timestamp now, room::Track& track, uint8_t layer, room::Subscription& slot);

// Whether the layer's last keyframe will still do in a second, which is what joining takes.
bool has_fresh_keyframe(const room::RouterHost& host, Timestamp now, const room::TrackLayer& layer);

}  // namespace tutti::routing
