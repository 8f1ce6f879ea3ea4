#include "tutti/proto/fec/flexfec_header.hpp"

#include "tutti/base/byte_reader.hpp"
#include "tutti/base/byte_writer.hpp"

namespace tutti::fec {
namespace {

// The mask stands in parts of 15, 31 and 63 bits, each behind a K bit that says whether it is the last.
struct Part {
  size_t first, bits;
};
constexpr std::array<Part, 3> kParts = {{{0, 15}, {15, 31}, {46, 63}}};

}  // namespace

//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |R|F| P|X|  CC   |M| PT recovery |         length recovery         |
// |                          TS recovery                            |
// |   SSRCCount   |                    reserved                     |
// |                             SSRC_i                              |
// |           SN base_i           |k|          Mask [0-14]          |
// |k|                   Mask [15-45] (optional)                     |
// |k|                                                               |
// +-+                   Mask [46-108] (optional)                    |
// |                                                                 |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
std::optional<FlexfecHeader> FlexfecHeader::parse(std::span<const uint8_t> payload) noexcept {
  ByteReader r(payload);
  FlexfecHeader h;
  h.start = {r.u8(), r.u8()};
  // R: a retransmission; F: a fixed matrix. Neither is sent by anybody.
  if ((h.start[0] & 0xC0) != 0) return std::nullopt;
  h.length = r.u16();
  h.timestamp = r.u32();
  if (r.u8() != 1) return std::nullopt;
  r.skip(3);
  h.source = Ssrc(r.u32());
  h.base = SeqNum(r.u16());
  for (const Part& part : kParts) {
    const uint64_t value = part.bits == 15 ? r.u16() : part.bits == 31 ? r.u32() : r.u64();
    for (size_t i = 0; i < part.bits; ++i) h.mask[part.first + i] = (value >> (part.bits - 1 - i) & 1) != 0;
    if ((value >> part.bits & 1) == 0) continue;
    if (!r.ok() || h.mask.none()) return std::nullopt;
    h.size = r.position();
    return h;
  }
  return std::nullopt;
}

size_t FlexfecHeader::serialize(std::span<uint8_t> out) const noexcept {
  size_t parts = 1;
  for (size_t i = kShortMask; i < kMaxProtected; ++i) {
    if (mask[i]) parts = i < kParts[2].first ? 2 : 3;
  }
  ByteWriter w(out);
  w.u8(start[0] & 0x3F);
  w.u8(start[1]);
  w.u16(length);
  w.u32(timestamp);
  w.u8(1);
  w.u24(0);
  w.u32(source.value());
  w.u16(base.value());
  for (size_t n = 0; n < parts; ++n) {
    const Part& part = kParts[n];
    uint64_t value = n + 1 == parts ? 1 : 0;
    for (size_t i = 0; i < part.bits; ++i) value = value << 1 | static_cast<uint64_t>(mask[part.first + i]);
    if (part.bits == 15) w.u16(static_cast<uint16_t>(value));
    if (part.bits == 31) w.u32(static_cast<uint32_t>(value));
    if (part.bits == 63) w.u64(value);
  }
  return w.ok() ? w.size() : 0;
}

}  // namespace tutti::fec
