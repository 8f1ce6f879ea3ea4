#include "tutti/wire/payload/vp8.hpp"

#include "tutti/base/byte_reader.hpp"
#include "tutti/base/byte_writer.hpp"

namespace tutti::payload {

// RFC 7741 §4.2:
//      0 1 2 3 4 5 6 7
//     +-+-+-+-+-+-+-+-+
//     |X|R|N|S|R| PID | (REQUIRED)
//     +-+-+-+-+-+-+-+-+
// X:  |I|L|T|K| RSV   | (OPTIONAL)
//     +-+-+-+-+-+-+-+-+
// I:  |M| PictureID   | (OPTIONAL)
//     |   PictureID   | (if M)
//     +-+-+-+-+-+-+-+-+
// L:  |   TL0PICIDX   | (OPTIONAL)
//     +-+-+-+-+-+-+-+-+
// T/K:|TID|Y| KEYIDX  | (OPTIONAL)
//     +-+-+-+-+-+-+-+-+
constexpr uint8_t kX = 0x80, kN = 0x20, kS = 0x10, kPidMask = 0x07;
constexpr uint8_t kI = 0x80, kL = 0x40, kT = 0x20, kK = 0x10;
constexpr uint8_t kM = 0x80, kY = 0x20, kKeyIndexMask = 0x1F;

// RFC 7741 §4.3: bit 0 of the first byte is P, "when set to 0, the current frame is a key frame". RFC 6386 §9.1: a
// keyframe's three bytes of frame tag are followed by a start code and two 14-bit sizes, little-endian.
static void read_frame_header(std::span<const uint8_t> frame, Vp8Descriptor& d) noexcept {
  if (!d.start_of_partition || d.partition_id != 0 || frame.empty() || frame[0] & 1) return;
  d.keyframe = true;
  if (frame.size() < 10 || frame[3] != 0x9D || frame[4] != 0x01 || frame[5] != 0x2A) return;
  d.dimensions = Dimensions{static_cast<uint32_t>((frame[7] & 0x3F) << 8 | frame[6]),
                            static_cast<uint32_t>((frame[9] & 0x3F) << 8 | frame[8])};
}

std::optional<Vp8Descriptor> Vp8Descriptor::parse(std::span<const uint8_t> payload) noexcept {
  ByteReader r(payload);
  Vp8Descriptor d;
  const uint8_t first = r.u8();
  d.non_reference = (first & kN) != 0;
  d.start_of_partition = (first & kS) != 0;
  d.partition_id = first & kPidMask;
  const uint8_t present = first & kX ? r.u8() : uint8_t{0};
  if (present & kI) {
    const uint8_t high = r.u8();
    d.long_picture_id = (high & kM) != 0;
    d.picture_id = d.long_picture_id ? static_cast<uint16_t>((high & 0x7F) << 8 | r.u8()) : uint16_t{high};
  }
  if (present & kL) d.tl0_pic_idx = r.u8();
  if (present & (kT | kK)) {
    const uint8_t layer = r.u8();
    if (present & kT) {
      d.temporal_id = static_cast<uint8_t>(layer >> 6);
      d.layer_sync = (layer & kY) != 0;
    }
    if (present & kK) d.key_index = static_cast<uint8_t>(layer & kKeyIndexMask);
  }
  if (!r.ok()) return std::nullopt;
  d.size = r.position();
  read_frame_header(r.rest(), d);
  return d;
}

void Vp8Descriptor::patch(std::span<uint8_t> descriptor, uint16_t picture_id_value, uint8_t tl0_value) const noexcept {
  if (descriptor.size() < size) return;
  size_t at = 2;
  if (picture_id && long_picture_id) {
    descriptor[at++] = static_cast<uint8_t>(kM | (picture_id_value >> 8 & 0x7F));
    descriptor[at++] = static_cast<uint8_t>(picture_id_value);
  } else if (picture_id) {
    descriptor[at++] = static_cast<uint8_t>(picture_id_value & 0x7F);
  }
  if (tl0_pic_idx) descriptor[at] = tl0_value;
}

size_t Vp8Descriptor::write(std::span<uint8_t> out) const noexcept {
  const uint8_t present = static_cast<uint8_t>((picture_id ? kI : 0) | (tl0_pic_idx ? kL : 0) | (temporal_id ? kT : 0) |
                                               (key_index ? kK : 0));
  ByteWriter w(out);
  w.u8(static_cast<uint8_t>((present ? kX : 0) | (non_reference ? kN : 0) | (start_of_partition ? kS : 0) |
                            (partition_id & kPidMask)));
  if (present) w.u8(present);
  if (picture_id) w.u16(static_cast<uint16_t>(kM << 8 | (*picture_id & 0x7FFF)));
  if (tl0_pic_idx) w.u8(*tl0_pic_idx);
  if (temporal_id || key_index) {
    const bool sync = temporal_id && layer_sync;
    w.u8(
        static_cast<uint8_t>(temporal_id.value_or(0) << 6 | (sync ? kY : 0) | (key_index.value_or(0) & kKeyIndexMask)));
  }
  return w.ok() ? w.size() : 0;
}

}  // namespace tutti::payload
