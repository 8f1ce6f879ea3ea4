// FeedbackGenerator: transport-wide feedback towards a publisher: what arrived and when, every 100 ms, so that its
// sender can estimate bandwidth. draft-holmer-rmcat-transport-wide-cc-extensions-01. Without it browsers do not send
// their upper simulcast layers. Owned by a Peer; memory is fixed, and none before the first packet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "tutti/base/ids.hpp"
#include "tutti/base/seq_num.hpp"
#include "tutti/base/units.hpp"
#include "tutti/wire/rtcp/transport_feedback.hpp"

namespace tutti::cc {

class FeedbackGenerator {
 public:
  static constexpr TimeDelta kInterval = TimeDelta::millis(100);
  // Arrival times that are remembered: a second at 2,000 packets/s, which is a publisher of 20 Mbit/s. A number further
  // away from the newest, on either side, begins anew.
  static constexpr int64_t kWindow = 2048;
  // No message is larger, headers included, so that it leaves in one datagram.
  static constexpr size_t kMaxMessageBytes = 1100;

  explicit FeedbackGenerator(Ssrc sender) : sender_(sender) {}

  // An authenticated packet with this transport sequence number. `media`: its SSRC, which the message names.
  void on_packet(Timestamp now, SeqNum sequence, Ssrc media);
  // The next message that is due, or nothing. Call until nothing comes: what does not fit one message is in the next. A
  // packet that arrives after its number was reported lost is reported again, with all that follow it.
  std::optional<rtcp::TransportFeedback> poll(Timestamp now);
  // never() while there is nothing to report.
  Timestamp next_deadline() const { return due_; }

  uint64_t packets() const { return packets_; }
  uint64_t messages() const { return messages_; }

 private:
  Timestamp& arrival(int64_t sequence) { return arrivals_[static_cast<size_t>(sequence & (kWindow - 1))]; }
  void restart(SeqNum sequence);
  rtcp::TransportFeedback make_message();

  Ssrc sender_;
  Ssrc media_;
  SeqNumUnwrapper unwrapper_;
  // By sequence number modulo kWindow; never() where nothing came. Of [end_ - kWindow, end_).
  std::vector<Timestamp> arrivals_;
  int64_t begin_ = 0;  // next to report
  int64_t end_ = 0;    // one past the highest
  Timestamp due_ = Timestamp::never();
  uint8_t feedback_count_ = 0;
  uint64_t packets_ = 0, messages_ = 0;
};

}  // namespace tutti::cc
