#include "tutti/wire/payload/av1_obu.hpp"

#include "tutti/base/byte_reader.hpp"
#include "tutti/wire/payload/leb128.hpp"

namespace tutti::payload {

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
  const auto size = read_leb128(r);
  if (!size || *size > r.remaining()) return std::nullopt;
  Av1Obu obu;
  obu.type = static_cast<uint8_t>(header >> 3 & 0xF);
  obu.payload = r.bytes(*size);
  obu.bytes = stream.first(r.position());
  stream = stream.subspan(r.position());
  return obu;
}

}  // namespace tutti::payload
