// SentPacketHistory: numbers the packets of a transport towards a subscriber and, when its feedback comes, says of each when
// it was sent and when it arrived. The estimator of the congestion controller builds on it. Owned by a Peer; memory is fixed.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tutti/base/seq_num.hpp"
#include "tutti/base/units.hpp"
#include "tutti/wire/rtcp/transport_feedback.hpp"

namespace tutti::cc {

struct PacketResult {
  ExtSeqNum sequence;
  Timestamp sent;
  // On the receiver's clock, whose epoch is arbitrary but constant; nothing if it was lost.
  std::optional<Timestamp> arrived;
  DataSize size;
};

class SentPacketHistory {
 public:
  static constexpr int64_t kCapacity = 4096;

  SentPacketHistory();
  // Numbers a packet that is sent now. `size`: the whole datagram.
  SeqNum on_sent(Timestamp now, DataSize size);
  // The packets that this message is the first to tell of, ascending; valid until the next call.
  std::span<const PacketResult> on_feedback(const rtcp::TransportFeedback& feedback);

  uint64_t acknowledged() const { return acknowledged_; }
  uint64_t lost() const { return lost_; }

 private:
  struct Sent {
    int64_t sequence = -1;
    Timestamp at;
    DataSize size;
    bool reported = false;
  };
  std::vector<Sent> ring_;  // kCapacity; made once
  int64_t next_ = 0;
  std::vector<PacketResult> results_;
  uint64_t acknowledged_ = 0, lost_ = 0;
};

}  // namespace tutti::cc
