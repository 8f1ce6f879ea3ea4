#include "harness/receive_stream.hpp"

#include <algorithm>

namespace tutti::bench {

rtcp::ReportBlock ReceiveStream::make_report(Timestamp now) {
  const ReceiveCount all = ledger.count();
  const ReceiveCount since = all - at_report;
  at_report = all;
  rtcp::ReportBlock block;
  block.source = ssrc;
  const int64_t lost = std::max<int64_t>(0, since.expected - since.arrived);
  block.fraction_lost =
      static_cast<uint8_t>(since.expected > 0 ? std::min<int64_t>(255, lost * 256 / since.expected) : 0);
  block.cumulative_lost = static_cast<int32_t>(std::clamp<int64_t>(all.expected - all.arrived, 0, 0x7FFFFF));
  if (const auto highest = ledger.highest()) block.highest_sequence = static_cast<uint32_t>(highest->value());
  block.last_sr = last_sr;
  if (last_sr != 0) block.delay_since_last_sr = to_compact_ntp(now - last_sr_arrival);
  return block;
}

void ReceiveStream::on_sender_report(Timestamp now, NtpTime ntp) {
  last_sr = ntp.compact();
  last_sr_arrival = now;
}

}  // namespace tutti::bench
