#include "tutti/room/room.hpp"

#include <algorithm>
#include <utility>

#include "tutti/base/log.hpp"

namespace tutti::room {
namespace {

TransportState to_state(const peer::Peer& peer) {
  if (peer.is_connected()) return TransportState::kConnected;
  if (peer.is_closed() || peer.is_expired()) return TransportState::kClosed;
  return peer.send_path() ? TransportState::kConnecting : TransportState::kNew;
}

}  // namespace

Track* Participant::find_track(std::string_view track_name) {
  for (auto& track : tracks) {
    if (track && track->id().name == track_name) return track.get();
  }
  return nullptr;
}

Subscription* Participant::find_slot(const SlotId& slot) {
  for (auto& s : subscriptions) {
    if (s->spec().slot == slot) return s.get();
  }
  return nullptr;
}

Room::Room(RoomContext& context, RoomId id, uint64_t number, RoomConfig config, RouterFactory router, Timestamp now)
    : context_(context), id_(std::move(id)), number_(number), config_(std::move(config)), router_(router(*this)), empty_since_(now), now_(now) {}

Room::~Room() {
  for (auto& [id, participant] : participants_) context_.demultiplexer.remove(*participant);
  // It may still unpublish its mixes.
  router_.reset();
  // Each takes itself out of the deadlines, which are destroyed first otherwise.
  participants_.clear();
}

Participant* Room::find(const ParticipantId& id) const {
  auto it = participants_.find(id);
  return it == participants_.end() ? nullptr : it->second.get();
}

Result<Participant*> Room::require(const ParticipantId& id) const {
  if (Participant* p = find(id)) return p;
  return Error{ErrorKind::kNotFound, "participant-not-found", "room \"" + id_.str() + "\" has no participant \"" + id.str() + "\"", {}};
}

void Room::publish_event(decltype(Event::what) what) { context_.events.push_back({id_, ++event_number_, std::move(what)}); }

Timestamp Room::next_deadline() const {
  if (closed_) return Timestamp::never();
  const Timestamp next = std::min({deadlines_.next(), next_tick_, router_->next_deadline()});
  return participants_.empty() ? std::min(next, empty_since_ + config_.empty_timeout) : next;
}

void Room::handle_deadline(Timestamp now) {
  now_ = now;
  while (Participant* p = deadlines_.pop_due(now)) {
    p->peer->handle_deadline(now);
    mark_output(*p);
    follow_estimate(now, *p);
    follow_state(now, *p);
  }
  if (next_tick_ <= now) tick(now);
  if (router_->next_deadline() <= now) router_->handle_deadline(now);
  if (participants_.empty() && !closed_ && now >= empty_since_ + config_.empty_timeout) close(now, CloseReason::kEmpty);
}

void Room::handle_completion(Timestamp now, std::unique_ptr<Job> job) {
  now_ = now;
  if (!closed_) router_->on_job_done(now, std::move(job));
}

void Room::tick(Timestamp now) {
  next_tick_ = participants_.empty() ? Timestamp::never() : now + kTick;
  if (speakers_.update(now)) {
    auto it = tracks_by_number_.find(speakers_.active().value_or(0));
    const std::optional<ParticipantId> speaker =
        it == tracks_by_number_.end() ? std::nullopt : std::optional(it->second->publisher().id());
    if (speaker != speaker_) {
      speaker_ = speaker;
      publish_event(SpeakerChanged{speaker_});
    }
  }
  for (Track* track : track_order_) {
    for (TrackLayer& layer : track->layers) layer.rates.update(now, layer.active(now));
  }
  router_->on_speakers_changed(now);
  for (Participant* p : order_) {
    follow_estimate(now, *p);
    for (auto& slot : p->subscriptions) {
      if (slot->untold) slot_changed(*slot);
    }
  }
  for (Track* track : track_order_) {
    for (TrackLayer& layer : track->layers) layer.cache.release_old(now);
    if (track->kind() == MediaKind::kVideo) settle_wanted_layers(now, *track);
  }
  for (auto& mix : mixes_) {
    for (TrackLayer& layer : mix->layers) layer.cache.release_old(now);
  }
}

// Wishes come at once; that nobody wishes a layer any more counts only after a while.
void Room::settle_wanted_layers(Timestamp now, Track& track) {
  bool changed = false;
  track.wishes_moved.reset();
  for (size_t i = 0; i < track.layers.size(); ++i) {
    TrackLayer& layer = track.layers[i];
    const Forwarder::Source source{track.number(), static_cast<uint8_t>(i)};
    bool watched = layer.decoding, awaited = layer.decoding;
    for (const Subscription* s : track.subscribers) {
      if (!s->active || s->wish.is_stopped()) continue;
      awaited |= s->forwarder.target() == source;
      watched |= (s->grant.track == track.number() && s->grant.wanted_encoding == i) || s->forwarder.target() == source || s->forwarder.current() == source;
    }
    if (!awaited) track.publisher().peer->cancel_keyframe_request(track.index(), source.layer);
    if (watched) {
      layer.unwanted_since = Timestamp::never();
      if (!layer.wanted) layer.wanted_since = now;
      changed |= !layer.wanted;
      layer.wanted = true;
    } else if (layer.unwanted_since == Timestamp::never()) {
      layer.unwanted_since = now;
    } else if (layer.wanted && now - layer.unwanted_since >= kUnwantAfter) {
      layer.wanted = false;
      changed = true;
    }
  }
  if (changed && !track.publisher().is_leaving) publish_event(LayersWanted{track.publisher().id(), describe(now, track)});
}

void Room::update_wanted_layers(Timestamp now, Track& track) {
  if (track.kind() != MediaKind::kVideo || track.is_mix()) return;
  track.wishes_moved = now;
  wishes_moved_ = true;
}

void Room::settle_wishes() {
  if (!std::exchange(wishes_moved_, false)) return;
  for (Track* track : track_order_) {
    if (track->wishes_moved) settle_wanted_layers(*track->wishes_moved, *track);
  }
}

// Whoever has output is rescheduled when that is polled: reports and requests that are due leave there, and until then the
// deadline stays in the past.
void Room::reschedule(Participant& participant) {
  if (!participant.has_output) deadlines_.set(participant.deadline, participant.peer->next_deadline());
}

void Room::mark_output(Participant& participant) {
  if (participant.has_output) return;
  participant.has_output = true;
  with_output_.push_back(&participant);
}

// The router hears of what is more than noise: of less at once, of more not for each packet.
void Room::follow_estimate(Timestamp now, Participant& participant) {
  const cc::Estimate* estimate = participant.peer->estimate();
  if (!estimate || participant.is_leaving || closed_) return;
  Participant::Bandwidth& b = participant.bandwidth;
  const DataRate target = estimate->target;
  const auto moved = [&](DataRate from, double share) { return target > from * (1 + share) || target < from * (1 - share); };
  if (moved(b.target, kNoise) && (target < b.target || now - b.told_at >= kBetweenRises)) {
    b.target = target;
    b.told_at = now;
    router_->on_target_bitrate(now, participant, target);
  }
  const TimeDelta since = now - b.said_at;
  if (target != b.said && (since >= kBetweenEvents || (since >= kBetweenRises * 4 && moved(b.said, kWorthTelling)))) {
    b.said = target;
    b.said_at = now;
    context_.events.push_back({id_, event_number_, BandwidthChanged{participant.id(), *describe_bandwidth(participant)}});
  }
}

void Room::follow_state(Timestamp now, Participant& participant) {
  const TransportState state = to_state(*participant.peer);
  if (state != participant.announced_state) {
    participant.announced_state = state;
    log(LogLevel::kInfo, "transport state", {{"room", id_.str()}, {"participant", participant.id().str()}, {"state", std::string(to_string(state))}});
    publish_event(TransportStateChanged{participant.id(), state});
    if (state == TransportState::kConnected) router_->on_connected(now, participant);
  }
  if (participant.peer->is_expired()) return remove(now, participant, LeaveReason::kTimeout);
  if (participant.peer->is_closed()) return remove(now, participant, LeaveReason::kLeft);
  reschedule(participant);
}

void Room::sync_streams(Timestamp now, Participant& participant) {
  const auto& publish = participant.peer->publish();
  participant.tracks.resize(publish.size());
  for (size_t i = 0; i < publish.size(); ++i) {
    auto& track = participant.tracks[i];
    if (track && !publish[i].active) {
      remove_track(now, *track);
      track.reset();
    } else if (!track && publish[i].active) {
      track = std::make_unique<Track>(next_track_number_++, TrackId{participant.id(), publish[i].name}, &participant, static_cast<uint16_t>(i), publish[i]);
      // Nobody has had the time to subscribe: for now every layer counts as wanted.
      for (TrackLayer& layer : track->layers) {
        layer.wanted = true;
        layer.unwanted_since = now;
      }
      track_order_.push_back(track.get());
      tracks_by_number_[track->number()] = track.get();
      log(LogLevel::kInfo, "track published", {{"room", id_.str()}, {"participant", participant.id().str()}, {"track", track->id().str()}, {"codec", std::string(to_string(publish[i].codec.codec))}});
      publish_event(TrackChanged{TrackChanged::Action::kAdded, describe(now, *track)});
      router_->on_track_added(now, *track);
    }
  }
  const auto& receive = participant.peer->receive();
  for (size_t i = 0; i < receive.size(); ++i) {
    if (i == participant.subscriptions.size()) {
      participant.subscriptions.push_back(std::make_unique<Subscription>(participant, static_cast<uint16_t>(i), receive[i], context_.peers.random));
      participant.subscriptions.back()->wish = default_wish(receive, i);
    }
    update_slot(now, *participant.subscriptions[i], receive[i]);
  }
}

void Room::update_slot(Timestamp now, Subscription& slot, const peer::ReceiveSpec& spec) {
  slot.active = spec.active;
  if (slot.spec() == spec) return;
  slot.set_spec(spec);
  if (!slot.track) return;
  // What it shows may be called by another payload type now, or not be decoded any more.
  const auto* codec = peer::find_forwardable(slot.track->spec().codec, spec.codecs);
  if (!codec) {
    show(now, slot, nullptr, SlotReason::kCodec);
  } else if (const auto target = slot.forwarder.target(); target.track != 0) {
    slot.forwarder.set_target(target, codec->payload_type);
  }
}

Subscription::Wish Room::default_wish(const std::vector<peer::ReceiveSpec>& slots, size_t index) const {
  Subscription::Wish wish;
  if (config_.mode != RoomMode::kMcu) return wish;
  const auto first = std::find_if(slots.begin(), slots.end(), [&](const auto& s) { return s.kind == slots[index].kind; });
  wish.track.kind = first == slots.begin() + static_cast<std::ptrdiff_t>(index) ? TrackChoice::Kind::kMix : TrackChoice::Kind::kNone;
  return wish;
}

void Room::remove_track(Timestamp now, Track& track) {
  const std::vector<Subscription*> shown = track.subscribers;
  for (Subscription* slot : shown) show(now, *slot, nullptr, SlotReason::kNotPublished);
  std::erase(track_order_, &track);
  tracks_by_number_.erase(track.number());
  speakers_.forget(track.number());
  log(LogLevel::kInfo, "track removed", {{"room", id_.str()}, {"participant", track.publisher().id().str()}, {"track", track.id().str()}});
  publish_event(TrackChanged{TrackChanged::Action::kRemoved, describe(now, track)});
  // Nobody is shown another track in place of this one in a room that ends.
  if (!closed_) router_->on_track_removed(now, track);
}

void Room::remove(Timestamp now, Participant& participant, LeaveReason reason) {
  log(LogLevel::kInfo, "participant left", {{"room", id_.str()}, {"participant", participant.id().str()}, {"reason", std::string(to_string(reason))}});
  participant.is_leaving = true;
  context_.demultiplexer.remove(participant);
  deadlines_.set(participant.deadline, Timestamp::never());
  std::erase(order_, &participant);
  for (auto& slot : participant.subscriptions) show(now, *slot, nullptr, SlotReason::kOff);
  for (auto& track : participant.tracks) {
    if (!track) continue;
    remove_track(now, *track);
    track.reset();
  }
  if (!closed_) router_->on_participant_removed(now, participant);
  if (!participant.peer->is_closed() && !participant.peer->is_expired()) participant.peer->close(now);
  if (speaker_ == participant.id()) {
    speaker_.reset();
    publish_event(SpeakerChanged{});
  }
  publish_event(ParticipantLeft{participant.id(), reason});
  // It may have a BYE and a close_notify to send, so it stays until the next poll_transmit.
  auto it = participants_.find(participant.id());
  mark_output(participant);
  leaving_.push_back(std::move(it->second));
  participants_.erase(it);
  if (participants_.empty()) empty_since_ = now;
}

void Room::close(Timestamp now, CloseReason reason) {
  if (closed_) return;
  now_ = now;
  closed_ = true;
  while (!order_.empty()) remove(now, *order_.back(), LeaveReason::kRoomClosed);
  log(LogLevel::kInfo, "room closed", {{"room", id_.str()}, {"reason", std::string(to_string(reason))}});
  publish_event(RoomClosed{reason});
}

size_t Room::slot_count() const {
  size_t n = 0;
  for (const Participant* p : order_) n += p->subscriptions.size();
  return n;
}

}  // namespace tutti::room
