// SendStatistics: the totals of one sent SSRC for its sender reports, and what the receiver's report blocks say of it.
// RFC 3550 §6.4.1. Owned by the egress stream of a Peer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "tutti/base/ntp.hpp"
#include "tutti/base/units.hpp"
#include "tutti/wire/rtcp/report_block.hpp"

namespace tutti::rtpstream {

class SendStatistics {
 public:
  void on_packet(size_t payload_bytes, bool retransmission) {
    ++packets_;
    bytes_ += payload_bytes;
    if (retransmission) ++retransmitted_;
  }
  // Keeps the block and returns the round-trip time in it: now less LSR less DLSR (§6.4.1), nothing if the receiver had
  // no sender report yet or the figures cannot be true. Keeps no list of reports: the echo itself carries the time of
  // ours.
  std::optional<TimeDelta> on_report_block(NtpTime now, const rtcp::ReportBlock& block);

  uint64_t packets() const { return packets_; }
  uint64_t bytes() const { return bytes_; }
  uint64_t retransmitted() const { return retransmitted_; }
  const std::optional<rtcp::ReportBlock>& last_block() const { return last_block_; }
  // 0..1 since the receiver's report before; 0 without a report.
  double fraction_lost() const { return last_block_ ? last_block_->fraction_lost / 256.0 : 0; }
  std::optional<TimeDelta> last_round_trip_time() const { return last_rtt_; }

 private:
  uint64_t packets_ = 0, bytes_ = 0, retransmitted_ = 0;
  std::optional<rtcp::ReportBlock> last_block_;
  std::optional<TimeDelta> last_rtt_;
};

}  // namespace tutti::rtpstream
