// SendStatistics: one RTP source that we send. Totals and the sender report (RFC 3550 §6.4.1), and what the receiver's
// report blocks say about it: loss, jitter and, from the LSR and DLSR that they echo, the round trip. Owned by the
// peer's SendStream; one worker's thread; time is given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "tutti/base/ids.hpp"
#include "tutti/base/ntp.hpp"
#include "tutti/base/seq_num.hpp"
#include "tutti/base/units.hpp"
#include "tutti/proto/rtpstream/rtt_estimator.hpp"
#include "tutti/wire/rtcp/report_block.hpp"
#include "tutti/wire/rtcp/sender_report.hpp"

namespace tutti::rtpstream {

class SendStatistics {
 public:
  // A round trip beyond this is an echo of some other report, not a measurement.
  static constexpr TimeDelta kMaxRtt = TimeDelta::seconds(10);

  // What the receiver last reported.
  struct Remote {
    Timestamp at;
    double fraction_lost = 0;  // 0..1, since its report before
    int32_t cumulative_lost = 0;
    double jitter_seconds = 0;
    uint32_t highest_sequence = 0;
  };

  SendStatistics(Ssrc source, uint32_t clock_rate_hz) : source_(source), clock_rate_hz_(clock_rate_hz) {}

  // One packet of this SSRC. Retransmissions that go out under an RTX SSRC belong to that SSRC's statistics.
  void on_packet(Timestamp now, RtpTimestamp timestamp, size_t payload_bytes);
  // A report block about this source. The measured round trip, or nothing if it echoes no report of ours (LSR 0) or is
  // out of range. Keeps no list of reports: the echo itself carries the time of ours.
  std::optional<TimeDelta> on_report_block(Timestamp now, NtpTime now_ntp, const rtcp::ReportBlock& block);

  // The report without blocks; its RTP timestamp is the last packet's, moved on to `now`. Nothing before the first
  // packet.
  std::optional<rtcp::SenderReport> make_sender_report(Timestamp now, NtpTime now_ntp) const;

  Ssrc source() const { return source_; }
  uint64_t packets() const { return packets_; }
  uint64_t payload_bytes() const { return payload_bytes_; }
  std::optional<Timestamp> last_packet_at() const { return last_packet_at_; }
  const RttEstimator& rtt() const { return rtt_; }
  const std::optional<Remote>& remote() const { return remote_; }

 private:
  Ssrc source_;
  uint32_t clock_rate_hz_;
  uint64_t packets_ = 0, payload_bytes_ = 0;
  std::optional<Timestamp> last_packet_at_;
  RtpTimestamp last_timestamp_;
  RttEstimator rtt_;
  std::optional<Remote> remote_;
};

}  // namespace tutti::rtpstream
