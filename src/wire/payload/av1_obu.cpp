#include "tutti/wire/payload/av1_obu.hpp"

#include "tutti/base/byte_reader.hpp"

namespace tutti::payload {

// §4.10.5 leb128(): seven bits in each byte, the least significant first; at most eight bytes.
static uint64_t read_leb128(ByteReader& r) noexcept {
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) {
    const uint8_t byte = r.u8();
    value |= uint64_t{byte & 0x7Fu} << 7 * i;
    if ((byte & 0x80) == 0) break;
  }
  return value;
}

// §5.3.2:
// +-+-+-+-+-+-+-+-+
// |F|  type |X|S|-|
// +-+-+-+-+-+-+-+-+
// X: an extension byte follows. S: then the size of the payload as leb128.
std::optional<Av1Obu> Av1Obu::take(std::span<const uint8_t>& stream) noexcept {
  ByteReader r(stream);
  const uint8_t header = r.u8();
  if ((header & 0x80) != 0 || (header & 0x02) == 0) return std::nullopt;
  if (header & 0x04) r.skip(1);
  const uint64_t size = read_leb128(r);
  if (!r.ok() || size > r.remaining()) return std::nullopt;
  Av1Obu obu;
  obu.type = static_cast<uint8_t>(header >> 3 & 0xF);
  obu.payload = r.bytes(static_cast<size_t>(size));
  obu.bytes = stream.first(r.position());
  stream = stream.subspan(r.position());
  return obu;
}

}  // namespace tutti::payload
