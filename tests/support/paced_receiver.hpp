// PacedReceiver: a Peer towards somebody with one sound, in RED when it is lost, and two pictures, the first with
// FlexFEC when it is lost, who reports transport-wide, and what leaves for them, packet by packet with its time. Plain
// RTP, so that everything can be read; the estimate is what the test says and stays so.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "support/peer_rig.hpp"
#include "tutti/wire/rtcp/transport_feedback.hpp"

namespace tutti::test {

class PacedReceiver {
 public:
  static constexpr uint16_t kSound = 0, kPicture = 1, kOtherPicture = 2;
  static constexpr uint32_t kFirstSsrc = 7'000, kFirstRtxSsrc = 8'000, kFecSsrc = 9'001;
  static constexpr uint8_t kTransportId = 3, kRed = 63, kFec = 98;

  struct Sent {
    Timestamp at;
    Ssrc ssrc;
    SeqNum sequence;
    PayloadType type;
    bool marker = false, padding = false;
    size_t size = 0, payload = 0;
    std::optional<uint16_t> transport;
    bool is_rtx() const { return ssrc.value() >= kFirstRtxSsrc && ssrc.value() < kFecSsrc; }
    uint16_t slot() const { return static_cast<uint16_t>(ssrc.value() % 1'000); }
  };

  // The estimate is `target` and stays so.
  explicit PacedReceiver(DataRate target, peer::FeedbackKind tells_by = peer::FeedbackKind::kTransportWide)
      : PacedReceiver(cc::EstimatorConfig{target, target, target}, tells_by) {}
  explicit PacedReceiver(const cc::EstimatorConfig& config,
                         peer::FeedbackKind tells_by = peer::FeedbackKind::kTransportWide)
      : tells_by_(tells_by) {
    rig.context.bandwidth = config;
    peer::KeyedSettings settings;
    settings.remote = rig.path;
    peer = std::move(
        peer::Peer::make_keyed(rig.context, settings, {}, {slot(kSound), slot(kPicture), slot(kOtherPicture)}, rig.now)
            .value());
  }

  void send(uint16_t slot, size_t payload, bool marker = false, bool keyframe = false) {
    peer::PacketRef packet = rig.packets.acquire();
    // What is in a packet does not matter here: where there are no more, the last one is sent once more.
    if (!packet) packet = kept.back().packet;
    packet->payload_offset = 0;
    packet->payload_size = static_cast<uint16_t>(payload);
    packet->keyframe = keyframe;
    packet->speech_like = slot == kSound;
    packet->arrival = rig.now;
    peer::Rewrite rewrite;
    rewrite.payload_type = type(slot);
    rewrite.timestamp = RtpTimestamp(slot == kSound ? next_[slot] * 960u : pictures_[slot]);
    rewrite.sequence = SeqNum(next_[slot]++);
    rewrite.marker = marker;
    if (marker) ++pictures_[slot];
    peer->send_rtp(slot, packet, rewrite);
    kept.push_back({packet, rewrite, slot});
  }
  void send_frame(uint16_t slot, size_t packets, size_t payload = 1'000, bool keyframe = false) {
    for (size_t i = 0; i < packets; ++i) send(slot, payload, i + 1 == packets, keyframe && i == 0);
  }
  // Another offer; `change` says what differs in the slots.
  void reoffer(auto change) {
    peer::Session session;
    session.receive = peer->receive();
    change(session.receive);
    peer->update(rig.now, session, nullptr);
  }
  // As the room answers a NACK.
  void repeat(size_t kept_index) {
    peer->send_rtp(kept[kept_index].slot, kept[kept_index].packet, kept[kept_index].rewrite, true);
  }

  // What leaves now.
  std::vector<Sent> poll() {
    std::vector<Sent> sent;
    for (bool done = false; !done;) {
      done = peer->poll_transmit(rig.now, rig.batch);
      rig.batch.seal(*rig.srtp, rig.counters);
      for (const TransmitSlot& datagram : rig.batch.datagrams().slots())
        note(std::span(datagram.bytes).first(datagram.size), sent);
      rig.batch.clear();
    }
    return sent;
  }
  // Everything until then, at the times that the peer asks for; `rounds` counts its wake-ups.
  std::vector<Sent> run_for(TimeDelta duration) {
    const Timestamp end = rig.now + duration;
    std::vector<Sent> all = poll();
    while (peer->next_deadline() <= end) {
      rig.now = std::max(rig.now, peer->next_deadline());
      peer->handle_deadline(rig.now);
      ++rounds;
      for (const Sent& s : poll()) all.push_back(s);
    }
    rig.now = end;
    return all;
  }

  // Reports on everything in `sent` with a number: it arrived 20 ms after it left.
  void acknowledge(const std::vector<Sent>& sent) {
    rtcp::TransportFeedback feedback;
    feedback.sender = Ssrc(1);
    int64_t ticks = 0;
    for (const Sent& s : sent) {
      if (!s.transport) continue;
      const int64_t arrived = (s.at + TimeDelta::millis(20)).us() / rtcp::TransportFeedback::kTickUs;
      if (feedback.packets.empty()) {
        feedback.base_sequence = SeqNum(*s.transport);
        feedback.reference_time =
            static_cast<int32_t>(arrived * rtcp::TransportFeedback::kTickUs / rtcp::TransportFeedback::kReferenceUs);
        ticks = feedback.reference_time * (rtcp::TransportFeedback::kReferenceUs / rtcp::TransportFeedback::kTickUs);
      }
      feedback.packets.push_back({true, static_cast<int16_t>(arrived - ticks)});
      ticks = arrived;
    }
    if (!feedback.packets.empty()) receive(feedback);
  }
  template <class Rtcp>
  void receive(const Rtcp& message) {
    std::vector<uint8_t> bytes(1'400);
    bytes.resize(message.serialize(bytes));
    peer::PeerOutput output;
    peer->handle_datagram(rig.now, {rig.path, bytes}, output);
  }

  struct Kept {
    peer::PacketRef packet;
    peer::Rewrite rewrite;
    uint16_t slot;
  };
  PeerRig rig;
  std::unique_ptr<peer::Peer> peer;
  std::vector<Kept> kept;
  size_t rounds = 0;

 private:
  static PayloadType type(uint16_t slot) { return PayloadType(slot == kSound ? 111 : 96); }
  peer::ReceiveSpec slot(uint16_t index) const {
    peer::ReceiveSpec s;
    s.kind = index == kSound ? MediaKind::kAudio : MediaKind::kVideo;
    s.mid = *Mid::make(std::to_string(index));
    s.ssrc = Ssrc(kFirstSsrc + index);
    peer::CodecSpec codec;
    codec.payload_type = type(index);
    codec.clock_rate_hz = index == kSound ? 48'000 : 90'000;
    codec.transport_cc = tells_by_ == peer::FeedbackKind::kTransportWide;
    codec.stream_cc = tells_by_ == peer::FeedbackKind::kStreams;
    codec.remb = tells_by_ == peer::FeedbackKind::kReceiverEstimate;
    if (index != kSound) {
      codec.codec = Codec::kVp8;
      codec.rtx_payload_type = PayloadType(97);
      s.rtx_ssrc = Ssrc(kFirstRtxSsrc + index);
    } else {
      codec.red_payload_type = PayloadType(kRed);
    }
    if (index == kPicture) {
      s.fec_payload_type = PayloadType(kFec);
      s.fec_ssrc = Ssrc(kFecSsrc);
    }
    s.codecs = {codec};
    if (codec.transport_cc) s.extensions.set(rtp::Extension::kTransportSequenceNumber, kTransportId);
    return s;
  }
  void note(std::span<const uint8_t> bytes, std::vector<Sent>& sent) const {
    if (rtp::is_rtcp(bytes)) return;
    auto packet = rtp::parse(bytes).value();
    Sent s{rig.now,      packet.ssrc, packet.sequence, packet.payload_type, packet.marker, packet.has_padding,
           bytes.size(), 0,           std::nullopt};
    rtp::strip_padding(packet);
    s.payload = packet.payload.size();
    if (const auto id = rtp::find_extension(packet.extension_profile, packet.extensions, kTransportId))
      s.transport = static_cast<uint16_t>((*id)[0] << 8 | (*id)[1]);
    sent.push_back(s);
  }

  peer::FeedbackKind tells_by_;
  std::array<uint16_t, 3> next_{};
  std::array<uint32_t, 3> pictures_{};  // begun in each slot
};

inline size_t bytes_of(const std::vector<PacedReceiver::Sent>& sent) {
  size_t bytes = 0;
  for (const auto& s : sent) bytes += s.size;
  return bytes;
}

}  // namespace tutti::test
