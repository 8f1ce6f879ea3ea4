#include "tutti/routing/projection.hpp"

#include <algorithm>

#include "tutti/base/prefetch.hpp"
#include "tutti/room/participant.hpp"

namespace tutti::routing {
namespace {

using room::Subscription;
using room::Track;

void project(room::RouterHost& host, Timestamp now, const Track& track, Subscription& slot, const peer::PacketRef& packet) {
  const auto projected = slot.forwarder.project(now, *packet, {track.number(), packet->layer}, track.layers[packet->layer].capture_clock());
  if (const auto* rewrite = std::get_if<peer::Rewrite>(&projected)) {
    host.forward(slot, packet, *rewrite);
  } else {
    host.drop(std::get<DropReason>(projected));
  }
}

// Each of these is found through the one before it, so they are asked for one slot apart.
void prefetch_slots(const std::vector<Subscription*>& slots, size_t current) {
  const auto ahead = [&](size_t count) { return current + count < slots.size() ? slots[current + count] : nullptr; };
  if (const Subscription* slot = ahead(4)) prefetch(slot, sizeof(*slot));
  if (const Subscription* slot = ahead(3)) {
    slot->forwarder.prefetch();
    prefetch(&slot->subscriber(), sizeof(slot->subscriber()));
  }
  if (const Subscription* slot = ahead(2)) prefetch(slot->subscriber().peer.get(), sizeof(peer::Peer));
  if (const Subscription* slot = ahead(1)) slot->subscriber().peer->prefetch(peer::Peer::Prefetch::kSelf);
}

}  // namespace

void forward_to_slots(room::RouterHost& host, Timestamp now, Track& track, const peer::PacketRef& packet) {
  if (track.subscribers.empty()) return host.drop(DropReason::kNotWatched);
  const std::vector<Subscription*>& slots = track.subscribers;
  // Whose receiver has output already was here with another packet of this round.
  const bool cold = !slots.front()->subscriber().has_output;
  for (size_t i = 0; i < slots.size(); ++i) {
    if (cold) prefetch_slots(slots, i);
    forward_to_slot(host, now, track, *slots[i], packet);
  }
}

void forward_to_slot(room::RouterHost& host, Timestamp now, Track& track, Subscription& slot, const peer::PacketRef& packet) {
  if (slot.wish.is_stopped() || !slot.active) return host.drop(DropReason::kPaused);
  const uint64_t switches = slot.forwarder.switches();
  const room::Forwarder::Source before = slot.forwarder.current();
  project(host, now, track, slot, packet);
  if (slot.forwarder.switches() == switches || slot.kind() != MediaKind::kVideo) return;
  // While it was waited for, another one may have stood.
  if (slot.grant.track == track.number()) slot.forwarder.set_limit(slot.grant.limit);
  // The first packet of a keyframe may have been lost and come again after the rest: that follows it now.
  room::TrackLayer& layer = track.layers[packet->layer];
  const ExtSeqNum oldest = layer.newest + -static_cast<int64_t>(layer.cache.capacity());
  for (ExtSeqNum s = std::max(packet->sequence, oldest) + 1; s <= layer.newest; s = s + 1) {
    if (const peer::PacketRef* later = layer.cache.find(now, s)) project(host, now, track, slot, *later);
  }
  // A publisher that begins its numbering anew, as often as it likes, is no change of the slot.
  if (slot.forwarder.current() == before) return;
  host.slot_changed(slot);
  host.update_wanted_layers(now, track);
}

}  // namespace tutti::routing
