// The receiving side of a Person: what comes in, counted, and of some of it what stands in it.
#include <algorithm>

#include "harness/person.hpp"
#include "tutti/base/byte_reader.hpp"
#include "tutti/wire/payload/vp8.hpp"
#include "tutti/wire/rtcp/fir.hpp"
#include "tutti/wire/rtcp/header.hpp"
#include "tutti/wire/rtcp/nack.hpp"
#include "tutti/wire/rtcp/pli.hpp"
#include "tutti/wire/rtcp/sender_report.hpp"

namespace tutti::bench {
namespace {

// RFC 7983 §7: 128 to 191 is RTP and RTCP.
bool is_media(uint8_t first) { return first >= 128 && first <= 191; }

}  // namespace

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
  stream->last_arrival = now;
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
  if (stream.mix) return;
  bool starts_frame = true;
  if (stream.kind == MediaKind::kVideo) {
    const auto descriptor = payload::Vp8Descriptor::parse(*payload);
    if (descriptor) starts_frame = descriptor->start_of_partition;
    payload = payload->subspan(descriptor ? descriptor->size : payload->size());
  }
  const size_t header = stream.kind == MediaKind::kAudio ? kOpusTocSize : starts_frame ? kVp8FrameHeaderSize : 0;
  const auto sent = check_stamped(shared_.programs.pattern(), payload->subspan(std::min(header, payload->size())));
  if (!sent) {
    if (!shared_.programs.knows(*payload)) ++tally.unreadable;
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

}  // namespace tutti::bench
