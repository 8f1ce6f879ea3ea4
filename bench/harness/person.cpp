#include "harness/person.hpp"

#include <algorithm>

#include "tutti/base/byte_reader.hpp"
#include "tutti/base/datagram.hpp"
#include "tutti/wire/payload/vp8.hpp"
#include "tutti/wire/rtcp/fir.hpp"
#include "tutti/wire/rtcp/header.hpp"
#include "tutti/wire/rtcp/nack.hpp"
#include "tutti/wire/rtcp/pli.hpp"
#include "tutti/wire/rtcp/receiver_report.hpp"
#include "tutti/wire/rtcp/sender_report.hpp"

namespace tutti::bench {
namespace {

constexpr TimeDelta kReportInterval = TimeDelta::seconds(1);
// SSRCs of a person: those it sends with, then those it asks for, each followed by its RTX.
constexpr uint32_t kSsrcsOfPerson = 2'048, kFirstReceived = 1'024;

// RFC 7983 §7: 128 to 191 is RTP and RTCP.
bool is_media(uint8_t first) { return first >= 128 && first <= 191; }

uint32_t first_ssrc(uint32_t person) { return (person + 1) * kSsrcsOfPerson; }

// 1900 to 1970.
NtpTime ntp_of(int64_t wall_ns) { return NtpTime::from_us(wall_ns / 1'000 + int64_t{2'208'988'800} * 1'000'000); }

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
    stream.stamped = slot.stamped;
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
  // Not all reports of everybody at once.
  next_report_ = now + TimeDelta::micros(static_cast<int64_t>(shared_.random.below(1'000'000)));
  next_pli_ = now + role_.feedback.pli_interval.value_or(kReportInterval);
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

bool Person::wants_whole() const {
  if (!plan_.tracks.empty() || link_ || mixes_ || not_begun_ > 0 || sampled() || down_.active()) return true;
  return std::any_of(receives_.begin(), receives_.end(), [](const ReceiveStream& s) { return s.nacks.missing() > 0; });
}

void Person::handle_datagram(Timestamp now, const Arrival& arrival, Wire& wire) {
  if (!arrival.bytes.empty() && is_media(arrival.bytes[0]) && !rtp::is_rtcp(arrival.bytes)) {
    ++shared_.tally.received;
    shared_.tally.received_bytes += arrival.size;
  }
  if (!down_.active()) return receive(now, arrival, wire);
  const Fate fate = down_.draw();
  for (size_t i = 0; i < fate.copies; ++i) down_queue_.push(now + fate.delays[i], arrival.wall_ns, arrival.bytes);
}

void Person::receive(Timestamp now, const Arrival& arrival, Wire& wire) {
  if (arrival.bytes.size() < rtp::kFixedHeaderSize) return;
  if (!is_media(arrival.bytes[0])) {
    if (!link_) return;
    link_->handle_datagram(now, arrival.bytes, wire);
    return follow_link(now);
  }
  if (!connected_at_) return;
  if (rtp::is_rtcp(arrival.bytes)) {
    if (arrival.whole()) receive_rtcp(now, arrival.bytes, wire);
    return;
  }
  receive_rtp(now, arrival);
}

void Person::receive_rtp(Timestamp now, const Arrival& arrival) {
  ByteReader r(arrival.bytes);
  r.u8();
  const PayloadType type(r.u8() & 0x7F);
  const SeqNum sequence(r.u16());
  const RtpTimestamp timestamp(r.u32());
  const Ssrc ssrc(r.u32());
  if (transport_feedback_ && arrival.whole()) {
    if (const auto packet = rtp::parse(arrival.bytes)) {
      const auto data = rtp::find_extension(packet->extension_profile, packet->extensions, transport_sequence_id_);
      if (data && data->size() == 2) {
        transport_feedback_->on_packet(now, SeqNum(static_cast<uint16_t>((*data)[0] << 8 | (*data)[1])), ssrc);
      }
    }
  }
  ReceiveStream* stream = find(ssrc, type);
  if (stream == nullptr) {
    ++shared_.tally.unreadable;  // nobody announced it
    return;
  }
  if (ssrc != stream->ssrc) return receive_rtx(now, arrival, *stream);
  const bool first = !stream->ledger.begun();
  const auto number = stream->ledger.on_packet(sequence);
  if (!number) return;
  if (first) {
    --not_begun_;
    if (!got_media_) shared_.tally.first_media.add((now - *connected_at_).us() * 1'000);
    got_media_ = true;
  }
  on_number(now, *stream, *number);
  if (stream->mix && stream->kind == MediaKind::kAudio) note_mix(arrival.wall_ns, timestamp, *stream);
  if ((first || arrival.sampled) && arrival.whole()) check(arrival, *stream);
}

// RFC 4588: the original number stands inside, so these are all opened.
void Person::receive_rtx(Timestamp now, const Arrival& arrival, ReceiveStream& stream) {
  ++shared_.tally.retransmitted;
  if (!arrival.whole()) return;
  const auto payload = open(arrival.bytes);
  const auto inner = payload ? rtpstream::parse_rtx(*payload) : std::nullopt;
  if (!inner) return;
  if (const auto number = stream.ledger.on_packet(inner->original, true)) on_number(now, stream, *number);
}

void Person::on_number(Timestamp now, ReceiveStream& stream, ExtSeqNum number) {
  if (!role_.feedback.nack || !stream.rtx_ssrc) return;
  if (const auto round_trip = stream.nacks.on_packet(now, number)) stream.nacks.set_round_trip_time(*round_trip);
}

ReceiveStream* Person::find(Ssrc ssrc, PayloadType type) {
  const auto is = [ssrc](const ReceiveStream& s) { return s.ssrc == ssrc || s.rtx_ssrc == ssrc; };
  if (last_found_ < receives_.size() && is(receives_[last_found_])) return &receives_[last_found_];
  const MediaKind kind = type.value() == kAudioType ? MediaKind::kAudio : MediaKind::kVideo;
  for (size_t i = 0; i < receives_.size(); ++i) {
    ReceiveStream& stream = receives_[i];
    if (stream.ssrc.value() == 0 && stream.kind == kind) stream.ssrc = ssrc;
    if (!is(stream)) continue;
    last_found_ = i;
    return &stream;
  }
  return nullptr;
}

std::optional<std::span<const uint8_t>> Person::open(std::span<uint8_t> bytes) {
  size_t size = bytes.size();
  if (!plain_down_) {
    const srtp::OpenResult opened = session_->open_rtp(bytes);
    if (!std::holds_alternative<size_t>(opened)) return std::nullopt;
    size = std::get<size_t>(opened);
  }
  auto packet = rtp::parse(bytes.first(size));
  if (!packet || !rtp::strip_padding(*packet)) return std::nullopt;
  return packet->payload;
}

void Person::check(const Arrival& arrival, const ReceiveStream& stream) {
  Tally& tally = shared_.tally;
  ++tally.decrypted;
  auto payload = open(arrival.bytes);
  if (!payload || payload->empty()) {
    ++tally.unreadable;
    return;
  }
  if (!stream.stamped) return;
  size_t stamp_at = 1;  // behind Opus's table of contents
  if (stream.kind == MediaKind::kVideo) {
    const auto descriptor = payload::Vp8Descriptor::parse(*payload);
    stamp_at =
        !descriptor ? payload->size() : descriptor->size + (descriptor->start_of_partition ? kVp8FrameHeaderSize : 0);
  }
  const auto sent = check_stamped(shared_.pattern, payload->subspan(std::min(stamp_at, payload->size())));
  if (!sent) {
    ++tally.unreadable;
  } else if (arrival.wall_ns != 0) {
    tally.latency.add(arrival.wall_ns - *sent);
  }
}

void Person::note_mix(int64_t wall_ns, RtpTimestamp timestamp, ReceiveStream& stream) {
  if (wall_ns == 0) return;
  if (stream.first_arrival_ns == 0) {
    stream.first_arrival_ns = wall_ns;
    stream.first_timestamp = timestamp;
  }
  const int64_t ticks = wrap_distance(stream.first_timestamp.value(), timestamp.value());
  const int64_t behind_ns = wall_ns - stream.first_arrival_ns - ticks * 1'000'000 / 48;
  // What memory was set aside for the measurement.
  if (stream.behind_us.size() < stream.behind_us.capacity()) {
    stream.behind_us.push_back(static_cast<int32_t>(std::clamp<int64_t>(behind_ns / 1'000, INT32_MIN, INT32_MAX)));
  }
}

void Person::receive_rtcp(Timestamp now, std::span<uint8_t> bytes, Wire& wire) {
  size_t size = bytes.size();
  if (!plain_down_) {
    const srtp::OpenResult opened = session_->open_rtcp(bytes);
    if (!std::holds_alternative<size_t>(opened)) return;
    size = std::get<size_t>(opened);
  }
  auto reader = rtcp::CompoundReader::open(bytes.first(size));
  if (!reader) return;
  const auto sender_of = [this](Ssrc ssrc) {
    return std::find_if(senders_.begin(), senders_.end(),
                        [&](const Sender& s) { return s.stream.config().ssrc == ssrc; });
  };
  const auto keyframe = [&](Ssrc ssrc) {
    if (const auto sender = sender_of(ssrc); sender != senders_.end()) sender->stream.want_keyframe();
  };
  while (const auto packet = reader->next()) {
    if (packet->type == rtcp::kTypeSenderReport) {
      const auto report = rtcp::SenderReport::parse(*packet);
      for (ReceiveStream& stream : receives_) {
        if (report && stream.ssrc == report->sender) stream.on_sender_report(now, report->ntp);
      }
    } else if (packet->type == rtcp::kTypeRtpFeedback && packet->format == rtcp::kFormatNack) {
      const auto nack = rtcp::Nack::parse(packet->body);
      const auto sender = nack ? sender_of(nack->media) : senders_.end();
      if (sender == senders_.end()) continue;
      for (const SeqNum lost : nack->lost) {
        if (auto again = sender->stream.again(lost)) seal_and_send(now, *sender, *again, wire);
      }
    } else if (packet->type == rtcp::kTypePayloadFeedback && packet->format == rtcp::kFormatPli) {
      if (const auto pli = rtcp::Pli::parse(packet->body)) keyframe(pli->media);
    } else if (packet->type == rtcp::kTypePayloadFeedback && packet->format == rtcp::kFormatFir) {
      const auto fir = rtcp::Fir::parse(packet->body);
      if (!fir) continue;
      for (const auto& entry : fir->entries) keyframe(entry.source);
    }
  }
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

void Person::send_rtcp(std::span<uint8_t> buffer, size_t size, Wire& wire) {
  if (size == 0) return;
  const size_t sealed = plain_up_ ? size : session_->seal_rtcp(buffer, size);
  wire.send(buffer.first(sealed));
}

void Person::send_nacks(Timestamp now, Wire& wire) {
  std::array<SeqNum, 128> lost;
  for (ReceiveStream& stream : receives_) {
    if (stream.nacks.next_deadline() > now) continue;
    while (const size_t count = stream.nacks.poll(now, lost)) {
      rtcp::Nack nack{own_ssrc_, stream.ssrc, {}};
      for (size_t i = 0; i < count; ++i) nack.lost.push_back(lost[i]);
      std::array<uint8_t, kMaxDatagram> out;
      send_rtcp(out, nack.serialize(out), wire);
      shared_.tally.nacks += count;
      if (count < lost.size()) break;
    }
  }
}

// RFC 3550 §6.4: a sender report for each SSRC that was sent with, and a receiver report of all that came.
void Person::send_reports(Timestamp now, Wire& wire) {
  next_report_ = now + kReportInterval;
  std::array<uint8_t, kMaxDatagram> out;
  size_t size = 0;
  for (const Sender& sender : senders_) {
    if (sender.stream.packets() == 0) continue;
    const TimeDelta since = now - sender.stream.last_due();
    const uint32_t clock_khz = sender.stream.config().kind == MediaKind::kAudio ? 48 : 90;
    rtcp::SenderReport report;
    report.sender = sender.stream.config().ssrc;
    report.ntp = ntp_of(wire.wall_ns());
    report.rtp = sender.stream.last_timestamp() + static_cast<uint32_t>(since.us() * clock_khz / 1'000);
    report.packet_count = static_cast<uint32_t>(sender.stream.packets());
    report.octet_count = static_cast<uint32_t>(sender.stream.octets());
    size += report.serialize(std::span(out).subspan(size));
  }
  if (role_.feedback.receiver_reports) {
    rtcp::ReceiverReport report;
    report.sender = own_ssrc_;
    for (ReceiveStream& stream : receives_) {
      if (stream.ledger.begun() && report.blocks.size() < rtcp::kMaxCount)
        report.blocks.push_back(stream.make_report(now));
    }
    if (!report.blocks.empty()) size += report.serialize(std::span(out).subspan(size));
  }
  send_rtcp(out, size, wire);
}

// Of slots in which nothing has come, and as often as the scenario says of the others.
void Person::ask_for_keyframes(Timestamp now, Wire& wire) {
  next_pli_ = role_.feedback.pli_interval ? now + *role_.feedback.pli_interval
              : not_begun_ > 0            ? now + kReportInterval
                                          : Timestamp::never();
  for (const ReceiveStream& stream : receives_) {
    if (stream.kind != MediaKind::kVideo || stream.ssrc.value() == 0) continue;
    if (stream.ledger.begun() && !role_.feedback.pli_interval) continue;
    std::array<uint8_t, kMaxDatagram> out;
    send_rtcp(out, rtcp::Pli{own_ssrc_, stream.ssrc}.serialize(out), wire);
  }
}

}  // namespace tutti::bench
