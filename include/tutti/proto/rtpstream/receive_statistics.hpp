// ReceiveStatistics: what a receiver report says about one RTP source. Loss by RFC 3550 appendix A.3, interarrival
// jitter by A.8, the sender report's echo by §6.4.1. Owned by the peer's ReceiveStream; one worker's thread; time is
// given.
#pragma once

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
    NtpTime ntp;
    RtpTimestamp rtp;
    Timestamp arrival;
  };

  // clock_rate_hz: of the RTP timestamps; 0 leaves jitter at zero.
  ReceiveStatistics(Ssrc source, uint32_t clock_rate_hz) : source_(source), clock_rate_hz_(clock_rate_hz) {}

  // One packet after duplicates are gone. `bytes` is whatever the caller wants summed (W3C: payload). A retransmitted
  // packet was counted as lost on its way and stays so (RFC 4588 §6.3: loss is reported of the original transmission);
  // it has totals of its own and does not touch jitter, whose input is the network's delay, not ours.
  void on_packet(Timestamp now, ExtSeqNum seq, RtpTimestamp timestamp, size_t bytes, bool retransmitted);
  void on_sender_report(Timestamp now, NtpTime ntp, RtpTimestamp rtp);

  // The block for the next report. Begins a new interval for `fraction_lost`. All zero before the first packet.
  rtcp::ReportBlock make_report_block(Timestamp now);

  Ssrc source() const { return source_; }
  bool has_packets() const { return first_.has_value(); }
  // Without the retransmitted ones.
  uint64_t packets() const { return packets_; }
  uint64_t bytes() const { return bytes_; }
  uint64_t retransmitted_packets() const { return retransmitted_packets_; }
  uint64_t retransmitted_bytes() const { return retransmitted_bytes_; }
  // Expected minus received since the start; negative if the network duplicated packets.
  int64_t lost() const { return expected() - static_cast<int64_t>(packets_); }
  double jitter_seconds() const;
  std::optional<ExtSeqNum> highest() const { return highest_; }
  std::optional<Timestamp> last_packet_at() const { return last_packet_at_; }
  const std::optional<SenderClock>& sender_clock() const { return sender_clock_; }

 private:
  int64_t expected() const { return first_ ? *highest_ - *first_ + 1 : 0; }
  void update_jitter(Timestamp now, RtpTimestamp timestamp);

  Ssrc source_;
  uint32_t clock_rate_hz_;
  std::optional<ExtSeqNum> first_, highest_;
  uint64_t packets_ = 0, bytes_ = 0;
  uint64_t retransmitted_packets_ = 0, retransmitted_bytes_ = 0;
  int64_t expected_before_ = 0, received_before_ = 0;  // at the last report

  std::optional<Timestamp> last_packet_at_;
  RtpTimestamp last_timestamp_;
  uint32_t jitter_x16_ = 0;  // A.8's integer estimator: sixteen times the jitter in timestamp units
  std::optional<SenderClock> sender_clock_;
};

}  // namespace tutti::rtpstream
