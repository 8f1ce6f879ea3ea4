#include "tutti/wire/rtcp/receiver_report.hpp"

#include "tutti/base/byte_reader.hpp"
#include "wire/rtcp/packet_writer.hpp"
#include "wire/rtcp/report_block_codec.hpp"

namespace tutti::rtcp {

// RFC 3550 §6.4.2: a sender report without the sender's part.
std::optional<ReceiverReport> ReceiverReport::parse(const PacketView& packet) {
  ByteReader r(packet.body);
  ReceiverReport report;
  report.sender = Ssrc(r.u32());
  report.blocks = read_report_blocks(r, packet.format);
  if (!r.ok()) return std::nullopt;
  return report;
}

size_t ReceiverReport::serialize(std::span<uint8_t> out) const {
  if (blocks.size() > kMaxCount) return 0;
  ByteWriter w(out);
  begin_packet(w, kTypeReceiverReport, static_cast<uint8_t>(blocks.size()));
  w.u32(sender.value());
  write_report_blocks(w, blocks);
  return finish_packet(w);
}

}  // namespace tutti::rtcp
