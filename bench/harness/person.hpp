// Person: one participant as the server sees it: its transport, what it sends by its programs, what came in its slots,
// and the feedback that a client gives. Sans-IO: takes datagrams and time, gives packets to a Wire. Owned by the
// generator, on its thread. What everybody did is added up in one Tally.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/impairment.hpp"
#include "harness/people.hpp"
#include "harness/receive_stream.hpp"
#include "harness/send_stream.hpp"
#include "harness/tally.hpp"
#include "harness/target.hpp"
#include "harness/webrtc_link.hpp"
#include "harness/webrtc_offer.hpp"
#include "harness/wire.hpp"
#include "tutti/base/crypto.hpp"
#include "tutti/proto/cc/feedback_generator.hpp"
#include "tutti/proto/srtp/session.hpp"
#include "tutti/wire/rtp/extensions.hpp"

namespace tutti::bench {

// What all people of a generator share. Borrowed.
struct Shared {
  srtp::Backend& backend;
  const dtls::Context& dtls;
  const std::string& fingerprint;  // of its certificate
  const ProgramLibrary& programs;
  Tally& tally;
  Random& random;
};

class Person {
 public:
  // `sample_every`: of so many batches that come, one is opened and checked, the first of each stream always.
  Person(const PersonPlan& plan, const Shared& shared, uint64_t seed, uint32_t sample_every);

  const PersonPlan& plan() const { return plan_; }

  // What to ask of the server, and what it answered: the way there. A failure is an answer that makes no sense.
  KeyedJoin keyed_join(const Endpoint& own);
  [[nodiscard]] Result<void> joined(Timestamp now, const KeyedJoined& joined);
  WebrtcJoin webrtc_join();
  [[nodiscard]] Result<void> answered(Timestamp now, const std::string& answer);
  // Once joined or answered.
  const Endpoint& server() const { return server_; }
  // Whether what the server sends comes from another port than that.
  bool other_source() const { return other_source_; }

  // Media can flow.
  bool connected() const { return connected_at_.has_value(); }
  // Only once it is connected.
  Timestamp connected_at() const { return *connected_at_; }
  // ICE or DTLS failed.
  bool failed() const { return link_ && link_->failed(); }
  // Sends from `at` on.
  void start(Timestamp at);
  void stop();

  // True if the next batch is to be read whole, and not only its packets' headers; if with times of arrival.
  bool wants_whole() const;
  bool wants_times() const { return sampled() || mixes_; }
  bool sampled() const { return batch_ % sample_every_ == 0; }
  void end_batch() { ++batch_; }

  void handle_datagram(Timestamp now, const Arrival& arrival, Wire& wire);
  Timestamp next_deadline() const;
  void handle_deadline(Timestamp now, Wire& wire);

  std::vector<ReceiveStream>& receives() { return receives_; }
  const std::vector<ReceiveStream>& receives() const { return receives_; }
  // First media in any slot, after it was connected; nothing so far: nothing.
  bool got_media() const { return got_media_; }

 private:
  struct Extensions {
    uint8_t level = 0, mid = 0, rid = 0, repaired_rid = 0, transport_sequence = 0;
  };
  struct Sender {
    SendStream stream;
    Extensions extensions;
    size_t track = 0;  // which is its m-line, too
  };

  void add_senders(const std::vector<Published>& publish);
  void connect(Timestamp now, std::unique_ptr<srtp::Session> session);
  void follow_link(Timestamp now);

  void receive(Timestamp now, const Arrival& arrival, Wire& wire);
  void receive_rtp(Timestamp now, const Arrival& arrival);
  void receive_rtx(Timestamp now, const Arrival& arrival, ReceiveStream& stream);
  void receive_rtcp(Timestamp now, std::span<uint8_t> bytes, Wire& wire);
  void check(const Arrival& arrival, const ReceiveStream& stream);
  // The payload of an opened packet; nothing if it does not open.
  std::optional<std::span<const uint8_t>> open(std::span<uint8_t> bytes);
  void note_mix(int64_t wall_ns, RtpTimestamp timestamp, ReceiveStream& stream);
  ReceiveStream* find(Ssrc ssrc, PayloadType type);
  void on_number(Timestamp now, ReceiveStream& stream, ExtSeqNum number);

  void send_due(Timestamp now, Wire& wire);
  void seal_and_send(Timestamp now, Sender& sender, OutgoingPacket& packet, Wire& wire);
  void begin_feedback(Timestamp now);
  void send_rtcp(std::span<uint8_t> buffer, size_t size, Wire& wire);
  void send_reports(Timestamp now, Wire& wire);
  void send_nacks(Timestamp now, Wire& wire);
  void ask_for_keyframes(Timestamp now, Wire& wire);

  const PersonPlan& plan_;
  const Role& role_;
  Shared shared_;
  uint32_t sample_every_, batch_;
  Impairer up_, down_;
  DelayQueue up_queue_, down_queue_;

  Endpoint server_;
  Ssrc own_ssrc_;  // of reports
  std::optional<SrtpKeys> keys_;
  KeyedJoin join_;
  std::unique_ptr<WebrtcLink> link_;
  std::unique_ptr<srtp::Session> session_;
  bool plain_up_ = false, plain_down_ = false, other_source_ = false;
  std::optional<Timestamp> connected_at_;
  bool got_media_ = false;

  std::vector<Sender> senders_;
  std::vector<ReceiveStream> receives_;
  size_t last_found_ = 0;
  size_t not_begun_ = 0;
  bool mixes_ = false;
  std::optional<cc::FeedbackGenerator> transport_feedback_;
  uint8_t transport_sequence_id_ = 0;
  uint16_t transport_sequence_ = 0;
  Timestamp next_report_ = Timestamp::never(), next_pli_ = Timestamp::never();
};

}  // namespace tutti::bench
