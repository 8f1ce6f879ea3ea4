// The parts of a Peer, which its five source files share: peer.cpp (life and wiring), peer_ingress.cpp (packets in),
// peer_feedback.cpp (RTCP both ways), peer_egress.cpp (packets out) and peer_pacing.cpp (the same, as fast as the path carries).
#pragma once

#include <memory>
#include <vector>

#include "peer/congestion.hpp"
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
  void on_round_trip(Timestamp now, TimeDelta sample);
  void read_feedback(Timestamp now, const rtcp::PacketView& packet, PeerOutput& out);
  void read_remb(Timestamp now, DataRate rate);
  // False if the batch is full; the rest goes out with the next one.
  bool poll_feedback(Timestamp now, SealBatch& batch);
  bool send_reports(Timestamp now, SealBatch& batch);
  bool send_bye(SealBatch& batch);
  Timestamp next_feedback() const;
  std::optional<uint16_t> slot_of(Ssrc ssrc) const;
  // Seals what `write` put at the front of the next datagram. Nothing is sent without keys or an address.
  template <class Write>
  bool send_rtcp(SealBatch& batch, Write write);

  // peer_repair.cpp
  void on_reported_loss(Timestamp now, EgressStream& stream, const rtcp::ReportBlock& block);
  void on_path_loss(Timestamp now, double share);
  // Behind the packet that was just added: the FEC packet, if one is due.
  void protect(Timestamp now, const Path& path, EgressStream& stream, const Rewrite& rewrite, std::span<const uint8_t> header,
               std::span<const uint8_t> prefix, std::span<const uint8_t> rest, SealBatch& batch);

  // peer_egress.cpp
  bool poll_media(Timestamp now, SealBatch& batch);
  void drop_unroutable();
  void begin_queue();
  // Whether a packet may be sent again; counts it if not.
  bool admit_retransmission(Timestamp now, const Outgoing& item);
  void write_media(Timestamp now, const Path& path, Outgoing& item, SealBatch& batch);
  // The transport-wide number for the next packet of this stream; nothing if it bears none.
  std::optional<SeqNum> next_number(const EgressStream& stream) const;
  // A packet is ready to be sealed: what it is to the history of sent packets, the estimator and the pacer. What cannot
  // leave does not come so far, and has no number: feedback would call it lost, and the path bad.
  void on_sent(Timestamp now, const EgressStream& stream, Ssrc ssrc, SeqNum sequence, DataSize size);

  // peer_pacing.cpp
  // Follows what the receiver negotiated.
  void update_congestion(Timestamp now);
  FeedbackKind agreed_feedback() const;
  bool has_agreed_remb() const;
  void begin_congestion(Timestamp now, FeedbackKind kind);
  // What waits for the path leaves with the next round.
  void end_congestion(Timestamp now);
  DataSize datagram_size(const Outgoing& item) const;
  bool poll_paced(Timestamp now, const Path& path, SealBatch& batch);
  // Sends what came since the last round if it need not wait, and queues the rest.
  bool sort_queue(Timestamp now, const Path& path, SealBatch& batch);
  // Whether the receiver can use it, after what was given up before it.
  bool is_of_use(Timestamp now, const Outgoing& item);
  void expire(Timestamp now);
  // A keyframe has begun to come, and what waits before it is old.
  void leave_out_before_last(Timestamp now, uint16_t slot);
  void leave_out(Timestamp now, const Outgoing& item);
  void begin_smaller(Timestamp now, uint16_t slot, bool at_once);
  void give_up(Timestamp now, const PacedQueue::Expired& expired);
  void give_up(Timestamp now, uint16_t slot, SeqNum first, SeqNum last, size_t packets);
  void send_front(Timestamp now, const Path& path, SealBatch& batch);
  void begin_probe(Timestamp now);
  bool send_probe(Timestamp now, const Path& path, SealBatch& batch);
  // False if there is nothing to fill a probe with.
  bool send_repeat(Timestamp now, const Path& path, SealBatch& batch);
  bool send_padding(Timestamp now, const Path& path, SealBatch& batch);
  // Whether its packets bear transport-wide numbers, and whether feedback tells of them.
  bool is_numbered(const EgressStream& stream) const;
  bool is_covered(const EgressStream& stream) const;

  void update_specs(Timestamp now, const std::vector<PublishSpec>& publish_now, const std::vector<ReceiveSpec>& receive_now,
                    rtp::ExtensionIds bundle);

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
  // Null for a receiver that tells nothing of its path: it is sent everything at once.
  std::unique_ptr<Congestion> congestion;
  DataRate needed;

  // Emptied by every round of poll_transmit, and then begun at its front again, so that its memory stays, if it is little.
  std::vector<Outgoing> queue;  // at most kMaxQueue
  size_t queue_front = 0;
  static constexpr size_t kMaxQueue = 4096, kKeptQueue = 256;
};

}  // namespace tutti::peer
