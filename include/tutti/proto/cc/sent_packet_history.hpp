// SentPacketHistory: numbers the packets of a transport towards a subscriber and, when its feedback comes, says of each
// when it was sent and when it arrived. draft-holmer-rmcat-transport-wide-cc-extensions-01, RFC 8888. The estimator of
// the congestion controller builds on it. Owned by a Peer; the ring follows the packet rate from 4 KiB up to 64 KiB,
// and none is allocated before the first packet.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tutti/base/seq_num.hpp"
#include "tutti/base/units.hpp"
#include "tutti/proto/cc/packet_names.hpp"
#include "tutti/wire/rtcp/congestion_feedback.hpp"
#include "tutti/wire/rtcp/transport_feedback.hpp"

namespace tutti::cc {

struct PacketResult {
  ExtSeqNum sequence;
  Timestamp sent;
  // On the receiver's clock, whose epoch is arbitrary but constant; nothing if it was lost.
  std::optional<Timestamp> arrived;
  DataSize size;
  uint8_t probe = 0;      // the ProbeCluster that it was sent in; 0: none
  bool was_lost = false;  // it arrived after all: an earlier result said that it was lost
};

class SentPacketHistory {
 public:
  static constexpr int64_t kMinCapacity = 256;
  static constexpr int64_t kCapacity = 4096;
  // The ring grows, up to kCapacity, rather than forget a packet younger than this before its feedback.
  static constexpr TimeDelta kKeep = TimeDelta::seconds(1);
  static constexpr TimeDelta kRateWindow = TimeDelta::millis(500);

  // The number of the next packet, for its header, until it is known that it can be sent.
  SeqNum next() const { return to_wire(ExtSeqNum(next_)); }
  // Numbers a packet that is sent now. `size`: the whole datagram. `probe`: the id of its ProbeCluster, or 0.
  SeqNum on_sent(Timestamp now, DataSize size, uint8_t probe = 0);
  // The same for a receiver whose feedback names packets by stream and sequence number (RFC 8888). A transport has
  // either kind; a packet that leaves twice under one name is told of as it left last.
  SeqNum on_sent(Timestamp now, DataSize size, uint8_t probe, Ssrc stream, SeqNum sequence);
  // The packets that this message is the first to tell of, ascending; valid until the next call. A packet reported lost
  // may be told of once more, when it arrived after all. Numbers never sent, or forgotten, are passed over.
  std::span<const PacketResult> on_feedback(const rtcp::TransportFeedback& feedback);
  // ECN marks are not looked at: what is sent is not marked as capable of them.
  std::span<const PacketResult> on_feedback(const rtcp::CongestionFeedback& feedback);

  uint64_t sent() const { return static_cast<uint64_t>(next_); }
  uint64_t acknowledged() const { return acknowledged_; }
  uint64_t lost() const { return lost_; }
  // How fast acknowledged packets arrived, by the receiver's clock, over the last full kRateWindow; 0 before one is
  // full.
  DataRate acknowledged_rate() const { return acknowledged_rate_; }
  size_t capacity() const { return ring_.size(); }

 private:
  enum class Fate : uint8_t { kUnknown, kLost, kArrived };
  struct Sent {
    Timestamp at;
    uint32_t bytes = 0;
    Fate fate = Fate::kArrived;  // nothing to tell of a slot that holds no packet
    uint8_t probe = 0;
  };
  int64_t add(Timestamp now, DataSize size, uint8_t probe);
  // Of the packets that are remembered.
  int64_t oldest() const { return std::max<int64_t>(0, next_ - static_cast<int64_t>(ring_.size())); }
  void begin_results();
  // What to say of the packet, if this is the first word about it. `arrived`: nothing if it is lost.
  std::optional<PacketResult> tell(int64_t sequence, std::optional<Timestamp> arrived);
  Sent& slot(int64_t sequence) { return ring_[static_cast<size_t>(sequence) & (ring_.size() - 1)]; }
  void make_room(Timestamp now);
  Timestamp reference(int32_t reference_time);
  void count_rate(Timestamp arrived, DataSize size);

  std::vector<Sent> ring_;  // a power of two; of [next_ - size, next_)
  int64_t next_ = 0;
  PacketNames names_;  // beside ring_, of a transport with RFC 8888 feedback
  std::vector<PacketResult> results_;
  std::optional<int64_t> reference_;         // the newest reference time, unwrapped, in 64 ms
  std::optional<int64_t> report_timestamp_;  // the newest of RFC 8888, unwrapped, in 1/65536 s
  uint64_t acknowledged_ = 0, lost_ = 0;
  std::optional<Timestamp> window_start_;  // on the receiver's clock
  DataSize window_size_;
  DataRate acknowledged_rate_;
};

}  // namespace tutti::cc
