#include "tutti/wire/payload/leb128.hpp"

namespace tutti::payload {

std::optional<uint32_t> read_leb128(ByteReader& reader) noexcept {
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) {
    const uint8_t byte = reader.u8();
    value |= uint64_t{byte & 0x7Fu} << (7 * i);
    if (byte & 0x80) continue;
    // "It is a requirement of bitstream conformance that the value returned [...] is less than or equal to (1 << 32)
    // - 1."
    if (!reader.ok() || value > UINT32_MAX) return std::nullopt;
    return static_cast<uint32_t>(value);
  }
  return std::nullopt;
}

}  // namespace tutti::payload
