#include "tutti/proto/rtpstream/send_statistics.hpp"

namespace tutti::rtpstream {
namespace {

// A round trip beyond this is an echo of something else, not a measurement.
constexpr int32_t kMaxCompactRtt = 10 * 65536;
// A very short round trip looks negative when the receiver's clock for DLSR ticks in milliseconds: up to 10 ms are
// taken for none.
constexpr int32_t kMinCompactRtt = -65536 / 100;

}  // namespace

// RFC 3550 §6.4.1: RTT = A - LSR - DLSR, in the middle 32 bits of NTP, which wrap each 18 hours.
std::optional<TimeDelta> SendStatistics::on_report_block(NtpTime now, const rtcp::ReportBlock& block) {
  last_block_ = block;
  if (block.last_sr == 0) return std::nullopt;
  const auto rtt = static_cast<int32_t>(now.compact() - block.last_sr - block.delay_since_last_sr);
  if (rtt < kMinCompactRtt || rtt > kMaxCompactRtt) return std::nullopt;
  last_rtt_ = rtt < 0 ? TimeDelta::zero() : from_compact_ntp(static_cast<uint32_t>(rtt));
  return last_rtt_;
}

}  // namespace tutti::rtpstream
