// NackRequester: which packets to ask a publisher for again, and when. RFC 4585 §6.2.1; retries are paced by the
// round-trip time, because a repeat of the question before the answer can be here only costs. Owned by the ingress
// stream of a Peer. Memory grows with the most that was ever missing at a time, up to kMaxMissing; none while nothing
// is. The README in src/proto/rtpstream has the reasoning behind the figures.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tutti/base/seq_num.hpp"
#include "tutti/base/units.hpp"

namespace tutti::rtpstream {

class NackRequester {
 public:
  // More holes than this at a time are not worth mending one by one: the older are given up. A single gap larger than
  // this (an outage, or a source that began anew) is given up whole.
  static constexpr size_t kMaxMissing = 512;
  static constexpr int kMaxTries = 10;
  // A hole may be mere reordering: it is asked for after this long, or once kReorderPackets newer ones came.
  static constexpr TimeDelta kReorderDelay = TimeDelta::millis(10);
  static constexpr uint64_t kReorderPackets = 3;
  static constexpr TimeDelta kGiveUpAfter = TimeDelta::millis(1000);
  static constexpr TimeDelta kMinRetry = TimeDelta::millis(10);
  static constexpr TimeDelta kMaxRetry = TimeDelta::millis(500);

  // Every packet that is no duplicate, recovered ones too. Returns the time since it was asked for if it was asked for
  // exactly once: a round trip, if it came by retransmission. (An answer to one of several questions tells nothing.)
  std::optional<TimeDelta> on_packet(Timestamp now, ExtSeqNum sequence);
  // The smoothed round-trip time to the publisher. Retries are spaced by it and a quarter more, within
  // kMinRetry..kMaxRetry: an answer that jitter holds up a little must not be asked for again. 100 ms until told.
  void set_round_trip_time(TimeDelta rtt);
  // A keyframe starts here: what is missing before it is of no use any more.
  void forget_before(ExtSeqNum sequence);

  // Writes the sequence numbers to ask for now, ascending, and returns how many. What does not fit comes next time:
  // call again while `out` was filled.
  size_t poll(Timestamp now, std::span<SeqNum> out);
  // When to call poll next, never() while nothing is missing. May be early, is never late.
  Timestamp next_deadline() const { return deadline_; }
  // True once after holes were given up: the picture is broken until the next keyframe. forget_before does not set it.
  bool take_given_up();

  uint64_t asked() const { return asked_; }          // sequence numbers, repeats included
  uint64_t recovered() const { return recovered_; }  // came after they were asked for
  uint64_t given_up() const { return given_up_; }
  size_t missing() const { return missing_.size(); }

 private:
  struct Missing {
    ExtSeqNum sequence;
    Timestamp since;
    Timestamp ask_at;
    Timestamp asked_at;       // the last time
    uint64_t advances = 0;  // advances_ when it was noticed
    int tries = 0;

    // When something is to be done about it: ask, or give up.
    Timestamp due() const { return std::min(ask_at, since + kGiveUpAfter); }
    bool hopeless(Timestamp now) const { return now >= since + kGiveUpAfter || (tries >= kMaxTries && now >= ask_at); }
  };
  void advance_to(Timestamp now, ExtSeqNum sequence);
  void ask_for_reordered(Timestamp now);
  void give_up_front(size_t count);

  std::vector<Missing> missing_;  // ascending
  std::optional<ExtSeqNum> highest_;
  uint64_t advances_ = 0;  // packets that raised highest_
  TimeDelta retry_ = TimeDelta::millis(125);
  Timestamp deadline_ = Timestamp::never();
  bool gave_up_ = false;
  uint64_t asked_ = 0, recovered_ = 0, given_up_ = 0;
};

}  // namespace tutti::rtpstream
