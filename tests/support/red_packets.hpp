// RED payloads as a sender makes them (RFC 2198), and Opus packets that say which they are.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tutti/base/byte_writer.hpp"
#include "tutti/base/ids.hpp"

namespace tutti::test {

// 20 ms of CELT, of `size` bytes (at least 5), with a number in it.
inline std::vector<uint8_t> numbered_opus(uint32_t number, size_t size = 60) {
  std::vector<uint8_t> out(size, 0x55);
  ByteWriter w(out);
  w.u8(0xF8);
  w.u32(number);
  return out;
}

struct RedPart {
  uint16_t timestamp_offset;  // of the primary: not written
  std::vector<uint8_t> payload;
  uint8_t type = 111;
};

// The last part is the primary.
inline std::vector<uint8_t> red_payload(std::span<const RedPart> parts) {
  std::vector<uint8_t> out(1500);
  ByteWriter w(out);
  for (const RedPart& p : parts) {
    const bool primary = &p == &parts.back();
    w.u8(static_cast<uint8_t>((primary ? 0 : 0x80) | p.type));
    if (!primary) w.u24(static_cast<uint32_t>(p.timestamp_offset) << 10 | static_cast<uint32_t>(p.payload.size()));
  }
  for (const RedPart& p : parts) w.bytes(p.payload);
  out.resize(w.size());
  return out;
}

}  // namespace tutti::test
