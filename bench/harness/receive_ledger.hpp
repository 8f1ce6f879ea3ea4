// ReceiveLedger: what came of one received SSRC, by sequence numbers: how many there must have been, how many came, how
// many twice. A packet that comes by retransmission mends a hole and is told apart. O(1) for each packet, no
// allocation. One thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "tutti/base/seq_num.hpp"
#include "tutti/proto/rtpstream/duplicate_filter.hpp"

namespace tutti::bench {

// Differences of two of them are what happened in between.
struct ReceiveCount {
  int64_t expected = 0;  // from the first to the highest number
  int64_t arrived = 0;   // each number once, by itself
  int64_t mended = 0;    // by retransmission only
  int64_t twice = 0;
  ReceiveCount operator-(const ReceiveCount& o) const {
    return {expected - o.expected, arrived - o.arrived, mended - o.mended, twice - o.twice};
  }
  ReceiveCount& operator+=(const ReceiveCount& o) {
    expected += o.expected;
    arrived += o.arrived;
    mended += o.mended;
    twice += o.twice;
    return *this;
  }
};

class ReceiveLedger {
 public:
  // The number unwrapped; nothing if it was here before.
  std::optional<ExtSeqNum> on_packet(SeqNum sequence, bool retransmitted = false) {
    const ExtSeqNum number = unwrapper_.unwrap(sequence);
    if (!filter_.insert(number)) {
      ++count_.twice;
      return std::nullopt;
    }
    first_ = first_ ? std::min(*first_, number) : number;
    ++(retransmitted ? count_.mended : count_.arrived);
    return number;
  }

  bool begun() const { return first_.has_value(); }
  std::optional<ExtSeqNum> highest() const { return unwrapper_.highest(); }
  ReceiveCount count() const {
    ReceiveCount all = count_;
    if (first_) all.expected = *unwrapper_.highest() - *first_ + 1;
    return all;
  }

 private:
  SeqNumUnwrapper unwrapper_;
  rtpstream::DuplicateFilter filter_;
  std::optional<ExtSeqNum> first_;
  ReceiveCount count_;
};

}  // namespace tutti::bench
