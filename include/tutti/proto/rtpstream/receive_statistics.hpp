// ReceiveStatistics: what a receiver report says of one received SSRC. RFC 3550 §6.4.1, appendix A.3 (loss) and A.8 (jitter).
// Owned by the ingress stream of a Peer, on its worker's thread. O(1) for each packet, no allocation.
#pragma once

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
  ReceiveStatistics(Ssrc source, uint32_t clock_rate_hz) : source_(source), clock_rate_hz_(clock_rate_hz) {}

  // One packet that is no duplicate. `payload_bytes` without header and padding. A packet that came by retransmission counts
  // as received, so that it is not reported lost, but its delay says nothing about the path: it leaves the jitter alone.
  void on_packet(Timestamp now, ExtSeqNum sequence, RtpTimestamp timestamp, size_t payload_bytes, bool recovered);
  void on_sender_report(Timestamp now, NtpTime ntp, RtpTimestamp rtp);

  // The block for the next report; loss fraction since the block before. Nothing before the first packet.
  std::optional<rtcp::ReportBlock> make_report_block(Timestamp now);

  Ssrc source() const { return source_; }
  uint64_t packets() const { return packets_; }
  uint64_t bytes() const { return bytes_; }
  // Expected less received; never below zero.
  uint64_t lost() const;
  TimeDelta jitter() const;
  Timestamp last_packet() const { return last_packet_; }
  // Payload bits over about the last second, 0 once nothing comes.
  DataRate bitrate(Timestamp now) const;

 private:
  struct SenderReport {
    Timestamp arrival;
    NtpTime ntp;
  };
  int64_t expected() const;

  Ssrc source_;
  uint32_t clock_rate_hz_;
  uint64_t packets_ = 0;
  uint64_t bytes_ = 0;
  std::optional<ExtSeqNum> first_;
  ExtSeqNum highest_;
  Timestamp last_packet_ = Timestamp::long_ago();

  // A.8: the last packet that arrived by itself, and the estimate in RTP units times 16.
  std::optional<Timestamp> last_arrival_;
  RtpTimestamp last_timestamp_;
  int64_t jitter_times_16_ = 0;

  int64_t expected_at_report_ = 0;
  uint64_t packets_at_report_ = 0;
  std::optional<SenderReport> last_sr_;

  // Two half-overlapping windows of bytes, for the bitrate.
  Timestamp window_start_ = Timestamp::long_ago();
  uint64_t window_bytes_ = 0;
  DataRate last_window_;
};

}  // namespace tutti::rtpstream
