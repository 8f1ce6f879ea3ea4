#include "tutti/wire/rtcp/sdes.hpp"

#include "tutti/base/byte_reader.hpp"
#include "tutti/base/crypto.hpp"
#include "wire/rtcp/packet_writer.hpp"

namespace tutti::rtcp {

// RFC 3550 §6.5, a chunk:
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                              SSRC                             |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |    CNAME=1    |     length    | user and domain name        ...
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// "The list of items in each chunk MUST be terminated by one or more null octets", up to the next 32-bit boundary.
constexpr uint8_t kItemEnd = 0;
constexpr uint8_t kItemCname = 1;

static size_t to_boundary(size_t position) { return (4 - position % 4) % 4; }

static Sdes::Chunk read_chunk(ByteReader& r) {
  Sdes::Chunk chunk;
  chunk.source = Ssrc(r.u32());
  while (r.ok()) {
    const uint8_t item = r.u8();
    if (item == kItemEnd) break;
    const auto text = r.bytes(r.u8());
    if (item == kItemCname) chunk.cname = as_text(text);
  }
  // The body begins on a boundary, so its positions tell the distance to the next.
  r.skip(to_boundary(r.position()));
  return chunk;
}

std::optional<Sdes> Sdes::parse(const PacketView& packet) {
  ByteReader r(packet.body);
  Sdes sdes;
  for (size_t i = 0; i < packet.format && r.ok(); ++i) sdes.chunks.push_back(read_chunk(r));
  if (!r.ok()) return std::nullopt;
  return sdes;
}

size_t Sdes::serialize(std::span<uint8_t> out) const {
  if (chunks.size() > kMaxCount) return 0;
  ByteWriter w(out);
  begin_packet(w, kTypeSdes, static_cast<uint8_t>(chunks.size()));
  for (const Chunk& chunk : chunks) {
    if (chunk.cname.size() > 255) return 0;
    w.u32(chunk.source.value());
    if (!chunk.cname.empty()) {
      w.u8(kItemCname);
      w.u8(static_cast<uint8_t>(chunk.cname.size()));
      w.bytes(as_bytes(chunk.cname));
    }
    w.u8(kItemEnd);
    w.zeros(to_boundary(w.size()));
  }
  return finish_packet(w);
}

}  // namespace tutti::rtcp
