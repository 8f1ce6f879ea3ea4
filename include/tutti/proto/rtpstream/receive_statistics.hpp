// ReceiveStatistics: what a receiver report says of one received SSRC. RFC 3550 §6.4.1, appendix A.3 (loss) and A.8
// (jitter). Owned by the ingress stream of a Peer, on its worker's thread. O(1) for each packet, no allocation.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "tutti/base/ids.hpp"
#include "tutti/base/ntp.hpp"
#include "tutti/base/seq_num.hpp"
#include "tutti/base/units.hpp"
#include "tutti/wire/rtcp/report_block.hpp"

namespace tutti::rtpstream {

class ReceiveStatistics {
 public:
  // The last sender report: the pair that maps the source's RTP clock to its wall clock, and when it came.
  struct SenderClock {
    Timestamp arrival;
    NtpTime ntp;
    RtpTimestamp rtp;
  };

  ReceiveStatistics(Ssrc source, uint32_t clock_rate_hz) : source_(source), clock_rate_hz_(clock_rate_hz) {}

  // One packet that is no duplicate. `payload_bytes` without header and padding. A packet that came by retransmission
  // was lost on its way and is reported so: the publisher adapts to the path's loss, not to how well we mend it (and
  // its RTX stream is a source of its own, RFC 4588 §4). Nor does its delay say anything about the path: it leaves the
  // jitter alone.
  void on_packet(Timestamp now, ExtSeqNum sequence, RtpTimestamp timestamp, size_t payload_bytes, bool recovered);
  void on_sender_report(Timestamp now, NtpTime ntp, RtpTimestamp rtp);

  // The block for the next report; loss fraction since the block before. Nothing before the first packet.
  std::optional<rtcp::ReportBlock> make_report_block(Timestamp now);

  Ssrc source() const { return source_; }
  // With the recovered ones.
  uint64_t packets() const { return packets_; }
  uint64_t bytes() const { return bytes_; }
  uint64_t recovered() const { return recovered_; }
  // Lost on the way: expected less what came without retransmission; never below zero.
  uint64_t lost() const;
  // What retransmission did not bring back either, or not yet.
  uint64_t unrecovered() const { return lost() - std::min(lost(), recovered_); }
  TimeDelta jitter() const;
  // long_ago() before the first.
  Timestamp last_packet() const { return last_packet_; }
  // Payload bits over about the last second, 0 once nothing comes.
  DataRate bitrate(Timestamp now) const;
  const std::optional<SenderClock>& sender_clock() const { return sender_clock_; }

 private:
  int64_t expected() const { return first_ ? highest_ - *first_ + 1 : 0; }
  int64_t received() const { return static_cast<int64_t>(packets_ - recovered_); }
  void update_jitter(Timestamp now, RtpTimestamp timestamp);
  void count_rate(Timestamp now, size_t payload_bytes);

  Ssrc source_;
  uint32_t clock_rate_hz_;
  uint64_t packets_ = 0, recovered_ = 0;
  uint64_t bytes_ = 0;
  std::optional<ExtSeqNum> first_;
  ExtSeqNum highest_;
  Timestamp last_packet_ = Timestamp::long_ago();

  // A.8: the last packet that arrived by itself, and the estimate in RTP units times 16.
  std::optional<Timestamp> last_arrival_;
  RtpTimestamp last_timestamp_;
  int64_t jitter_times_16_ = 0;

  int64_t expected_at_report_ = 0;
  int64_t received_at_report_ = 0;
  std::optional<SenderClock> sender_clock_;

  // Payload bytes of the second that runs and of the one before it, for the bitrate.
  Timestamp window_start_ = Timestamp::long_ago();
  int64_t window_bytes_ = 0, previous_window_bytes_ = 0;
};

}  // namespace tutti::rtpstream
