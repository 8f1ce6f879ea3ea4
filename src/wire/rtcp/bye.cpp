#include "tutti/wire/rtcp/bye.hpp"

#include "tutti/base/byte_reader.hpp"
#include "tutti/base/crypto.hpp"
#include "wire/rtcp/packet_writer.hpp"

namespace tutti::rtcp {

// RFC 3550 §6.6, after the header:
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                           SSRC/CSRC                           |
// :                              ...                              :
// +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
// |     length    |               reason for leaving            ... (optional)
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
std::optional<Bye> Bye::parse(const PacketView& packet) {
  ByteReader r(packet.body);
  ByteReader sources = r.sub(size_t{packet.format} * 4);
  if (!sources.ok()) return std::nullopt;
  Bye bye;
  bye.sources.reserve(packet.format);
  while (!sources.at_end()) bye.sources.emplace_back(sources.u32());
  // The reason's length is the sender's word alone: CVE-2021-43804 is a parser that believed it.
  if (!r.at_end()) bye.reason = as_text(r.bytes(r.u8()));
  if (!r.ok()) return std::nullopt;
  return bye;
}

size_t Bye::serialize(std::span<uint8_t> out) const {
  if (sources.size() > kMaxCount || reason.size() > 255) return 0;
  ByteWriter w(out);
  begin_packet(w, kTypeBye, static_cast<uint8_t>(sources.size()));
  for (Ssrc source : sources) w.u32(source.value());
  if (!reason.empty()) {
    w.u8(static_cast<uint8_t>(reason.size()));
    w.bytes(as_bytes(reason));
    // "padded with null octets to the next 32-bit boundary", which is not the padding of the header's P bit.
    w.zeros((4 - w.size() % 4) % 4);
  }
  return finish_packet(w);
}

}  // namespace tutti::rtcp
