#include "tutti/wire/payload/vp9.hpp"

#include "tutti/base/byte_reader.hpp"

namespace tutti::payload {

// RFC 9628 §4.2:
//       0 1 2 3 4 5 6 7
//      +-+-+-+-+-+-+-+-+
//      |I|P|L|F|B|E|V|Z| (REQUIRED)
//      +-+-+-+-+-+-+-+-+
// I:   |M| PICTURE ID  | (REQUIRED in flexible mode)
// M:   | EXTENDED PID  | (if M)
//      +-+-+-+-+-+-+-+-+
// L:   | TID |U| SID |D| (if L)
//      |   TL0PICIDX   | (if L and not F)
//      +-+-+-+-+-+-+-+-+
// P,F: | P_DIFF      |N| (if P and F, up to 3 times)
//      +-+-+-+-+-+-+-+-+
// V:   | SS            |
//      | ..            |
//      +-+-+-+-+-+-+-+-+
constexpr uint8_t kI = 0x80, kP = 0x40, kL = 0x20, kF = 0x10, kB = 0x08, kE = 0x04, kV = 0x02, kZ = 0x01;

static void read_layer_indices(ByteReader& r, Vp9Descriptor& d) noexcept {
  const uint8_t layer = r.u8();
  d.has_layers = true;
  d.temporal_id = static_cast<uint8_t>(layer >> 5);
  d.switching_up_point = (layer & 0x10) != 0;
  d.spatial_id = static_cast<uint8_t>(layer >> 1 & 7);
  d.inter_layer_predicted = (layer & 1) != 0;
  if (!d.flexible_mode) d.tl0_pic_idx = r.u8();
}

// "P_DIFF ... N: 1 if there is additional P_DIFF following". False if a fourth is announced.
static bool read_references(ByteReader& r, Vp9Descriptor& d) noexcept {
  bool more = true;
  while (more) {
    if (d.reference_count == Vp9Descriptor::kMaxReferences) return false;
    const uint8_t reference = r.u8();
    d.references[d.reference_count++] = static_cast<uint8_t>(reference >> 1);
    more = (reference & 1) != 0;
  }
  return true;
}

// §4.2.1:
//     +-+-+-+-+-+-+-+-+
// V:  | N_S |Y|G|-|-|-|
//     +-+-+-+-+-+-+-+-+
// Y:  |     WIDTH     | (16 bits) \ for each of N_S + 1
//     |     HEIGHT    | (16 bits) / spatial layers
//     +-+-+-+-+-+-+-+-+
// G:  |      N_G      |
//     | TID |U| R |-|-| \ for each of N_G
//     |    P_DIFF     | / pictures, with R differences
//     +-+-+-+-+-+-+-+-+
// Each count is at most what its bits can say; what follows must be there (CVE-2026-34235: a parser that did not look).
static void read_picture(ByteReader& r, Vp9ScalabilityStructure::Picture* picture) noexcept {
  const uint8_t first = r.u8();
  const size_t references = first >> 2 & 3;
  if (!picture) return r.skip(references);
  picture->temporal_id = static_cast<uint8_t>(first >> 5);
  picture->switching_up_point = (first & 0x10) != 0;
  picture->reference_count = static_cast<uint8_t>(references);
  for (size_t i = 0; i < references; ++i) picture->references[i] = r.u8();
}

static Vp9ScalabilityStructure read_scalability(ByteReader& r) noexcept {
  Vp9ScalabilityStructure s;
  const uint8_t first = r.u8();
  s.spatial_layer_count = static_cast<uint8_t>((first >> 5) + 1);
  s.has_dimensions = (first & 0x10) != 0;
  if (s.has_dimensions) {
    for (size_t i = 0; i < s.spatial_layer_count; ++i) {
      const uint32_t width = r.u16();
      s.dimensions[i] = Dimensions{width, r.u16()};
    }
  }
  if (first & 0x08) {
    s.picture_group_size = r.u8();
    for (size_t i = 0; i < s.picture_group_size && r.ok(); ++i)
      read_picture(r, i < s.kMaxPictures ? &s.picture_group[i] : nullptr);
  }
  return s;
}

// VP9 bitstream specification §6.2 uncompressed_header: frame_marker (2 bits, "shall be equal to 2"), profile (2 bits,
// and a reserved one if it is 3), show_existing_frame, frame_type (0 is a keyframe). What has no marker, as an
// encrypted payload, says nothing.
static bool is_inter_frame(std::span<const uint8_t> frame) noexcept {
  if (frame.empty() || frame[0] >> 6 != 2) return false;
  const int after_profile = (frame[0] & 0x30) == 0x30 ? 2 : 3;
  const bool show_existing = (frame[0] >> after_profile & 1) != 0;
  const bool frame_type = (frame[0] >> (after_profile - 1) & 1) != 0;
  return show_existing || frame_type;
}

std::optional<Vp9Descriptor> Vp9Descriptor::parse(std::span<const uint8_t> payload) noexcept {
  ByteReader r(payload);
  Vp9Descriptor d;
  const uint8_t first = r.u8();
  d.inter_picture_predicted = (first & kP) != 0;
  d.flexible_mode = (first & kF) != 0;
  d.start_of_frame = (first & kB) != 0;
  d.end_of_frame = (first & kE) != 0;
  d.not_reference_for_upper = (first & kZ) != 0;
  if (first & kI) {
    const uint8_t high = r.u8();
    d.long_picture_id = (high & 0x80) != 0;
    d.picture_id = d.long_picture_id ? static_cast<uint16_t>((high & 0x7F) << 8 | r.u8()) : uint16_t{high};
  }
  if (first & kL) read_layer_indices(r, d);
  if ((first & kP) && (first & kF) && !read_references(r, d)) return std::nullopt;
  if (first & kV) d.scalability = read_scalability(r);
  if (!r.ok()) return std::nullopt;
  d.size = r.position();
  d.inter_frame_header = d.start_of_frame && is_inter_frame(r.rest());
  return d;
}

Vp9Prefix Vp9Descriptor::prefix() const {
  const int id = !picture_id ? 0 : long_picture_id ? 2 : 1;
  const int bytes = 1 + id + (has_layers ? 1 : 0) + (tl0_pic_idx ? 1 : 0);
  return {picture_id, tl0_pic_idx, long_picture_id, has_layers, static_cast<uint8_t>(bytes)};
}

size_t Vp9Prefix::write(std::span<const uint8_t> payload, uint16_t picture_id_value, uint8_t tl0_value,
                        std::span<uint8_t> out) const noexcept {
  size_t written = 0;
  out[written++] = payload[0];
  if (picture_id) {
    out[written++] = static_cast<uint8_t>(0x80 | picture_id_value >> 8);
    out[written++] = static_cast<uint8_t>(picture_id_value);
  }
  if (has_layers) out[written++] = payload[long_picture_id ? 3 : picture_id ? 2 : 1];
  if (tl0_pic_idx) out[written++] = tl0_value;
  return written;
}

SpatialSizes Vp9ScalabilityStructure::sizes() const {
  SpatialSizes result;
  if (!has_dimensions || spatial_layer_count > payload::kMaxSpatialLayers) return result;
  result.count = spatial_layer_count;
  for (size_t i = 0; i < spatial_layer_count; ++i)
    result.sizes[i] = {static_cast<uint16_t>(dimensions[i].width), static_cast<uint16_t>(dimensions[i].height)};
  return result;
}

std::optional<Dimensions> Vp9Descriptor::dimensions() const {
  if (!scalability || !scalability->has_dimensions) return std::nullopt;
  return scalability->dimensions[scalability->spatial_layer_count - 1u];
}

}  // namespace tutti::payload
