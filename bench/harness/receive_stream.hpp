// ReceiveStream: one slot of a person: the SSRC that it gets there, what of it came and what is missing, and what
// reports say of it. Owned by its Person.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/receive_ledger.hpp"
#include "tutti/base/ids.hpp"
#include "tutti/base/ntp.hpp"
#include "tutti/base/units.hpp"
#include "tutti/proto/rtpstream/nack_requester.hpp"
#include "tutti/wire/rtcp/report_block.hpp"

namespace tutti::bench {

struct ReceiveStream {
  MediaKind kind = MediaKind::kVideo;
  Ssrc ssrc;  // 0: known when its first packet comes
  std::optional<Ssrc> rtx_ssrc;
  double packets_per_s = 0;  // that its source sends at least; 0: any of several, or the server itself
  bool mix = false;          // of the server's making: its own schedule is what it is held against

  ReceiveLedger ledger;
  ReceiveCount at_start;   // of the measurement
  Timestamp last_arrival;  // once it has begun
  rtpstream::NackRequester nacks;

  // Of a mix: how far each packet is behind the first one, against the stream's own clock, in microseconds.
  int64_t first_arrival_ns = 0;
  RtpTimestamp first_timestamp;
  std::vector<int32_t> behind_us;

  // RFC 3550 §6.4.1. Jitter is left out: that would need a time of arrival for every packet.
  rtcp::ReportBlock make_report(Timestamp now);
  void on_sender_report(Timestamp now, NtpTime ntp);
  // RFC 3550 §4: the middle 32 bits of the NTP time of the last sender report, and when it came.
  uint32_t last_sr = 0;
  Timestamp last_sr_arrival;
  ReceiveCount at_report;
};

}  // namespace tutti::bench
