#include "tutti/wire/rtcp/header.hpp"

#include "tutti/base/byte_reader.hpp"

namespace tutti::rtcp {

//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |V=2|P|   RC    |       PT      |             length            |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
static std::optional<PacketView> read_packet(ByteReader& r) noexcept {
  const uint8_t first = r.u8();
  PacketView packet;
  packet.format = first & 0x1F;
  packet.type = r.u8();
  const size_t body_size = size_t{r.u16()} * 4;
  packet.body = r.bytes(body_size);
  if (!r.ok() || first >> 6 != 2) return std::nullopt;
  if (first & 0x20) {
    // "The last octet of the padding is a count of how many padding octets should be ignored, including itself."
    if (packet.body.empty()) return std::nullopt;
    const size_t padding = packet.body.back();
    if (padding == 0 || padding > packet.body.size()) return std::nullopt;
    packet.body = packet.body.first(packet.body.size() - padding);
  }
  return packet;
}

std::optional<CompoundReader> CompoundReader::open(std::span<const uint8_t> bytes) noexcept {
  if (bytes.empty()) return std::nullopt;
  ByteReader r(bytes);
  while (!r.at_end()) {
    if (!read_packet(r)) return std::nullopt;
  }
  return CompoundReader(bytes);
}

std::optional<PacketView> CompoundReader::next() noexcept {
  ByteReader r(rest_);
  auto packet = read_packet(r);
  rest_ = r.rest();
  return packet;
}

}  // namespace tutti::rtcp
