// Peer: one remote endpoint, from datagram to media packet and back: demultiplexing, keys, streams, feedback, and the queue
// of what is to be sent. Owned by a Participant; one worker's thread; sans-IO. Feed it with handle_*, then drain
// poll_transmit until it adds nothing, then call it again at next_deadline().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tutti/base/counters.hpp"
#include "tutti/base/datagram.hpp"
#include "tutti/base/ntp.hpp"
#include "tutti/base/random.hpp"
#include "tutti/base/result.hpp"
#include "tutti/peer/media_packet.hpp"
#include "tutti/peer/negotiation.hpp"
#include "tutti/peer/rewrite.hpp"
#include "tutti/peer/seal_batch.hpp"
#include "tutti/peer/stats.hpp"
#include "tutti/proto/cc/bandwidth_estimator.hpp"
#include "tutti/proto/cc/estimator_log.hpp"
#include "tutti/proto/dtls/context.hpp"
#include "tutti/proto/srtp/session.hpp"
#include "tutti/wire/payload/video_layers_allocation.hpp"
#include "tutti/wire/stun/message.hpp"

namespace tutti::peer {

// What all peers of a worker share. Everything outlives the peers.
struct PeerContext {
  Counters& counters;
  Random& random;
  PacketPool& packets;
  srtp::Backend& srtp;
  const dtls::Context& dtls;
  NtpClock ntp;
  TimeDelta consent_timeout = TimeDelta::seconds(30);
  size_t max_paths = 16;  // verified addresses that are kept for each peer
  cc::EstimatorConfig bandwidth = {};
};

// Keys that a REST call brought. Local and remote as seen from the server.
struct KeyedSettings {
  std::optional<SrtpKeys> keys;  // none: plain RTP
  std::optional<Path> remote;
  TimeDelta timeout = TimeDelta::infinite();
};

// What an input led to, for the room to act on. Reused: `clear` keeps the memory.
struct PeerOutput {
  struct Nacked {
    uint16_t slot;
    SeqNum sequence;
  };
  struct SenderReported {
    uint16_t track;
    uint8_t layer;
    Timestamp arrival;
    NtpTime ntp;
    RtpTimestamp rtp;
  };
  // What a publisher says of the layers of the stream that a packet was of.
  struct LayersAnnounced {
    uint16_t track;
    uint8_t layer;
    payload::VideoLayersAllocation allocation;
  };
  std::vector<PacketRef> media;
  std::vector<Nacked> nacked;
  std::vector<uint16_t> keyframes_wanted;  // slots
  std::vector<SenderReported> sender_reports;
  std::vector<LayersAnnounced> layers_announced;
  bool authenticated = false;  // the path is this peer's: a check, or a packet of a keyed participant, passed

  void clear();
};

class Peer {
 public:
  // `local`: our credentials, as `negotiated` was made with.
  Peer(PeerContext& context, const Session& session, const LocalTransport& local, Timestamp now);
  // A keyed participant. Fails if the keys do not fit the suite.
  static Result<std::unique_ptr<Peer>> make_keyed(PeerContext& context, const KeyedSettings& settings,
                                                  std::vector<PublishSpec> publish, std::vector<ReceiveSpec> receive,
                                                  Timestamp now);
  ~Peer();

  // STUN is told apart by its caller, who finds the participant by the username in it.
  void handle_stun(Timestamp now, const Path& path, const stun::Message& message, PeerOutput& out);
  // Anything else. RFC 7983 by the first byte.
  void handle_datagram(Timestamp now, const Datagram& datagram, PeerOutput& out);
  // Queues one packet for a slot. `retransmission` wraps it by RFC 4588 if the slot has RTX.
  void send_rtp(uint16_t slot, PacketRef packet, const Rewrite& rewrite, bool retransmission = false);
  // The slot is to go on with a smaller picture because its path carries no more. What waits of the larger one is given
  // up, and no more of it sent, if that would take longer than a new keyframe, or `at_once`; take_keyframe_wanted()
  // then asks for one.
  void begin_smaller(Timestamp now, uint16_t slot, bool at_once);
  void request_keyframe(Timestamp now, uint16_t track, uint8_t layer);
  // Nobody waits for one any more.
  void cancel_keyframe_request(uint16_t track, uint8_t layer);
  // The instant, on our clock, at which media with this RTP timestamp of the slot was captured: what its sender reports say.
  void set_timing(uint16_t slot, Timestamp captured, RtpTimestamp rtp);

  // Has what sending needs brought into the cache. Each step reads what the one before it asked for.
  enum class Prefetch : uint8_t { kSelf, kStreams, kKeys };
  void prefetch(Prefetch step) const;
  // Adds to the batch what may leave now. False if the batch filled up before everything was in.
  bool poll_transmit(Timestamp now, SealBatch& batch);
  Timestamp next_deadline() const;
  void handle_deadline(Timestamp now);

  // Takes over the outcome of another offer: streams that stay keep their state. `restart` has our new credentials.
  void update(Timestamp now, const Session& session, const LocalTransport* restart);
  // Credentials alone, for WHIP's PATCH.
  void restart_ice(Timestamp now, const LocalTransport& local, const RemoteTransport& remote);
  // BYE and close_notify; the next poll_transmit has them.
  void close(Timestamp now);

  bool is_closed() const;   // said so itself, or failed
  bool is_expired() const;  // not heard of for too long
  bool is_connected() const;
  bool owns(const Path& path) const;
  // Whether checks for this ufrag of ours are still answered.
  bool answers_to(std::string_view ufrag) const;
  std::optional<Path> send_path() const;
  std::optional<SrtpSuite> suite() const;
  // Whether an unknown source may turn out to be this participant: it waits for its first packet and declared the SSRC.
  bool awaits(Ssrc ssrc) const;

  const std::vector<PublishSpec>& publish() const;
  const std::vector<ReceiveSpec>& receive() const;
  // What the path to this participant carries; nothing if it gives no feedback to tell by (no transport-wide or RFC 8888 feedback, no
  // REMB): then it is sent what it asks for.
  const cc::Estimate* estimate() const;
  // What all its slots together could make use of: bounds probing.
  void set_needed_bitrate(Timestamp now, DataRate needed);
  // How long what waits for the path takes at the estimate; zero where nothing does.
  TimeDelta waiting_time() const;
  // How that estimate is used: pacing, probes, repair; nothing where there is none.
  std::optional<CongestionStats> congestion(Timestamp now) const;
  // From now on keeps the newest `capacity` records of what the estimator is told and answers (about 250 a second and camera), to be run
  // through it again (cc::replay); 0 ends it. Nothing is kept for who has no estimate, or before.
  void record_estimates(Timestamp now, size_t capacity);
  const cc::EstimatorLog* recorded_estimates() const;
  // A slot that needs a keyframe because what waited for the path was given up; nothing if there is none (more). Ask after each
  // poll_transmit.
  std::optional<uint16_t> take_keyframe_wanted();
  DataRate layer_bitrate(uint16_t track, uint8_t layer, Timestamp now) const;
  // The share of packets that the receiver of this slot lost, by its last report; nothing before one came.
  std::optional<double> fraction_lost(uint16_t slot) const;
  // As the participant sends it; nothing before it is bound.
  std::optional<Ssrc> layer_ssrc(uint16_t track, uint8_t layer) const;
  // One entry for each received and each sent SSRC.
  std::vector<StreamStats> stats() const;

 private:
  struct Impl;
  explicit Peer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tutti::peer
