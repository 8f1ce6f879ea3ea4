// SentPacketHistory: numbers the packets sent to one subscriber's transport and joins its feedback (draft-holmer-rmcat-
// transport-wide-cc-extensions-01) with what was sent: the input of the bandwidth estimator, and running figures for
// stats. Owned by the peer, one for each transport; one worker's thread; time is given. Memory follows the packet rate
// from 4 KiB up to 64 KiB; nothing is allocated at a steady rate.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tutti/base/seq_num.hpp"
#include "tutti/base/units.hpp"
#include "tutti/wire/rtcp/transport_feedback.hpp"

namespace tutti::cc {

// What became of one packet. `arrival` is on the receiver's clock: only differences mean something. Nothing: reported
// lost.
struct PacketResult {
  ExtSeqNum seq;
  Timestamp send_time;
  std::optional<Timestamp> arrival;
  DataSize size;
};

class SentPacketHistory {
 public:
  static constexpr size_t kMinCapacity = 256;
  static constexpr size_t kMaxCapacity = 4096;
  // The ring grows rather than forget a packet younger than this without feedback.
  static constexpr TimeDelta kKeep = TimeDelta::seconds(1);
  static constexpr TimeDelta kRateWindow = TimeDelta::millis(500);

  SentPacketHistory();

  // The transport-wide sequence number for a packet that leaves now; `size` with all headers as the estimator shall
  // count.
  SeqNum stamp(Timestamp now, DataSize size);

  // The packets about which `feedback` says something new, in order of sending: received, or lost and not reported so
  // before. A packet reported lost can be reported received later. Valid until the next call. Sequence numbers that
  // were not sent, or are forgotten, are passed over.
  std::span<const PacketResult> on_feedback(Timestamp now, const rtcp::TransportFeedback& feedback);

  uint64_t sent() const { return static_cast<uint64_t>(next_.value()); }
  uint64_t received() const { return received_; }
  uint64_t lost() const { return lost_; }
  // What the subscriber acknowledged for each second, over the last window that feedback closed; zero when there was
  // none.
  DataRate acked_rate(Timestamp now) const;
  std::optional<Timestamp> last_feedback_at() const { return last_feedback_at_; }
  size_t capacity() const { return ring_.size(); }

 private:
  enum class Fate : uint8_t { kInFlight, kLost, kReceived };
  struct Sent {
    Timestamp at;
    uint32_t size = 0;
    Fate fate = Fate::kReceived;
  };

  Sent& slot(ExtSeqNum seq) { return ring_[static_cast<uint64_t>(seq.value()) & (ring_.size() - 1)]; }
  void grow();
  std::optional<ExtSeqNum> first_reported(SeqNum base) const;
  Timestamp reference(int32_t reference_time);
  void count_acked(Timestamp now, DataSize acked);

  std::vector<Sent> ring_;  // of [next_ - size, next_)
  ExtSeqNum next_;
  std::vector<PacketResult> results_;
  std::optional<int64_t> reference_;  // unwrapped, in 64 ms
  uint64_t received_ = 0, lost_ = 0;

  std::optional<Timestamp> last_feedback_at_;
  Timestamp window_start_;
  DataSize window_acked_;
  DataRate acked_rate_;
};

}  // namespace tutti::cc
