#include "wire/rtcp/report_block_codec.hpp"

#include <algorithm>

namespace tutti::rtcp {

//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                 SSRC_1 (SSRC of first source)                 |
// | fraction lost |       cumulative number of packets lost       |
// |           extended highest sequence number received           |
// |                      interarrival jitter                      |
// |                         last SR (LSR)                         |
// |                   delay since last SR (DLSR)                  |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
constexpr size_t kReportBlockSize = 24;
constexpr int32_t kMaxCumulativeLost = 0x7FFFFF;

static int32_t sign_extend_24(uint32_t v) { return static_cast<int32_t>(v & 0x800000 ? v | 0xFF000000u : v); }

SmallVector<ReportBlock, kMaxCount> read_report_blocks(ByteReader& r, size_t count) {
  ByteReader blocks = r.sub(count * kReportBlockSize);
  if (!blocks.ok()) return {};
  SmallVector<ReportBlock, kMaxCount> out(count);
  for (ReportBlock& b : out) {
    b.source = Ssrc(blocks.u32());
    b.fraction_lost = blocks.u8();
    b.cumulative_lost = sign_extend_24(blocks.u24());
    b.highest_sequence = blocks.u32();
    b.jitter = blocks.u32();
    b.last_sr = blocks.u32();
    b.delay_since_last_sr = blocks.u32();
  }
  return out;
}

void write_report_blocks(ByteWriter& w, std::span<const ReportBlock> blocks) {
  for (const ReportBlock& b : blocks) {
    w.u32(b.source.value());
    w.u8(b.fraction_lost);
    // A count beyond 24 bits stays at its end instead of changing its sign.
    w.u24(static_cast<uint32_t>(std::clamp(b.cumulative_lost, -kMaxCumulativeLost - 1, kMaxCumulativeLost)) & 0xFFFFFF);
    w.u32(b.highest_sequence);
    w.u32(b.jitter);
    w.u32(b.last_sr);
    w.u32(b.delay_since_last_sr);
  }
}

}  // namespace tutti::rtcp
