#include <algorithm>
#include <set>

#include "tutti/base/log.hpp"
#include "tutti/proto/ice/agent.hpp"
#include "tutti/room/room.hpp"

namespace tutti::room {
namespace {

Error limit(std::string what, uint32_t most) {
  return {ErrorKind::kForbidden, "limit-" + what, "at most " + std::to_string(most) + " " + what + " are allowed here", {}};
}

// Of a congestion log: four minutes of one camera, at about 150 bytes each.
constexpr size_t kCongestionRecords = 60'000;
// Nine megabytes each.
constexpr int kMostCongestionLogs = 4;

// So many times over a participant may replace all its m-lines.
constexpr size_t kMaxReplacements = 4;

// How many there are when those of an offer are added to those that a peer has, or had.
template <class Spec>
size_t lines_after(const std::vector<Spec>& had, const std::vector<Spec>& offered) {
  return had.size() + static_cast<size_t>(std::count_if(offered.begin(), offered.end(), [&](const Spec& o) {
           return std::none_of(had.begin(), had.end(), [&](const Spec& h) { return h.mid == o.mid; });
         }));
}

void apply_change(Subscription::Wish& wish, const SubscriptionChange& c) {
  if (c.track) wish.track = *c.track;
  if (c.layout) wish.layout = *c.layout;
  if (c.max_height) wish.max_height = *c.max_height;
  if (c.rid) wish.rid = *c.rid;
  if (c.temporal) wish.temporal = *c.temporal;
  if (c.max_fps) wish.max_fps = *c.max_fps;
  if (c.priority) wish.priority = *c.priority;
  if (c.visible) wish.visible = *c.visible;
  if (c.paused) wish.paused = *c.paused;
}

}  // namespace

Result<Reply> Room::apply(Timestamp now, const Join& join) {
  now_ = now;
  ParticipantId id = join.participant;
  if (id.empty()) id = ParticipantId("p-" + context_.peers.random.token(12));
  const Participant* replaced = find(id);
  if (replaced && !join.replace)
    return Error{ErrorKind::kConflict, "participant-exists", "room \"" + id_.str() + "\" has a participant \"" + id.str() + "\"; send \"replace\": true to take its place", "/id"};
  if (!replaced && join.unless_replacing) return *join.unless_replacing;
  if (!replaced && order_.size() >= config_.limits.participants) return limit("participants", config_.limits.participants);
  if (!replaced) {
    if (auto ok = router_->admit_member(); !ok) return ok.error();
  }

  std::string answer;
  std::optional<Endpoint> local;
  auto made = std::holds_alternative<WebrtcJoin>(join.transport)
                  ? make_webrtc(now, join, std::get<WebrtcJoin>(join.transport), id, answer)
                  : make_keyed(now, join, std::get<KeyedJoin>(join.transport), id, replaced, local);
  if (!made) return made.error();

  if (replaced) remove(now, *find(id), LeaveReason::kReplaced);
  Participant& participant = **made;
  participants_[id] = std::move(*made);
  order_.push_back(&participant);
  if (participant.session) context_.demultiplexer.add_ufrag(participant.local.ice_ufrag, participant);
  if (const auto path = participant.peer->send_path()) {
    context_.demultiplexer.add_path(*path, participant);
  } else if (!participant.session) {
    context_.demultiplexer.add_waiting(participant);
  }
  if (next_tick_ == Timestamp::never()) next_tick_ = now + kTick;
  log(LogLevel::kInfo, "participant joined",
      {{"room", id_.str()}, {"participant", id.str()}, {"name", participant.name}, {"transport", std::string(to_string(participant.transport_kind()))}});
  publish_event(ParticipantJoined{id, participant.name});
  sync_streams(now, participant);
  change(participant, join.subscriptions, false);
  router_->on_subscriber_changed(now, participant);
  follow_state(now, participant);
  return Reply(JoinReply{describe(now, participant), std::move(answer), local});
}

peer::NegotiationPolicy Room::policy() const {
  peer::NegotiationPolicy p;
  p.audio = config_.audio_codecs;
  p.video = config_.video_codecs;
  p.max_sdp_bytes = context_.max_sdp_bytes;
  p.max_tracks = config_.limits.tracks;
  p.max_slots = config_.limits.slots;
  return p;
}

peer::LocalTransport Room::local_transport(bool loopback, std::string cname) {
  const ice::LocalCredentials credentials = ice::make_credentials(context_.peers.random);
  return {credentials.ufrag, credentials.pwd, context_.fingerprint_sha256, context_.addresses.candidates(loopback), std::move(cname)};
}

Result<std::unique_ptr<Participant>> Room::make_webrtc(Timestamp now, const Join& join, const WebrtcJoin& webrtc, ParticipantId id,
                                                       std::string& answer) {
  peer::LocalTransport local = local_transport(webrtc.offer_loopback, context_.peers.random.token(16));
  auto negotiated = peer::negotiate(webrtc.offer, webrtc.publish, policy(), local, nullptr, context_.peers.random);
  if (!negotiated) return negotiated.error();
  if (auto ok = check(join.subscriptions, negotiated->session.receive, nullptr, false); !ok) return ok.error();
  answer = std::move(negotiated->answer);
  auto participant = std::make_unique<Participant>(*this, std::move(id), join.name, TransportKind::kWebrtc,
                                                   std::make_unique<peer::Peer>(context_.peers, negotiated->session, local, now));
  participant->session = std::move(negotiated->session);
  participant->local = std::move(local);
  participant->offer_loopback = webrtc.offer_loopback;
  return participant;
}

Result<std::unique_ptr<Participant>> Room::make_keyed(Timestamp now, const Join& join, const KeyedJoin& keyed, ParticipantId id,
                                                      const Participant* replaced, std::optional<Endpoint>& local) {
  if (!keyed.encrypted && !context_.allow_plain_rtp)
    return Error{ErrorKind::kForbidden, "plain-rtp", "media without encryption is refused; media.allow_plain_rtp would allow it", "/transport/kind"};
  if (keyed.publish.size() > config_.limits.tracks) return limit("tracks", config_.limits.tracks);
  if (keyed.receive.size() > config_.limits.slots) return limit("slots", config_.limits.slots);
  if (!keyed.remote && (!keyed.encrypted || keyed.publish.empty()))
    return invalid("without a remote address only a participant that publishes over SRTP can be found", "/transport/remote");
  std::set<std::string> names;
  for (const auto& p : keyed.publish) {
    if (!names.insert(p.name).second) return invalid("two tracks are called \"" + p.name + "\"", "/publish");
  }
  if (auto ok = check(join.subscriptions, keyed.receive, nullptr, false); !ok) return ok.error();

  peer::KeyedSettings settings;
  if (keyed.encrypted) settings.keys = SrtpKeys{keyed.suite, keyed.send_key, keyed.receive_key};
  settings.timeout = keyed.timeout.value_or(TimeDelta::infinite());
  const auto& sockets = context_.addresses.sockets();
  if (keyed.remote) {
    const auto socket = context_.addresses.socket_for(*keyed.remote);
    if (!socket)
      return Error{ErrorKind::kUnsupported, "unreachable", "no local address can reach " + keyed.remote->str() + "; see media.listen", "/transport/remote"};
    const Participant* owner = context_.demultiplexer.by_remote(*keyed.remote);
    if (owner && owner != replaced)
      return Error{ErrorKind::kConflict, "address-in-use", keyed.remote->str() + " belongs to another participant", "/transport/remote"};
    settings.remote = Path{*socket, *keyed.remote};
    local = sockets[*socket].advertised;
  } else if (const auto offered = context_.addresses.candidates(true); !offered.empty()) {
    local = offered.front();
  }
  auto made = peer::Peer::make_keyed(context_.peers, settings, keyed.publish, keyed.receive, now);
  if (!made) return made.error();
  return std::make_unique<Participant>(*this, std::move(id), join.name, keyed.encrypted ? TransportKind::kSrtp : TransportKind::kRtp, std::move(*made));
}

Result<Reply> Room::apply(Timestamp now, const UpdateParticipant& command) {
  now_ = now;
  auto found = require(command.participant);
  if (!found) return found.error();
  Participant& participant = **found;
  for (size_t i = 0; i < command.mute.size(); ++i) {
    if (!participant.find_track(command.mute[i].name))
      return invalid("it publishes no track \"" + command.mute[i].name + "\"", "/publish/" + std::to_string(i) + "/id");
  }
  if (command.congestion_log && *command.congestion_log && !participant.peer->estimate())
    return Error{ErrorKind::kConflict, "no-estimate", "it sends no feedback that tells of its path", "/congestion_log"};
  const auto others_kept = std::count_if(order_.begin(), order_.end(), [&](const Participant* p) {
    return p != &participant && p->peer->recorded_estimates();
  });
  if (command.congestion_log.value_or(false) && others_kept >= kMostCongestionLogs)
    return Error{ErrorKind::kForbidden, "limit-congestion-logs",
                 "at most " + std::to_string(kMostCongestionLogs) +
                     " participants of a room may keep one; PATCH another with \"congestion_log\": false",
                 "/congestion_log"};
  UpdateReply reply;
  if (command.offer) {
    auto answer = renegotiate(now, participant, *command.offer);
    if (!answer) return answer.error();
    reply.answer = std::move(*answer);
  }
  if (command.congestion_log) participant.peer->record_estimates(now, *command.congestion_log ? kCongestionRecords : 0);
  if (command.name) participant.name = *command.name;
  VoiceControls& voice = participant.voice;
  const VoiceControls voice_before = voice;
  voice.gain_db = command.voice.gain_db.value_or(voice.gain_db);
  voice.deaf = command.voice.deaf.value_or(voice.deaf);
  voice.gain_control = command.voice.gain_control.value_or(voice.gain_control);
  voice.noise_suppression = command.voice.noise_suppression.value_or(voice.noise_suppression);
  if (voice != voice_before || command.name) router_->on_subscriber_changed(now, participant);
  for (const MuteTrack& mute : command.mute) {
    Track* track = participant.find_track(mute.name);
    // The offer in the same command may have ended it.
    if (!track || track->muted == mute.muted) continue;
    track->muted = mute.muted;
    publish_event(TrackChanged{TrackChanged::Action::kChanged, describe(now, *track)});
    if (mute.muted) {
      speakers_.forget(track->number());
      for (Subscription* slot : track->subscribers) slot->forwarder.clear_target();
      // Nobody begins with what was before, neither now nor when it goes on.
      for (TrackLayer& layer : track->layers) layer.keyframe.reset();
    } else {
      for (Subscription* slot : track->subscribers) router_->on_keyframe_needed(now, *slot);
    }
    router_->on_speakers_changed(now);
  }
  reply.participant = describe(now, participant);
  return Reply(std::move(reply));
}

Result<std::string> Room::renegotiate(Timestamp now, Participant& participant, const WebrtcJoin& offer) {
  if (!participant.session)
    return Error{ErrorKind::kConflict, "not-webrtc", "only a participant that joined with an offer can offer again", "/transport/offer"};
  // Whether this is an ICE restart is known only after the offer is read, so fresh credentials are made either way and the
  // old ones put back if they stay.
  peer::LocalTransport fresh = local_transport(participant.offer_loopback || offer.offer_loopback, participant.local.cname);
  auto negotiated = peer::negotiate(offer.offer, offer.publish, policy(), participant.local, &*participant.session, context_.peers.random);
  if (negotiated && negotiated->ice_restart)
    negotiated = peer::negotiate(offer.offer, offer.publish, policy(), fresh, &*participant.session, context_.peers.random);
  if (!negotiated) return negotiated.error();
  // A stopped m-line that comes back with another mid is a new one here, and the old one keeps its place.
  if (lines_after(participant.peer->publish(), negotiated->session.publish) > kMaxReplacements * config_.limits.tracks ||
      lines_after(participant.peer->receive(), negotiated->session.receive) > kMaxReplacements * config_.limits.slots)
    return Error{ErrorKind::kConflict, "rejoin", "too many m-lines were replaced by others; the participant must join again", "/transport/offer"};
  const bool restart = negotiated->ice_restart;
  if (restart) participant.local = std::move(fresh);
  participant.session = std::move(negotiated->session);
  participant.peer->update(now, *participant.session, restart ? &participant.local : nullptr);
  if (restart) context_.demultiplexer.add_ufrag(participant.local.ice_ufrag, participant);
  sync_streams(now, participant);
  router_->on_subscriber_changed(now, participant);
  return std::move(negotiated->answer);
}

Result<Reply> Room::apply(Timestamp now, const RestartIce& command) {
  now_ = now;
  auto found = require(command.participant);
  if (!found) return found.error();
  Participant& participant = **found;
  if (!participant.session) return Error{ErrorKind::kConflict, "not-webrtc", "this participant has no ICE to restart", {}};
  participant.local = local_transport(participant.offer_loopback, participant.local.cname);
  participant.session->remote.ice_ufrag = command.ufrag;
  participant.session->remote.ice_pwd = command.pwd;
  participant.peer->restart_ice(now, participant.local, participant.session->remote);
  context_.demultiplexer.add_ufrag(participant.local.ice_ufrag, participant);
  return Reply(IceCredentials{participant.local.ice_ufrag, participant.local.ice_pwd});
}

Result<Reply> Room::apply(Timestamp now, const RemoveParticipant& command) {
  now_ = now;
  auto found = require(command.participant);
  if (!found) return found.error();
  remove(now, **found, LeaveReason::kRemoved);
  return Reply(Done{});
}

Result<void> Room::check(const std::vector<SubscriptionChange>& changes, const std::vector<peer::ReceiveSpec>& slots,
                         const Participant* participant, bool replace_all) const {
  for (size_t i = 0; i < changes.size(); ++i) {
    const std::string pointer = "/subscriptions/" + std::to_string(i);
    const auto slot = std::find_if(slots.begin(), slots.end(), [&](const auto& s) { return s.slot == changes[i].slot; });
    if (slot == slots.end()) return invalid("there is no slot \"" + changes[i].slot.str() + "\" (a slot is a receiving m-line, named by its mid)", pointer + "/slot");
    if (changes[i].track && !router_->serves(*changes[i].track))
      return Error{ErrorKind::kConflict, "mode-conflict", "a room of mode \"" + std::string(to_string(config_.mode)) + "\" cannot show this", pointer + "/track"};
    if (changes[i].layout && !changes[i].layout->empty() && !layouts_.contains(*changes[i].layout))
      return Error{ErrorKind::kConflict, "layout-not-found", "the room has no layout \"" + *changes[i].layout + "\"; PUT one under /layouts", pointer + "/layout"};
    const auto index = static_cast<size_t>(slot - slots.begin());
    Subscription::Wish wish = participant && !replace_all ? participant->subscriptions[index]->wish : default_wish(slots, index);
    apply_change(wish, changes[i]);
    if (auto ok = router_->admit_slot(*slot, wish); !ok) {
      Error error = ok.error();
      error.pointer = pointer + "/track";
      return error;
    }
  }
  return {};
}

void Room::change(Participant& participant, const std::vector<SubscriptionChange>& changes, bool replace_all) {
  if (replace_all) {
    for (size_t i = 0; i < participant.subscriptions.size(); ++i)
      participant.subscriptions[i]->wish = default_wish(participant.peer->receive(), i);
  }
  for (const SubscriptionChange& c : changes) apply_change(participant.find_slot(c.slot)->wish, c);
}

Result<Reply> Room::apply(Timestamp now, const SetSubscriptions& command) {
  now_ = now;
  auto found = require(command.participant);
  if (!found) return found.error();
  Participant& participant = **found;
  if (auto ok = check(command.changes, participant.peer->receive(), &participant, command.replace_all); !ok) return ok.error();
  change(participant, command.changes, command.replace_all);
  router_->on_subscriber_changed(now, participant);
  return Reply(describe(now, participant).slots);
}

Result<Reply> Room::apply(Timestamp, const UpdateRoom& command) {
  if (command.limits.participants) config_.limits.participants = *command.limits.participants;
  if (command.limits.tracks) config_.limits.tracks = *command.limits.tracks;
  if (command.limits.slots) config_.limits.slots = *command.limits.slots;
  if (command.empty_timeout) config_.empty_timeout = *command.empty_timeout;
  return Reply(describe());
}

Result<Layouts::const_iterator> Room::require_layout(const std::string& name) const {
  if (auto it = layouts_.find(name); it != layouts_.end()) return it;
  return Error{ErrorKind::kNotFound, "layout-not-found", "room \"" + id_.str() + "\" has no layout \"" + name + "\"", {}};
}

Result<Reply> Room::apply(Timestamp now, const SetLayout& command) {
  now_ = now;
  if (!mixes()) return Error{ErrorKind::kConflict, "mode-conflict", "a room of mode \"sfu\" composes nothing", {}};
  const bool created = !layouts_.contains(command.name);
  if (created && layouts_.size() >= kMaxLayouts) return limit("layouts", kMaxLayouts);
  layouts_[command.name] = command.layout;
  router_->on_layouts_changed(now);
  LayoutInfo info = describe(command.name, command.layout);
  info.created = created;
  return Reply(info);
}

Result<Reply> Room::apply(Timestamp now, const DeleteLayout& command) {
  now_ = now;
  auto found = require_layout(command.name);
  if (!found) return found.error();
  if (command.name == "default") {
    layouts_["default"] = {};
  } else {
    for (const Participant* p : order_) {
      for (const auto& slot : p->subscriptions) {
        if (slot->wish.layout == command.name)
          return Error{ErrorKind::kConflict, "layout-in-use", "slot \"" + slot->spec().slot.str() + "\" of \"" + p->id().str() + "\" shows it", {}};
      }
    }
    layouts_.erase(*found);
  }
  router_->on_layouts_changed(now);
  return Reply(Done{});
}

Result<Reply> Room::apply(Timestamp, const DescribeLayout& command) const {
  auto found = require_layout(command.name);
  if (!found) return found.error();
  return Reply(describe(command.name, (*found)->second));
}

Result<Reply> Room::apply(Timestamp, const DescribeLayouts&) const {
  std::vector<LayoutInfo> all;
  for (const auto& [name, layout] : layouts_) all.push_back(describe(name, layout));
  return Reply(std::move(all));
}

}  // namespace tutti::room
