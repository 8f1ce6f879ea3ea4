// NackRequester: which packets to ask a publisher for again, and when. RFC 4585 §6.2.1; retries are paced by the round-trip
// time, because a repeat of the question before the answer can be here only costs. Owned by the ingress stream of a Peer.
// Memory is fixed; no allocation.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "tutti/base/seq_num.hpp"
#include "tutti/base/units.hpp"

namespace tutti::rtpstream {

class NackRequester {
 public:
  // More holes than this at a time are not worth mending one by one: the older are given up.
  static constexpr size_t kMaxMissing = 256;
  static constexpr int kMaxTries = 10;
  // A hole may be mere reordering: it is asked for after this long, or once kReorderPackets newer ones came.
  static constexpr TimeDelta kReorderDelay = TimeDelta::millis(10);
  static constexpr int64_t kReorderPackets = 3;
  static constexpr TimeDelta kGiveUpAfter = TimeDelta::millis(1000);

  // Every packet that is no duplicate, recovered ones too.
  void on_packet(Timestamp now, ExtSeqNum sequence);
  // The smoothed round-trip time to the publisher; clamped to 10..200 ms for the spacing of retries.
  void set_round_trip_time(TimeDelta rtt);
  // A keyframe starts here: what is missing before it is of no use any more.
  void forget_before(ExtSeqNum sequence);

  // Writes the sequence numbers to ask for now, ascending, and returns how many. What does not fit comes next time.
  size_t poll(Timestamp now, std::span<SeqNum> out);
  Timestamp next_deadline() const;
  // True once after holes were given up: the picture is broken until the next keyframe.
  bool take_given_up();

  uint64_t asked() const { return asked_; }
  uint64_t recovered() const { return recovered_; }
  uint64_t given_up() const { return given_up_; }
  size_t missing() const { return size_; }

 private:
  struct Missing {
    ExtSeqNum sequence;
    Timestamp since;
    Timestamp ask_at;
    int tries = 0;
  };
  void erase_front(size_t count);

  std::array<Missing, kMaxMissing> missing_;  // ascending, the first size_ of them
  size_t size_ = 0;
  std::optional<ExtSeqNum> highest_;
  TimeDelta rtt_ = TimeDelta::millis(100);
  bool gave_up_ = false;
  uint64_t asked_ = 0, recovered_ = 0, given_up_ = 0;
};

}  // namespace tutti::rtpstream
