#include "tutti/routing/sfu_router.hpp"

#include <algorithm>
#include <unordered_map>

#include "routing/mcu/mix_budget.hpp"
#include "routing/mcu/rung_limit.hpp"
#include "tutti/base/small_vector.hpp"
#include "tutti/proto/cc/pacer.hpp"
#include "tutti/room/allocator.hpp"
#include "tutti/routing/auto_slots.hpp"
#include "tutti/routing/fast_start.hpp"
#include "tutti/routing/projection.hpp"

namespace tutti::routing {

using room::Participant;
using room::SlotReason;
using room::Subscription;
using room::Track;
using Choice = room::TrackChoice::Kind;

namespace {
// Of a forwarded audio track that is silent now and need not stay so.
constexpr DataRate kLeastAudio = DataRate::kbps(32);
constexpr TimeDelta kBetweenEvents = TimeDelta::seconds(1);
constexpr TimeDelta kShareAgain = TimeDelta::seconds(1);
// A camera's layer whose last packet is older does not come now.
constexpr TimeDelta kFlows = TimeDelta::millis(250);
// More is sent than is left of the path, by so much that its queue overflows, or so much waits for it; and the part of
// what is left that is used until then.
constexpr TimeDelta kMuchWaiting = TimeDelta::millis(500);
constexpr double kMuchTooMuch = 1.5, kIntoQueue = 0.5;

// Tells publishers apart, for auto_slots: the number of any of its tracks would do, and the first one is stable.
uint64_t publisher_key(const Participant& participant) {
  for (const auto& track : participant.tracks) {
    if (track) return track->number();
  }
  return 0;
}
bool is_shown_forwarded(const Subscription& slot) {
  return slot.track && !slot.track->is_mix() && slot.kind() == MediaKind::kVideo && slot.active &&
         !slot.wish.is_stopped();
}

// What goes before forwarded pictures: sound, and the mixes.
DataRate fixed_rate(const Subscription& slot) {
  if (!slot.track || !slot.active || slot.wish.is_stopped() || slot.track->muted) return DataRate();
  const Track& track = *slot.track;
  if (track.is_mix()) return MixBudget::taken(slot);
  return std::max(track.layers.front().rates.bitrate(0, 0), kLeastAudio);
}

// What it could make use of: a composed picture may have fallen to a lower rung, and rises only where there is room.
DataRate fixed_need(const Subscription& slot) {
  const bool composed = slot.track && slot.track->is_mix() && slot.kind() == MediaKind::kVideo && slot.active;
  if (!composed || slot.wish.is_stopped()) return fixed_rate(slot);
  return MixBudget::needed(slot) * (RungLimit::kMargin * MixBudget::kShareBesideTracks);
}

// In a grid that names every track, none of them is pinned.
bool has_auto_pictures(const Participant& participant) {
  return std::any_of(participant.subscriptions.begin(), participant.subscriptions.end(), [](const auto& slot) {
    return slot->kind() == MediaKind::kVideo && slot->active && slot->wish.track.kind == Choice::kAuto;
  });
}

room::LayerWish wish_for_layers(const Subscription& slot) {
  room::LayerWish wish{std::nullopt, slot.wish.max_height, slot.wish.max_fps, slot.wish.temporal};
  if (slot.wish.rid) {
    // One that it does not have means the highest.
    const auto& layers = slot.track->layers;
    const auto found =
        std::find_if(layers.begin(), layers.end(), [&](const auto& l) { return l.rid == *slot.wish.rid; });
    wish.encoding = static_cast<uint8_t>(std::min<std::ptrdiff_t>(found - layers.begin(), std::ssize(layers) - 1));
  }
  return wish;
}

// The dependency descriptor alone tells spatial layers of AV1 apart. Who does not read it takes what is of one time for
// one frame, and decodes none of it; the lowest layer needs no telling.
std::optional<uint8_t> most_spatial(const Subscription& slot) {
  const bool is_told = slot.track->spec().codec.codec != Codec::kAv1 ||
                       slot.spec().extensions.has(rtp::Extension::kDependencyDescriptor);
  return is_told ? std::nullopt : std::optional(uint8_t{0});
}

// What there is of its track that its receiver can make use of.
std::span<const room::LayerOption> options_for(const Subscription& slot) {
  const std::span<const room::LayerOption> all = slot.track->options();
  const auto most = most_spatial(slot);
  const auto end =
      std::find_if(all.begin(), all.end(), [&](const room::LayerOption& o) { return most && o.key.spatial > *most; });
  return all.first(static_cast<size_t>(end - all.begin()));
}

// Limits where the stream has more than is to be sent, so that layers that are new to it pass where nothing limits.
room::LayerLimit limit_for(const Subscription& slot, const room::LayerKey& layer) {
  room::LayerLimit limit{most_spatial(slot), slot.wish.temporal};
  for (const room::LayerOption& o : slot.track->options()) {
    if (o.key.encoding != layer.encoding) continue;
    if (o.key.spatial > layer.spatial) limit.spatial = layer.spatial;
    if (o.key.spatial == layer.spatial && o.key.temporal > layer.temporal) limit.temporal = layer.temporal;
  }
  return limit;
}
}  // namespace

std::unique_ptr<room::Router> make_sfu_router(room::RouterHost& host) { return std::make_unique<SfuRouter>(host); }

void SfuRouter::on_rtp(Timestamp now, Track& track, const peer::PacketRef& packet) {
  forward_to_slots(host_, now, track, packet);
}

void SfuRouter::on_track_added(Timestamp now, Track& track) {
  track.update_options(now);
  for (Participant* p : host_.participants()) {
    choose_tracks(now, *p);
    if (is_shared_out_of_date(now, *p)) share(now, *p);
  }
}

void SfuRouter::on_track_removed(Timestamp now, Track&) {
  for (Participant* p : host_.participants()) {
    choose_tracks(now, *p);
    if (is_shared_out_of_date(now, *p)) share(now, *p);
  }
}

void SfuRouter::on_subscriber_changed(Timestamp now, Participant& participant) {
  choose_tracks(now, participant);
  choose_layers(now, participant);
}

void SfuRouter::choose_layers(Timestamp now, Participant& participant) {
  share(now, participant);
  for (auto& slot : participant.subscriptions) {
    if (slot->track) host_.update_wanted_layers(now, *slot->track);
  }
}

void SfuRouter::on_speakers_changed(Timestamp now) {
  const uint64_t voice = host_.speakers().active().value_or(0);
  speaker_ = nullptr;
  for (Track* track : host_.tracks()) {
    if (track->number() == voice) speaker_ = &track->publisher();
    // Layers come and go with the publisher's bandwidth.
    track->update_options(now);
  }
  for (Participant* p : host_.participants()) {
    choose_tracks(now, *p);
    if (is_shared_out_of_date(now, *p)) share(now, *p);
    for (auto& slot : p->subscriptions) {
      if (is_shown_forwarded(*slot) && slot->forwarder.stands_still()) on_keyframe_needed(now, *slot);
      say_what_changed(now, *slot);
    }
  }
}

void SfuRouter::on_connected(Timestamp now, Participant& participant) {
  for (auto& slot : participant.subscriptions) {
    if (slot->kind() != MediaKind::kVideo || !slot->track || slot->track->is_mix() || slot->forwarder.target().track == 0) continue;
    slot->forwarder.restart();
    begin_picture(now, *slot);
  }
}

void SfuRouter::on_keyframe_needed(Timestamp now, Subscription& slot) {
  if (!slot.track || slot.kind() != MediaKind::kVideo || slot.forwarder.target().track == 0) return;
  const Track& track = *slot.track;
  const room::Forwarder::Source target = slot.forwarder.target(), shown = slot.forwarder.current();
  host_.request_keyframe(now, *slot.track, target.layer);
  // What is shown ends with the target's keyframe, and there is none while its publisher has not begun to send it
  // again.
  const bool is_late = now - track.layers[target.layer].last_packet > kFlows;
  if (is_late && shown.track == target.track && shown != target) host_.request_keyframe(now, *slot.track, shown.layer);
}

void SfuRouter::on_target_bitrate(Timestamp now, Participant& participant, DataRate) { share(now, participant); }

void SfuRouter::choose_tracks(Timestamp now, Participant& participant) {
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
      case Choice::kMix:
        break;
      case Choice::kNone:
        show(now, *slot, nullptr, SlotReason::kOff);
        break;
      case Choice::kTrack: {
        Track* track = by_name(slot->wish.track.track);
        if (track && track->kind() != slot->kind()) track = nullptr;
        if (track) taken.push_back(track->number());
        show(now, *slot, track, slot->wish.is_stopped() ? SlotReason::kPaused : SlotReason::kNotPublished);
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
      if (slot->kind() != kind && slot->track && !slot->track->is_mix())
        companions.push_back({publisher_key(slot->track->publisher()), slot->spec().pair});
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
                                : candidates.empty() && undecodable               ? SlotReason::kCodec
                                : candidates.empty() || kind == MediaKind::kAudio ? SlotReason::kNobodySpeaks
                                                                                  : SlotReason::kNobodyPublishes;
      show(now, *open[i], track, reason);
    }
  }
}

void SfuRouter::show(Timestamp now, Subscription& slot, Track* track, SlotReason reason) {
  host_.show(now, slot, track, track ? SlotReason::kNone : reason);
}

bool SfuRouter::is_shared_out_of_date(Timestamp now, const Participant& participant) const {
  if (now >= participant.bandwidth.share_again) return true;
  const bool beside_auto = has_auto_pictures(participant);
  for (const auto& s : participant.subscriptions) {
    const Subscription& slot = *s;
    if (slot.track && slot.track->is_mix()) continue;
    if (slot.kind() == MediaKind::kAudio) {
      if (slot.track && slot.active && !slot.wish.is_stopped() && slot.forwarder.target().track != slot.track->number())
        return true;
      continue;
    }
    if (!is_shown_forwarded(slot)) {
      if (slot.grant.track != 0) return true;
      continue;
    }
    const Subscription::Grant& grant = slot.grant;
    if (grant.track != slot.track->number() || grant.options_version != slot.track->options_version()) return true;
    if (grant.priority != priority_of(slot, beside_auto)) return true;
    // It was muted, for one.
    if (grant.layer && slot.forwarder.target().track == 0) return true;
  }
  return false;
}

uint8_t SfuRouter::priority_of(const Subscription& slot, bool beside_auto) const {
  if (slot.wish.priority) return *slot.wish.priority;
  if (slot.track->is_screen()) return room::priority::kScreen;
  if (beside_auto && slot.wish.track.kind == Choice::kTrack) return room::priority::kPinned;
  return &slot.track->publisher() == speaker_ ? room::priority::kSpeaker : room::priority::kOther;
}

void SfuRouter::share(Timestamp now, Participant& participant) {
  SmallVector<Subscription*, 16> pictures;
  SmallVector<room::SlotRequest, 16> requests;
  DataRate fixed, fixed_needed;
  const bool beside_auto = has_auto_pictures(participant);
  for (auto& s : participant.subscriptions) {
    Subscription& slot = *s;
    if (!is_shown_forwarded(slot)) {
      fixed = fixed + fixed_rate(slot);
      fixed_needed = fixed_needed + fixed_need(slot);
      const bool goes_on = slot.track && slot.active && !slot.wish.is_stopped();
      if (!goes_on) {
        stop(now, slot);
      } else if (!slot.track->is_mix()) {
        const auto* codec = peer::find_forwardable(slot.track->spec().codec, slot.spec().codecs);
        slot.forwarder.set_target({slot.track->number(), 0}, codec->payload_type);
      }
      continue;
    }
    const Track& track = *slot.track;
    room::SlotRequest request;
    request.options = options_for(slot);
    request.wish = wish_for_layers(slot);
    request.priority = priority_of(slot, beside_auto);
    request.prefers_detail = track.is_screen();
    request.is_silent = track.muted;
    const Subscription::Grant& grant = slot.grant;
    const bool same = grant.track == track.number();
    if (same && slot.forwarder.current().track == track.number()) request.current = grant.layer;
    request.is_steady = same && grant.wish == request.wish && grant.priority == request.priority &&
                        (request.current || grant.is_paused());
    request.may_grow = slot.grows.may_rise(now);
    request.may_quicken = slot.quickens.may_rise(now);
    request.may_leap = slot.grows.may_leap(now) && slot.quickens.may_leap(now);
    pictures.push_back(&slot);
    requests.push_back(request);
  }

  const cc::Estimate* estimate = participant.peer->estimate();
  Participant::Bandwidth& bandwidth = participant.bandwidth;
  bandwidth.audio = fixed;
  if (estimate) bandwidth.video = room::video_budget(estimate->target, fixed, estimate->loss);
  // A smaller picture begins with a keyframe, which goes behind what was sent too much. The sooner it is through the
  // shorter the picture stands still, so after such a fall it is small at first.
  const bool is_jammed =
      bandwidth.used > bandwidth.video * kMuchTooMuch || participant.peer->waiting_time() > kMuchWaiting;
  const bool has_fallen = estimate && estimate->queue > cc::Pacer::kStandingQueue && is_jammed;
  if (has_fallen) bandwidth.video = bandwidth.video * kIntoQueue;
  const room::Allocation allocation =
      room::allocate(estimate ? std::optional(bandwidth.video) : std::nullopt, requests);
  bandwidth.used = allocation.used;
  bandwidth.needed = allocation.needed;
  bandwidth.share_again = Timestamp::never();
  for (size_t i = 0; i < pictures.size(); ++i) {
    Subscription& slot = *pictures[i];
    carry_out(now, slot, requests[i], allocation.slots[i], has_fallen);
    if (slot.grant.reason == room::AllocationReason::kSettling || slot.grant.is_paused()) {
      for (const Timestamp until : {slot.grows.not_before(), slot.quickens.not_before()}) {
        if (until > now) bandwidth.share_again = std::min(bandwidth.share_again, until);
      }
    }
    // What is lost, and what sound takes, falls without the estimate moving.
    if (slot.grant.reason == room::AllocationReason::kBandwidth) bandwidth.share_again = std::min(bandwidth.share_again, now + kShareAgain);
  }
  // With the margin that rising takes.
  if (estimate) participant.peer->set_needed_bitrate(now, fixed_needed + allocation.needed * room::kRiseMargin);
}

void SfuRouter::stop(Timestamp now, Subscription& slot) {
  const bool was_given = slot.grant.track != 0;
  slot.grant = {};
  // What comes during a pause is not numbered; the slot goes on with a fresh start after it.
  if (slot.forwarder.target().track != 0) slot.forwarder.clear_target();
  if (was_given && slot.track) host_.update_wanted_layers(now, *slot.track);
}

void SfuRouter::carry_out(Timestamp now, Subscription& slot, const room::SlotRequest& request,
                          const room::SlotAllocation& outcome, bool has_fallen) {
  Track& track = *slot.track;
  const Subscription::Grant before = slot.grant;
  Subscription::Grant grant;
  grant.track = track.number();
  grant.options_version = track.options_version();
  grant.wish = request.wish;
  grant.priority = request.priority;
  grant.ideal = track.options()[outcome.ideal].key;
  grant.wanted_encoding = outcome.wanted_encoding;
  grant.rate = outcome.rate;
  grant.reason = outcome.reason;
  if (outcome.option) {
    grant.layer = track.options()[*outcome.option].key;
    grant.limit = limit_for(slot, *grant.layer);
  }
  slot.grant = grant;
  if (request.is_steady) {
    const bool same_size = grant.layer && before.layer && grant.layer->same_size(*before.layer);
    room::RiseGuard& guard = same_size ? slot.quickens : slot.grows;
    if (grant.layer < before.layer && grant.reason == room::AllocationReason::kBandwidth) guard.on_fall(now);
    if (grant.layer > before.layer) guard.on_rise(now);
  } else {
    slot.grows = {};
    slot.quickens = Subscription::kQuickens;
  }

  bool needs_keyframe = false;
  if (!grant.layer) {
    if (slot.forwarder.target().track != 0) slot.forwarder.clear_target();
  } else {
    const room::Forwarder::Source target{track.number(), grant.layer->encoding};
    const bool another = slot.forwarder.target() != target;
    // A smaller picture begins with a keyframe; the larger one goes on until then, but only at its lowest frame rate.
    const room::Forwarder::Source shown = slot.forwarder.current();
    const bool shrinks = shown.track == target.track && shown.layer > target.layer;
    slot.forwarder.set_limit(shrinks ? room::LayerLimit{most_spatial(slot), uint8_t{0}} : grant.limit);
    if (before.track == grant.track && grant.layer < before.layer && !grant.layer->same_size(*before.layer))
      slot.subscriber().peer->begin_smaller(now, slot.index(), has_fallen);
    if (another) {
      const auto* codec = peer::find_forwardable(track.spec().codec, slot.spec().codecs);
      slot.forwarder.set_target(target, codec->payload_type);
    }
    needs_keyframe = (another || grant.limit != before.limit) && slot.forwarder.is_waiting();
  }
  // A wish goes out at once; that one is over is found in good time.
  if (!track.layers[grant.wanted_encoding].wanted || (grant.layer && !track.layers[grant.layer->encoding].wanted))
    host_.update_wanted_layers(now, track);
  if (needs_keyframe) begin_picture(now, slot);
  if (before.is_paused() != grant.is_paused()) host_.slot_changed(slot);
}

void SfuRouter::begin_picture(Timestamp now, Subscription& slot) {
  const uint8_t layer = slot.forwarder.target().layer;
  const bool connected = slot.subscriber().announced_state == room::TransportState::kConnected;
  if (connected && start_from_cache(host_, now, *slot.track, layer, slot)) return;
  // Who is not there yet begins with the one in the cache, if that is fresh by then.
  if (!connected && has_fresh_keyframe(host_, now, slot.track->layers[layer])) return;
  host_.request_keyframe(now, *slot.track, layer);
}

// Changes of layers are events where they happen, at a keyframe; what else has changed is told here, now and then.
void SfuRouter::say_what_changed(Timestamp now, Subscription& slot) {
  const Subscription::Grant& is = slot.grant;
  const Subscription::Grant& said = slot.announced;
  if (is.track == 0 || now - slot.announced_at < kBetweenEvents) return;
  if (is.layer != said.layer || is.reason != said.reason || is.ideal != said.ideal) host_.slot_changed(slot);
}

}  // namespace tutti::routing
