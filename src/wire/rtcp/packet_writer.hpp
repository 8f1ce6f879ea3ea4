// The frame of every serialiser: header first, length last. RFC 3550 §6.4.1: the length is "in 32-bit words minus one,
// including the header and any padding".
#pragma once

#include <cstddef>
#include <cstdint>

#include "tutti/base/byte_writer.hpp"
#include "tutti/base/ids.hpp"
#include "tutti/wire/rtcp/header.hpp"

namespace tutti::rtcp {

// `format`: 5 bits.
inline void begin_packet(ByteWriter& w, uint8_t type, uint8_t format) {
  w.u8(static_cast<uint8_t>(2 << 6 | format));
  w.u8(type);
  w.u16(0);
}

// RFC 4585 §6.1: what all feedback messages begin with.
inline void begin_feedback(ByteWriter& w, uint8_t type, uint8_t format, Ssrc sender, Ssrc media) {
  begin_packet(w, type, format);
  w.u32(sender.value());
  w.u32(media.value());
}

// For a packet that begins where the writer began and ends here, on a multiple of four. Returns its size, or 0 if not
// all of it fitted or it is too long for its length field.
inline size_t finish_packet(ByteWriter& w) {
  const size_t words = w.size() / 4;
  if (!w.ok() || words > 0x10000) return 0;
  w.patch_u16(2, static_cast<uint16_t>(words - 1));
  return w.size();
}

}  // namespace tutti::rtcp
