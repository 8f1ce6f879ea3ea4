#include "harness/person.hpp"

#include <algorithm>

#include "harness/due.hpp"
#include "tutti/base/datagram.hpp"

namespace tutti::bench {
namespace {

// SSRCs of a person: those it sends with, then those it asks for, each followed by its RTX.
constexpr uint32_t kSsrcsOfPerson = 2'048, kFirstReceived = 1'024;

uint32_t first_ssrc(uint32_t person) { return (person + 1) * kSsrcsOfPerson; }

}  // namespace

Person::Person(const PersonPlan& plan, const Shared& shared, uint64_t seed, uint32_t sample_every)
    : plan_(plan),
      role_(*plan.role),
      shared_(shared),
      sample_every_(std::max(1u, sample_every)),
      batch_(static_cast<uint32_t>(SeededRandom(seed).next() % std::max(1u, sample_every))),
      up_(plan.role->up, seed * 2 + 1),
      down_(plan.role->down, seed * 2 + 2),
      own_ssrc_(Ssrc(first_ssrc(plan.number))) {
  uint32_t ssrc = first_ssrc(plan_.number);
  for (const PlannedTrack& track : plan_.tracks) {
    Published& published = join_.publish.emplace_back();
    published.id = track.id;
    published.kind = track.kind;
    for (const PlannedLayer& layer : track.layers) {
      const bool rtx = role_.rtx && track.kind == MediaKind::kVideo;
      published.layers.push_back({layer.rid, Ssrc(ssrc), rtx ? std::optional(Ssrc(ssrc + 1)) : std::nullopt});
      ssrc += 2;
    }
  }
  ssrc = first_ssrc(plan_.number) + kFirstReceived;
  for (const PlannedSlot& slot : plan_.slots) {
    const bool rtx = role_.rtx && slot.kind == MediaKind::kVideo;
    join_.receive.push_back({slot.kind, slot.track, Ssrc(ssrc), rtx ? std::optional(Ssrc(ssrc + 1)) : std::nullopt});
    ReceiveStream& stream = receives_.emplace_back();
    stream.kind = slot.kind;
    stream.mix = slot.track == "mix";
    stream.packets_per_s = stream.mix && slot.kind == MediaKind::kAudio ? kMixesPerSecond : slot.packets_per_s;
    mixes_ = mixes_ || (stream.mix && slot.kind == MediaKind::kAudio);
    ssrc += 2;
  }
  not_begun_ = receives_.size();
  join_.room = plan_.room;
  join_.id = plan_.id;
  if (role_.transport == TransportKind::kWebrtc) link_ = std::make_unique<WebrtcLink>(shared_.dtls, shared_.random);
  if (role_.transport == TransportKind::kSrtp) {
    std::array<uint8_t, SrtpMasterKey::kMaxSize> local{}, remote{};
    shared_.random.fill(local);
    shared_.random.fill(remote);
    const size_t size = master_key_size(role_.suite);
    join_.keys = SrtpKeys{role_.suite, SrtpMasterKey(std::span(local).first(size)),
                          SrtpMasterKey(std::span(remote).first(size))};
  }
}

KeyedJoin Person::keyed_join(const Endpoint& own) {
  join_.address = own;
  return join_;
}

Result<void> Person::joined(Timestamp now, const KeyedJoined& joined) {
  server_ = joined.server;
  other_source_ = joined.other_source;
  plain_up_ = joined.plain_up || !join_.keys;
  plain_down_ = joined.plain_down || !join_.keys;
  const auto& receive = joined.receive.empty() ? join_.receive : joined.receive;
  if (receive.size() != receives_.size()) return invalid("a join of other slots than were asked for");
  for (size_t i = 0; i < receive.size(); ++i) {
    receives_[i].ssrc = receive[i].ssrc;
    receives_[i].rtx_ssrc = receive[i].rtx_ssrc;
  }
  add_senders(joined.publish.empty() ? join_.publish : joined.publish);
  for (Sender& sender : senders_) sender.extensions.level = kAudioLevelId;
  std::unique_ptr<srtp::Session> session;
  if (join_.keys) {
    auto made = shared_.backend.make_session(*join_.keys);
    if (!made) return made.error();
    session = std::move(*made);
  }
  connect(now, std::move(session));
  return {};
}

WebrtcJoin Person::webrtc_join() {
  WebrtcJoin join{plan_.room, plan_.id, make_offer(plan_, join_.publish, link_->local(), shared_.fingerprint), {}};
  for (size_t i = 0; i < plan_.slots.size(); ++i) {
    join.subscriptions.push_back({std::to_string(plan_.tracks.size() + i), plan_.slots[i].track});
  }
  return join;
}

Result<void> Person::answered(Timestamp now, const std::string& text) {
  const Result<ReadAnswer> answer = read_answer(text);
  if (!answer) return answer.error();
  if (answer->sections.size() != plan_.tracks.size() + receives_.size()) return invalid("an answer of other m-lines");
  server_ = answer->server;
  add_senders(join_.publish);
  for (Sender& sender : senders_) {
    const ReadAnswer::Section& section = answer->sections[sender.track];
    sender.extensions.level = section.levels ? kWebrtcLevelId : 0;
    sender.extensions.transport_sequence = section.transport_feedback ? kWebrtcTransportSequenceId : 0;
    sender.extensions.mid = kWebrtcMidId;
    if (!sender.stream.config().rid.empty()) {
      sender.extensions.rid = kWebrtcRidId;
      sender.extensions.repaired_rid = kWebrtcRepairedRidId;
    }
  }
  bool feedback = false;
  for (size_t i = 0; i < receives_.size(); ++i) {
    const ReadAnswer::Section& section = answer->sections[plan_.tracks.size() + i];
    receives_[i].ssrc = section.ssrc.value_or(Ssrc(0));
    receives_[i].rtx_ssrc = section.rtx_ssrc;
    feedback = feedback || section.transport_feedback;
  }
  if (feedback && role_.feedback.transport_feedback) {
    transport_feedback_.emplace(own_ssrc_);
    transport_sequence_id_ = kWebrtcTransportSequenceId;
  }
  link_->begin(now, answer->credentials, *answer->fingerprint);
  return {};
}

void Person::add_senders(const std::vector<Published>& publish) {
  for (size_t t = 0; t < publish.size() && t < plan_.tracks.size(); ++t) {
    const PlannedTrack& track = plan_.tracks[t];
    for (size_t l = 0; l < track.layers.size() && l < publish[t].layers.size(); ++l) {
      const PublishedLayer& layer = publish[t].layers[l];
      const SendStream::Config config{track.kind,
                                      track.layers[l].program,
                                      layer.ssrc,
                                      layer.rtx_ssrc,
                                      PayloadType(track.kind == MediaKind::kAudio ? kAudioType : kVideoType),
                                      PayloadType(kRtxType),
                                      track.layers[l].rid};
      senders_.push_back({SendStream(config, shared_.random), {}, t});
    }
  }
}

void Person::connect(Timestamp now, std::unique_ptr<srtp::Session> session) {
  session_ = std::move(session);
  connected_at_ = now;
  begin_feedback(now);
}

void Person::follow_link(Timestamp now) {
  if (connected_at_ || !link_) return;
  const auto keys = link_->keys();
  if (!keys) return;
  shared_.tally.ice.add(link_->ice_time()->us() * 1'000);
  shared_.tally.dtls.add(link_->dtls_time()->us() * 1'000);
  if (auto session = shared_.backend.make_session(*keys)) connect(now, std::move(*session));
}

void Person::start(Timestamp at) {
  for (Sender& sender : senders_) sender.stream.start(at);
}

void Person::stop() {
  for (Sender& sender : senders_) sender.stream.stop();
}

Timestamp Person::next_deadline() const {
  Timestamp next = std::min({next_report_, next_pli_, up_queue_.next(), down_queue_.next(),
                             link_ ? link_->next_deadline() : Timestamp::never(),
                             transport_feedback_ ? transport_feedback_->next_deadline() : Timestamp::never()});
  for (const Sender& sender : senders_) next = std::min(next, sender.stream.due());
  for (const ReceiveStream& stream : receives_) next = std::min(next, stream.nacks.next_deadline());
  return next;
}

void Person::handle_deadline(Timestamp now, Wire& wire) {
  while (const auto packet = up_queue_.pop(now)) wire.send(packet->bytes);
  while (auto packet = down_queue_.pop(now)) {
    const size_t size = packet->bytes.size();
    receive(now, {packet->bytes, size, packet->wall_ns, packet->wall_ns != 0}, wire);
  }
  if (link_ && link_->next_deadline() <= now) {
    link_->handle_deadline(now, wire);
    follow_link(now);
  }
  if (!connected_at_) return;
  send_due(now, wire);
  send_nacks(now, wire);
  if (next_report_ <= now) send_reports(now, wire);
  if (next_pli_ <= now) ask_for_keyframes(now, wire);
  std::array<uint8_t, kMaxDatagram> out;
  while (const auto feedback = transport_feedback_ ? transport_feedback_->poll(now) : std::nullopt) {
    send_rtcp(out, feedback->serialize(out), wire);
  }
}

void Person::send_due(Timestamp now, Wire& wire) {
  for (Sender& sender : senders_) {
    while (sender.stream.due() <= now) {
      shared_.tally.lateness.add((now - sender.stream.due()).us() * 1'000);
      const uint64_t asked = sender.stream.keyframes_asked();
      for (size_t left = sender.stream.take_frame(); left > 0; --left) {
        OutgoingPacket packet = sender.stream.next_packet();
        seal_and_send(now, sender, packet, wire);
        sender.stream.keep(packet);
      }
      shared_.tally.keyframes += sender.stream.keyframes_asked() - asked;
    }
  }
}

void Person::seal_and_send(Timestamp now, Sender& sender, OutgoingPacket& packet, Wire& wire) {
  std::array<uint8_t, kMaxDatagram> out;
  rtp::ExtensionWriter extensions;
  const Extensions& ids = sender.extensions;
  const SendStream::Config& config = sender.stream.config();
  if (ids.level != 0 && config.kind == MediaKind::kAudio && role_.audio && role_.audio->levels) {
    const uint8_t level = sender.stream.level();
    extensions.add(ids.level, {&level, 1});
  }
  if (ids.mid != 0) {
    const auto mid = static_cast<uint8_t>('0' + sender.track);
    extensions.add(ids.mid, {&mid, 1});
  }
  if (ids.rid != 0) {
    const bool rtx = packet.header.ssrc != config.ssrc;
    extensions.add(rtx ? ids.repaired_rid : ids.rid, as_bytes(config.rid));
  }
  if (ids.transport_sequence != 0) {
    const uint16_t number = transport_sequence_++;
    const std::array<uint8_t, 2> bytes = {static_cast<uint8_t>(number >> 8), static_cast<uint8_t>(number)};
    extensions.add(ids.transport_sequence, bytes);
  }
  const size_t header_size = rtp::write_header(packet.header, extensions.finish(), out);
  const Fate fate = up_.draw();
  if (packet.prefix.stamp_at != 0) {
    // The time at which it leaves the network that is made up here, so that what is measured is the server's.
    write_stamp(std::span(packet.prefix.bytes).subspan(packet.prefix.stamp_at, kStampSize),
                wire.wall_ns() + fate.delays[0].us() * 1'000, packet.shared->pattern_offset,
                static_cast<uint16_t>(packet.shared->rest.size()));
  }
  srtp::SealJob job;
  job.session = plain_up_ ? nullptr : session_.get();
  job.header_size = header_size;
  job.prefix = std::span(packet.prefix.bytes).first(packet.prefix.size);
  job.rest = packet.shared->rest;
  job.out = out;
  shared_.backend.seal({&job, 1});
  const auto sealed = std::span(out).first(job.sealed_size);
  ++shared_.tally.sent;
  for (size_t i = 0; i < fate.copies; ++i) {
    if (fate.delays[i] == TimeDelta::zero()) {
      wire.send(sealed);
    } else {
      up_queue_.push(now + fate.delays[i], 0, sealed);
    }
  }
}

}  // namespace tutti::bench
