// NackRequester: which sequence numbers to ask a publisher for again, and when (RFC 4585 §6.2.1 generic NACK; the
// packets come back by RFC 4588). Owned by the peer's ReceiveStream; one worker's thread; time is given.
// src/proto/rtpstream/README.md has the reasoning behind the figures.
#pragma once

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
  static constexpr size_t kMaxMissing = 512;
  // A packet is only late, not lost, until this many newer ones came or this much time went by.
  static constexpr uint64_t kReorderPackets = 3;
  static constexpr TimeDelta kReorderDelay = TimeDelta::millis(10);
  static constexpr TimeDelta kMinRetry = TimeDelta::millis(10);
  static constexpr TimeDelta kMaxRetry = TimeDelta::millis(200);
  static constexpr TimeDelta kGiveUpAfter = TimeDelta::seconds(1);
  static constexpr int kMaxTries = 10;

  struct Counts {
    uint64_t asked = 0;      // sequence numbers in requests, repeats included
    uint64_t recovered = 0;  // missing packets that a retransmission brought
    uint64_t given_up = 0;
  };

  // Every packet of the source, after duplicates are gone. recovered: it came as a retransmission.
  void on_packet(Timestamp now, ExtSeqNum seq, bool recovered);
  // Round trip to the publisher; a request is repeated after it and a quarter more. 100 ms until told.
  void set_rtt(TimeDelta rtt);

  // Writes the sequence numbers to ask for now, in ascending order, and returns how many. If `out` was filled there may
  // be more: call again. An empty `out` asks for nothing.
  size_t poll(Timestamp now, std::span<SeqNum> out);
  // When to call poll next; never() while nothing is missing. May be early, never late.
  Timestamp next_deadline() const;

  // True once after more was lost than can be asked for (more than kMaxMissing): only a keyframe helps then. Single
  // packets given up do not set it: they may belong to a layer that nobody needs, and who needs them asks for a
  // keyframe himself.
  bool take_keyframe_needed();

  size_t missing() const { return missing_.size(); }
  const Counts& counts() const { return counts_; }

 private:
  struct Missing {
    ExtSeqNum seq;
    Timestamp noticed;
    Timestamp due;          // next request, or giving up after the last one
    uint64_t advances = 0;  // advances_ when it was noticed
    int tries = 0;
  };

  void advance_to(Timestamp now, ExtSeqNum seq);
  void hurry_unasked(Timestamp now);
  void give_up_oldest(size_t count);
  bool is_hopeless(const Missing& m, Timestamp now) const;

  std::optional<ExtSeqNum> highest_;
  uint64_t advances_ = 0;         // packets that raised highest_
  std::vector<Missing> missing_;  // ascending, at most kMaxMissing; its memory is kept
  Timestamp deadline_ = Timestamp::never();
  TimeDelta retry_ = TimeDelta::millis(125);
  bool keyframe_needed_ = false;
  Counts counts_;
};

}  // namespace tutti::rtpstream
