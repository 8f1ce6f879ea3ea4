#include "peer/peer_impl.hpp"
#include "peer/red_reader.hpp"
#include "tutti/proto/rtpstream/rtx.hpp"

namespace tutti::peer {
namespace {

// RFC 3551 §6: payload type 13 is comfort noise beside the codecs with a clock of 8 kHz, announced or not.
constexpr PayloadType kComfortNoise{13};
bool is_comfort_noise(const rtp::Packet& packet, const CodecSpec& codec) {
  return packet.payload_type == kComfortNoise && kind_of(codec.codec) == MediaKind::kAudio && codec.clock_rate_hz == 8'000;
}

}  // namespace

void Peer::Impl::handle_rtp(Timestamp now, const Datagram& datagram, PeerOutput& out) {
  Counters& counters = context.counters;
  auto packet = rtp::parse(datagram.bytes);
  if (!packet) return counters.drop(DropReason::kRtpMalformed);
  if (auto refused = transport->refuse_media_from(datagram.path)) return counters.drop(*refused);
  auto claim = ingress.find(*packet);
  if (!claim) return counters.drop(DropReason::kRtpUnknownSsrc);
  // Cheaper than decryption, and asked of the window only: nothing changes for a packet that is not authenticated yet.
  if (!claim->is_new && !claim->retransmission && claim->layer->is_duplicate(packet->sequence))
    return counters.drop(DropReason::kRtpDuplicate);

  std::span<uint8_t> bytes = datagram.bytes;
  if (srtp::Session* session = transport->session()) {
    const srtp::OpenResult opened = session->open_rtp(bytes);
    if (const auto* refused = std::get_if<DropReason>(&opened)) return counters.drop(*refused);
    bytes = bytes.first(std::get<size_t>(opened));
  }
  transport->on_authenticated(now, datagram.path);
  out.authenticated = true;
  counters.add(Counter::kRtpReceived);

  packet = rtp::parse(bytes);
  if (!packet || !rtp::strip_padding(*packet)) return counters.drop(DropReason::kRtpMalformed);
  if (claim->is_new) {
    ingress.bind(*claim, packet->ssrc, transport->session());
    if (rtt.has_sample()) claim->layer->nacks().set_round_trip_time(rtt.smoothed());
  }
  IngressLayer& layer = *claim->layer;
  const PublishSpec& spec = ingress.publish()[layer.track()];

  if (const uint8_t id = spec.extensions.get(rtp::Extension::kTransportSequenceNumber); id != 0) {
    const auto data = rtp::find_extension(packet->extension_profile, packet->extensions, id);
    if (data && data->size() == 2)
      transport_feedback.on_packet(now, SeqNum(static_cast<uint16_t>((*data)[0] << 8 | (*data)[1])), packet->ssrc);
  }

  SeqNum sequence = packet->sequence;
  std::span<const uint8_t> payload = packet->payload;
  if (claim->retransmission) {
    if (payload.empty()) return counters.drop(DropReason::kRtpPadding);
    const auto rtx = rtpstream::parse_rtx(payload);
    if (!rtx) return counters.drop(DropReason::kRtxMalformed);
    if (!layer.ssrc()) return counters.drop(DropReason::kRtxUnknown);
    // Senders probe for bandwidth with RTX of nothing.
    if (rtx->payload.empty()) return counters.drop(DropReason::kRtpPadding);
    sequence = rtx->original;
    payload = rtx->payload;
  } else if (packet->payload_type == spec.codec.red_payload_type) {
    const auto red = payload::RedPayload::parse(payload);
    if (!red || red->primary().payload_type != spec.codec.payload_type) return counters.drop(DropReason::kRedMalformed);
    counters.add(Counter::kRedReceived);
    recover(now, layer, *packet, *red, out);
    payload = red->primary().data;
  } else if (packet->payload_type != spec.codec.payload_type && !is_comfort_noise(*packet, spec.codec)) {
    return counters.drop(DropReason::kRtpUnknownPayloadType);
  }

  PacketRef media = context.packets.acquire();
  if (!media) return counters.drop(DropReason::kPoolExhausted);
  if (auto dropped = layer.accept(now, spec, *packet, sequence, payload, claim->retransmission, *media)) return counters.drop(*dropped);
  if (const uint8_t id = spec.extensions.get(rtp::Extension::kVideoLayersAllocation); id != 0) {
    const auto data = rtp::find_extension(packet->extension_profile, packet->extensions, id);
    const auto allocation = data ? payload::VideoLayersAllocation::parse(*data) : std::nullopt;
    if (allocation) out.layers_announced.push_back({layer.track(), layer.layer(), *allocation});
  }
  media->comfort_noise = !claim->retransmission && is_comfort_noise(*packet, spec.codec);
  if (claim->retransmission) counters.add(Counter::kRtxReceived);
  // Who only publishes sends no report blocks: its answers to our NACKs are what tells the round trip.
  if (const auto sample = layer.round_trip()) on_round_trip(now, *sample);
  if (layer.nacks().take_given_up() && spec.kind == MediaKind::kVideo) layer.keyframes().request(now);
  out.media.push_back(std::move(media));
}

// Before the packet that brings them, so that receivers get them in order and nobody asks for them.
void Peer::Impl::recover(Timestamp now, IngressLayer& layer, const rtp::Packet& carrier, const payload::RedPayload& red,
                         PeerOutput& out) {
  const PublishSpec& spec = ingress.publish()[layer.track()];
  for (const EarlierPacket& earlier : earlier_packets(red, spec.codec.payload_type)) {
    const SeqNum sequence = carrier.sequence + -earlier.distance;
    if (!layer.misses(sequence)) continue;
    PacketRef media = context.packets.acquire();
    if (!media) return context.counters.drop(DropReason::kPoolExhausted);
    // Its header is gone. The level is the one of a moment later; that it was first in its talkspurt nobody can tell.
    rtp::Packet packet = carrier;
    packet.marker = false;
    packet.timestamp = RtpTimestamp(carrier.timestamp.value() - earlier.timestamp_offset);
    if (auto dropped = layer.accept(now, spec, packet, sequence, earlier.payload, true, *media)) {
      context.counters.drop(*dropped);
      continue;
    }
    media->comfort_noise = false;
    context.counters.add(Counter::kRedRecovered);
    ++layer.recovered_by_red;
    out.media.push_back(std::move(media));
  }
}

void Peer::Impl::handle_rtcp(Timestamp now, const Datagram& datagram, PeerOutput& out) {
  Counters& counters = context.counters;
  if (auto refused = transport->refuse_media_from(datagram.path)) return counters.drop(*refused);
  std::span<uint8_t> bytes = datagram.bytes;
  if (srtp::Session* session = transport->session()) {
    const srtp::OpenResult opened = session->open_rtcp(bytes);
    if (const auto* refused = std::get_if<DropReason>(&opened)) return counters.drop(*refused);
    bytes = bytes.first(std::get<size_t>(opened));
  }
  transport->on_authenticated(now, datagram.path);
  out.authenticated = true;
  counters.add(Counter::kRtcpReceived);
  read_rtcp(now, bytes, out);
}

}  // namespace tutti::peer
