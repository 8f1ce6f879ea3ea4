// Sender report: the mapping of a source's RTP clock to NTP time, its totals, and what it received itself. RFC 3550
// §6.4.1. Value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "tutti/base/ids.hpp"
#include "tutti/base/ntp.hpp"
#include "tutti/base/seq_num.hpp"
#include "tutti/base/small_vector.hpp"
#include "tutti/wire/rtcp/header.hpp"
#include "tutti/wire/rtcp/report_block.hpp"

namespace tutti::rtcp {

struct SenderReport {
  Ssrc sender;
  NtpTime ntp;
  RtpTimestamp rtp;           // the same instant as `ntp`
  uint32_t packet_count = 0;  // since the start; wraps
  uint32_t octet_count = 0;   // payload only; wraps
  SmallVector<ReportBlock, kMaxCount> blocks;

  // Profile-specific extensions after the blocks are ignored.
  static std::optional<SenderReport> parse(const PacketView& packet);
  // The whole RTCP packet. Returns the bytes written, 0 if `out` is too small or there are more than kMaxCount blocks.
  size_t serialize(std::span<uint8_t> out) const;
  bool operator==(const SenderReport&) const = default;
};

}  // namespace tutti::rtcp
