// FeedbackGenerator: tells a publisher when its packets arrived, so that it can estimate its uplink (transport-wide
// feedback, draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1). Without it browsers do not send their upper
// layers. Owned by the peer, one for each transport; one worker's thread; time is given. Memory: one arrival time for
// each sequence number of the window.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "tutti/base/seq_num.hpp"
#include "tutti/base/units.hpp"
#include "tutti/wire/rtcp/transport_feedback.hpp"

namespace tutti::cc {

class FeedbackGenerator {
 public:
  static constexpr TimeDelta kInterval = TimeDelta::millis(100);
  // Sequence numbers remembered. What is further away from the newest, before or after, begins anew.
  static constexpr int64_t kWindow = 2048;
  // A message stays below this, headers included, so that it leaves as one datagram.
  static constexpr size_t kMaxMessageBytes = 1100;

  FeedbackGenerator();

  // seq: the transport-wide sequence number of a packet that arrived at `now`. A packet that fills a gap already
  // reported is reported again, with all after it.
  void on_packet(Timestamp now, SeqNum seq);

  // The next message if one is due, else nothing. Call until it gives nothing: what does not fit one message follows in
  // the next. `sender` and `media` are left to the caller.
  std::optional<rtcp::TransportFeedback> poll(Timestamp now);
  // never() while there is nothing to report.
  Timestamp next_deadline() const { return deadline_; }

  uint64_t packets() const { return packets_; }
  uint64_t messages() const { return messages_; }

 private:
  Timestamp& arrival(ExtSeqNum seq) { return arrivals_[static_cast<uint64_t>(seq.value()) % kWindow]; }
  void restart(SeqNum seq);
  void advance_to(ExtSeqNum seq);
  rtcp::TransportFeedback make_message();

  SeqNumUnwrapper unwrapper_;
  std::vector<Timestamp> arrivals_;  // of (highest - kWindow, highest]; never() is not received
  std::optional<ExtSeqNum> highest_;
  ExtSeqNum next_;  // the first sequence number of the next message
  Timestamp deadline_ = Timestamp::never();
  uint8_t feedback_count_ = 0;
  uint64_t packets_ = 0, messages_ = 0;
};

}  // namespace tutti::cc
