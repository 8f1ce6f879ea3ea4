// The parts of a Peer, which its four source files share: peer.cpp (life and wiring), peer_ingress.cpp (packets in),
// peer_feedback.cpp (RTCP both ways) and peer_egress.cpp (packets out).
#pragma once

#include <memory>
#include <vector>

#include "peer/egress_stream.hpp"
#include "peer/ingress_table.hpp"
#include "peer/transport.hpp"
#include "tutti/peer/peer.hpp"
#include "tutti/proto/cc/feedback_generator.hpp"
#include "tutti/proto/cc/sent_packet_history.hpp"
#include "tutti/proto/rtpstream/rtt_estimator.hpp"
#include "tutti/wire/payload/red.hpp"
#include "tutti/wire/rtcp/header.hpp"

namespace tutti::peer {

class WebrtcTransport;

struct Peer::Impl {
  Impl(PeerContext& shared, rtp::ExtensionIds bundle, Timestamp now);

  // peer_ingress.cpp
  void handle_rtp(Timestamp now, const Datagram& datagram, PeerOutput& out);
  void handle_rtcp(Timestamp now, const Datagram& datagram, PeerOutput& out);
  // What a RED packet has of others that are missing.
  void recover(Timestamp now, IngressLayer& layer, const rtp::Packet& carrier, const payload::RedPayload& red, PeerOutput& out);

  // peer_feedback.cpp
  void read_rtcp(Timestamp now, std::span<const uint8_t> compound, PeerOutput& out);
  void read_report_blocks(Timestamp now, std::span<const rtcp::ReportBlock> blocks);
  void on_round_trip(TimeDelta sample);
  void read_feedback(const rtcp::PacketView& packet, PeerOutput& out);
  // False if the batch is full; the rest goes out with the next one.
  bool poll_feedback(Timestamp now, SealBatch& batch);
  bool send_reports(Timestamp now, SealBatch& batch);
  bool send_bye(SealBatch& batch);
  Timestamp next_feedback() const;
  std::optional<uint16_t> slot_of(Ssrc ssrc) const;
  // Seals what `write` put at the front of the next datagram. Nothing is sent without keys or an address.
  template <class Write>
  bool send_rtcp(SealBatch& batch, Write write);

  // peer_egress.cpp
  struct Queued {
    PacketRef packet;
    Rewrite rewrite;
    uint16_t slot;
    bool retransmission;
  };
  bool poll_media(Timestamp now, SealBatch& batch);
  void write_media(Timestamp now, const Path& path, Queued& item, SealBatch& batch);

  void update_specs(const std::vector<PublishSpec>& publish_now, const std::vector<ReceiveSpec>& receive_now, rtp::ExtensionIds bundle);

  PeerContext& context;
  std::unique_ptr<Transport> transport;
  WebrtcTransport* webrtc = nullptr;  // the same object, where it is one
  std::string cname;

  std::vector<PublishSpec> publish;
  std::vector<ReceiveSpec> receive;
  IngressTable ingress;
  std::vector<EgressStream> egress;

  Ssrc rtcp_ssrc;
  cc::FeedbackGenerator transport_feedback;
  cc::SentPacketHistory sent_packets;
  rtpstream::RttEstimator rtt;
  Timestamp next_report;
  size_t next_reported = 0;  // the slot whose sender report comes first in the next one
  // What an XR receiver reference time asked us to echo (RFC 3611 §4.5).
  std::optional<uint32_t> last_rr_compact;
  Timestamp last_rr_at;
  Ssrc last_rr_from;
  bool bye_pending = false;
  uint8_t fir_sequence = 0;
  std::optional<DataRate> remb;

  // Emptied by every round of poll_transmit, and then begun at its front again, so that its memory stays, if it is little.
  std::vector<Queued> queue;  // at most kMaxQueue
  size_t queue_front = 0;
  static constexpr size_t kMaxQueue = 4096, kKeptQueue = 256;
};

}  // namespace tutti::peer
