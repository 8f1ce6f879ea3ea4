#include "tutti/routing/fast_start.hpp"

#include "tutti/peer/peer.hpp"
#include "tutti/room/participant.hpp"
#include "tutti/routing/projection.hpp"

namespace tutti::routing {
namespace {

// What a path whose rate nobody knows is given at once.
constexpr DataSize kUnlimited = DataSize::bytes(256 * 1024);
// Longer than this at the path's rate, and a fresh keyframe is there as soon.
constexpr TimeDelta kMoment = TimeDelta::millis(300);
constexpr TimeDelta kJoining = TimeDelta::seconds(1);

DataSize budget(const room::Subscription& slot) {
  const cc::Estimate* estimate = slot.subscriber().peer->estimate();
  return estimate ? estimate->target * kMoment : kUnlimited;
}

}  // namespace

bool start_from_cache(room::RouterHost& host, Timestamp now, room::Track& track, uint8_t layer, room::Subscription& slot) {
  room::TrackLayer& from = track.layers[layer];
  // Who has a picture of it would see that stand still.
  if (slot.forwarder.current().track != 0 || !from.keyframe || now - from.keyframe->arrival > host.fast_start()) return false;
  const DataSize most = budget(slot);
  DataSize size;
  const peer::PacketRef* newest = nullptr;
  for (ExtSeqNum s = from.keyframe->first; s <= from.newest; s = s + 1) {
    newest = from.cache.find(now, s);
    if (!newest) return false;
    size += DataSize::bytes((*newest)->payload_size);
    if (size > most) return false;
  }
  if (!newest) return false;
  // What follows a keyframe in the cache follows it here too.
  const peer::PacketRef first = *from.cache.find(now, from.keyframe->first);
  slot.forwarder.press_together(room::Forwarder::Live{(*newest)->timestamp, (*newest)->arrival});
  forward_to_slot(host, now, track, slot, first);
  slot.forwarder.press_together(std::nullopt);
  host.count(Counter::kFastStarts);
  return true;
}

bool has_fresh_keyframe(const room::RouterHost& host, Timestamp now, const room::TrackLayer& layer) {
  return layer.keyframe && now - layer.keyframe->arrival + kJoining <= host.fast_start();
}

}  // namespace tutti::routing
