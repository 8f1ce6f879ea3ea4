// AV1's numbers of variable length, AV1 specification §4.10.5 leb128(): seven bits in each byte, the least significant
// first, at most eight bytes and at most 32 bits. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "tutti/base/byte_reader.hpp"

namespace tutti::payload {

// nullopt if it is cut short, has no end within eight bytes, or is larger than the specification allows.
std::optional<uint32_t> read_leb128(ByteReader& reader) noexcept;

}  // namespace tutti::payload
