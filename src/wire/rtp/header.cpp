#include "tutti/wire/rtp/header.hpp"

#include "tutti/base/byte_reader.hpp"
#include "tutti/base/byte_writer.hpp"

namespace tutti::rtp {

// RFC 3550 §5.1
//  0                   1                   2                   3
//  |V=2|P|X|  CC   |M|     PT      |       sequence number         |
//  |                           timestamp                           |
//  |           synchronization source (SSRC) identifier            |
//  |            contributing source (CSRC) identifiers ...         |
std::optional<Packet> parse(std::span<const uint8_t> bytes) noexcept {
  ByteReader r(bytes);
  Packet p;
  const uint8_t first = r.u8(), second = r.u8();
  p.sequence = SeqNum(r.u16());
  p.timestamp = RtpTimestamp(r.u32());
  p.ssrc = Ssrc(r.u32());
  if (!r.ok() || first >> 6 != 2) return std::nullopt;
  p.has_padding = (first & 0x20) != 0;
  p.marker = (second & 0x80) != 0;
  p.payload_type = PayloadType(second & 0x7F);
  p.csrcs = r.bytes(size_t{4} * (first & 0x0F));
  if (first & 0x10) {
    p.extension_profile = r.u16();
    const size_t words = r.u16();
    p.extensions = r.bytes(4 * words);
  }
  if (!r.ok()) return std::nullopt;
  p.header_size = r.position();
  p.payload = r.rest();
  return p;
}

bool strip_padding(Packet& packet) noexcept {
  if (!packet.has_padding) return true;
  if (packet.payload.empty()) return false;
  const size_t padding = packet.payload.back();
  if (padding == 0 || padding > packet.payload.size()) return false;
  packet.payload = packet.payload.first(packet.payload.size() - padding);
  return true;
}

size_t write_header(const HeaderFields& f, std::span<const uint8_t> extension_block, std::span<uint8_t> out) noexcept {
  ByteWriter w(out);
  if (f.csrcs.size() > kMaxCsrcs) return 0;
  w.u8(static_cast<uint8_t>(0x80 | (extension_block.empty() ? 0 : 0x10) | f.csrcs.size()));
  w.u8(static_cast<uint8_t>((f.marker ? 0x80 : 0) | (f.payload_type.value() & 0x7F)));
  w.u16(f.sequence.value());
  w.u32(f.timestamp.value());
  w.u32(f.ssrc.value());
  for (const Ssrc csrc : f.csrcs) w.u32(csrc.value());
  w.bytes(extension_block);
  return w.ok() ? w.size() : 0;
}

}  // namespace tutti::rtp
