#include "tutti/wire/rtcp/sender_report.hpp"

#include "tutti/base/byte_reader.hpp"
#include "wire/rtcp/packet_writer.hpp"
#include "wire/rtcp/report_block_codec.hpp"

namespace tutti::rtcp {

// RFC 3550 §6.4.1, after the header:
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                         SSRC of sender                        |
// |              NTP timestamp, most significant word             |
// |             NTP timestamp, least significant word             |
// |                         RTP timestamp                         |
// |                     sender's packet count                     |
// |                      sender's octet count                     |
// |                     report blocks (24 bytes each)             |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
std::optional<SenderReport> SenderReport::parse(const PacketView& packet) {
  ByteReader r(packet.body);
  SenderReport report;
  report.sender = Ssrc(r.u32());
  report.ntp = NtpTime{r.u64()};
  report.rtp = RtpTimestamp(r.u32());
  report.packet_count = r.u32();
  report.octet_count = r.u32();
  report.blocks = read_report_blocks(r, packet.format);
  if (!r.ok()) return std::nullopt;
  return report;
}

size_t SenderReport::serialize(std::span<uint8_t> out) const {
  if (blocks.size() > kMaxCount) return 0;
  ByteWriter w(out);
  begin_packet(w, kTypeSenderReport, static_cast<uint8_t>(blocks.size()));
  w.u32(sender.value());
  w.u64(ntp.value);
  w.u32(rtp.value());
  w.u32(packet_count);
  w.u32(octet_count);
  write_report_blocks(w, blocks);
  return finish_packet(w);
}

}  // namespace tutti::rtcp
