#include "tutti/routing/sfu_router.hpp"

#include <algorithm>
#include <unordered_map>

#include "tutti/base/small_vector.hpp"
#include "tutti/room/layer_allocator.hpp"
#include "tutti/routing/auto_slots.hpp"
#include "tutti/routing/projection.hpp"

namespace tutti::routing {

using room::Participant;
using room::SlotReason;
using room::Subscription;
using room::Track;
using Choice = room::TrackChoice::Kind;

namespace {
// How long a publisher may take to send a layer that it had stopped because nobody wanted it.
constexpr TimeDelta kPublisherMayTake = TimeDelta::seconds(1);

// Tells publishers apart, for auto_slots: the number of any of its tracks would do, and the first one is stable.
uint64_t publisher_key(const Participant& participant) {
  for (const auto& track : participant.tracks) {
    if (track) return track->number();
  }
  return 0;
}
}  // namespace

std::unique_ptr<room::Router> make_sfu_router(room::RouterHost& host) { return std::make_unique<SfuRouter>(host); }

void SfuRouter::on_rtp(Timestamp now, Track& track, const peer::PacketRef& packet) { forward_to_slots(host_, now, track, packet); }

void SfuRouter::on_track_added(Timestamp now, Track&) {
  for (Participant* p : host_.participants()) fill_slots(now, *p);
}

void SfuRouter::on_track_removed(Timestamp now, Track&) {
  for (Participant* p : host_.participants()) fill_slots(now, *p);
}

void SfuRouter::on_subscriber_changed(Timestamp now, Participant& participant) {
  fill_slots(now, participant);
  for (auto& slot : participant.subscriptions) {
    slot->forwarder.set_limit({std::nullopt, slot->wish.temporal});
    // What comes during a pause is not numbered; the slot goes on with a fresh start after it.
    if (slot->wish.paused || !slot->active) slot->forwarder.clear_target();
    choose_layer(now, *slot);
    if (slot->track) host_.update_wanted_layers(now, *slot->track);
  }
}

void SfuRouter::on_speakers_changed(Timestamp now) {
  for (Participant* p : host_.participants()) {
    fill_slots(now, *p);
    // Layers come and go with the publisher's bandwidth.
    for (auto& slot : p->subscriptions) choose_layer(now, *slot);
  }
}

void SfuRouter::on_keyframe_needed(Timestamp now, Subscription& slot) {
  if (slot.track && slot.kind() == MediaKind::kVideo && slot.forwarder.target().track != 0)
    host_.request_keyframe(now, *slot.track, slot.forwarder.target().layer);
}

// Layers follow wishes alone; the bandwidth of the path has no say in this router.
void SfuRouter::on_target_bitrate(Timestamp, Participant&, DataRate) {}

void SfuRouter::fill_slots(Timestamp now, Participant& participant) {
  auto by_name = [&](const TrackId& id) -> Track* {
    for (Track* t : host_.tracks()) {
      if (t->id() == id) return t;
    }
    return nullptr;
  };
  SmallVector<uint64_t, 16> taken;
  for (auto& slot : participant.subscriptions) {
    switch (slot->wish.track.kind) {
      case Choice::kAuto:
      case Choice::kMix: break;
      case Choice::kNone: show(now, *slot, nullptr, SlotReason::kOff); break;
      case Choice::kTrack: {
        Track* track = by_name(slot->wish.track.track);
        if (track && track->kind() != slot->kind()) track = nullptr;
        if (track) taken.push_back(track->number());
        show(now, *slot, track, slot->wish.paused ? SlotReason::kPaused : SlotReason::kNotPublished);
        break;
      }
    }
  }

  // Video first, so that audio can join it in lip-sync.
  for (const MediaKind kind : {MediaKind::kVideo, MediaKind::kAudio}) {
    std::vector<Subscription*> open;
    for (auto& slot : participant.subscriptions) {
      if (slot->kind() == kind && slot->active && slot->wish.track.kind == Choice::kAuto) open.push_back(slot.get());
    }
    if (open.empty()) continue;
    std::vector<AutoCandidate> candidates;
    bool somebody_publishes = false, undecodable = false;
    for (Track* t : host_.tracks()) {
      if (t->kind() != kind || &t->publisher() == &participant) continue;
      somebody_publishes = true;
      if (t->muted || std::find(taken.begin(), taken.end(), t->number()) != taken.end()) continue;
      if (!peer::find_forwardable(t->spec().codec, open.front()->spec().codecs)) {
        undecodable = true;
        continue;
      }
      uint64_t voice = t->number();
      for (const auto& other : t->publisher().tracks) {
        if (other && other->kind() == MediaKind::kAudio) voice = other->number();
      }
      candidates.push_back({t->number(), publisher_key(t->publisher()), t->is_screen(),
                            host_.speakers().loudness(voice, now), host_.speakers().last_spoke(voice)});
    }
    std::vector<Companion> companions;
    for (auto& slot : participant.subscriptions) {
      if (slot->kind() != kind && slot->track && !slot->track->is_mix()) companions.push_back({publisher_key(slot->track->publisher()), slot->spec().pair});
    }
    std::vector<AutoSlot> slots;
    for (Subscription* s : open) slots.push_back({s->track ? s->track->number() : 0, s->spec().pair});
    fill_auto_slots(kind, candidates, companions, slots);
    for (size_t i = 0; i < open.size(); ++i) {
      Track* track = nullptr;
      for (Track* t : host_.tracks()) {
        if (t->number() == slots[i].shows) track = t;
      }
      const SlotReason reason = !somebody_publishes                               ? SlotReason::kNobodyPublishes
                                : candidates.empty() && undecodable      ? SlotReason::kCodec
                                : candidates.empty() || kind == MediaKind::kAudio ? SlotReason::kNobodySpeaks
                                                                                  : SlotReason::kNobodyPublishes;
      show(now, *open[i], track, reason);
    }
  }
}

void SfuRouter::show(Timestamp now, Subscription& slot, Track* track, SlotReason reason) {
  const Track* before = slot.track;
  host_.show(now, slot, track, track ? SlotReason::kNone : reason);
  if (slot.track != before) choose_layer(now, slot);
}

void SfuRouter::choose_layer(Timestamp now, Subscription& slot) {
  if (!slot.track || slot.track->is_mix() || slot.wish.paused || !slot.active) return;
  const auto* codec = peer::find_forwardable(slot.track->spec().codec, slot.spec().codecs);
  if (slot.kind() == MediaKind::kAudio) {
    slot.forwarder.set_target({slot.track->number(), 0}, codec->payload_type);
    return;
  }
  SmallVector<room::LayerState, 3> layers;
  for (const room::TrackLayer& l : slot.track->layers) {
    // Not wanted until now: give the publisher a moment to begin.
    const bool just_wanted = !l.wanted || now - l.wanted_since < kPublisherMayTake;
    layers.push_back({l.rid, l.dimensions ? std::optional(l.dimensions->height) : std::nullopt, l.active(now), just_wanted});
  }
  const room::LayerChoice choice = room::choose_layer(layers, slot.wish.rid, slot.wish.max_height);
  slot.ideal_layer = choice.ideal;
  const room::Forwarder::Source target{slot.track->number(), choice.now};
  if (slot.forwarder.target() == target) return;
  slot.forwarder.set_target(target, codec->payload_type);
  host_.update_wanted_layers(now, *slot.track);
  if (slot.forwarder.is_waiting()) host_.request_keyframe(now, *slot.track, choice.now);
}

}  // namespace tutti::routing
