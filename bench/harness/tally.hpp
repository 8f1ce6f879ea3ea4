// Tally: what all people of a generator did and saw since it was cleared. One thread.
#pragma once

#include <cstdint>

#include "harness/histogram.hpp"
#include "harness/receive_ledger.hpp"

namespace tutti::bench {

struct Tally {
  uint64_t sent = 0;      // RTP packets
  uint64_t received = 0;  // RTP packets, whatever they were
  uint64_t received_bytes = 0;
  uint64_t decrypted = 0, unreadable = 0;
  uint64_t retransmitted = 0;  // RTX packets received
  uint64_t nacks = 0;          // numbers asked for, ours
  uint64_t keyframes = 0;      // sent because they were asked for
  // Of people who left in the meantime.
  ReceiveCount count;
  int64_t mended = 0;  // of `count`, in roles whose network loses packets: not lost in the end

  Histogram latency;   // sent to received
  Histogram lateness;  // a frame's time to when it was sent
  // Joins: REST, each step of the way, from the request to keys, and to the first packet after that.
  uint64_t joined = 0, failed = 0;
  Histogram rest, ice, dtls, all, first_media;
};

}  // namespace tutti::bench
