// FeedbackGenerator: transport-wide feedback towards a publisher: what arrived and when, every 100 ms, so that its sender can
// estimate bandwidth. draft-holmer-rmcat-transport-wide-cc-extensions-01. Owned by a Peer; memory is fixed.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "tutti/base/ids.hpp"
#include "tutti/base/seq_num.hpp"
#include "tutti/base/units.hpp"
#include "tutti/wire/rtcp/transport_feedback.hpp"

namespace tutti::cc {

class FeedbackGenerator {
 public:
  static constexpr TimeDelta kInterval = TimeDelta::millis(100);
  // Arrival times that are remembered: over a second at 4,000 packets/s.
  static constexpr int64_t kWindow = 4096;
  // Packets in one message, so that it fits a datagram whatever their deltas.
  static constexpr size_t kMaxPerMessage = 400;

  explicit FeedbackGenerator(Ssrc sender) : sender_(sender) {}

  // An authenticated packet with this transport sequence number. `media`: its SSRC, which the message names.
  void on_packet(Timestamp now, SeqNum sequence, Ssrc media);
  // The next message that is due, or nothing. Call until nothing comes. A packet that arrives after its number was reported
  // lost is reported again, with all that follow it.
  std::optional<rtcp::TransportFeedback> poll(Timestamp now);
  // never() while there is nothing to report.
  Timestamp next_deadline() const { return due_; }

 private:
  Timestamp& arrival(int64_t sequence) { return arrivals_[static_cast<size_t>(sequence & (kWindow - 1))]; }

  Ssrc sender_;
  Ssrc media_;
  SeqNumUnwrapper unwrapper_;
  // By sequence number modulo kWindow; long_ago() where nothing came. Valid for [begin_, end_).
  std::array<Timestamp, kWindow> arrivals_;
  int64_t begin_ = 0;  // next to report
  int64_t end_ = 0;    // one past the highest
  int64_t oldest_ = 0; // lowest that arrivals_ still has
  bool started_ = false;
  Timestamp due_ = Timestamp::never();
  uint8_t feedback_count_ = 0;
};

}  // namespace tutti::cc
