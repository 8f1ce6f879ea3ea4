#include "tutti/wire/payload/h264.hpp"

#include "tutti/base/byte_reader.hpp"
#include "tutti/wire/payload/h264_sps.hpp"

namespace tutti::payload {

// Level 6.2 ends at 139264 macroblocks, of which at most sqrt(8 * 139264) in one direction (H.264 §A.3.1).
constexpr uint32_t kMaxSide = 1055 * 16;

// RFC 6184 §1.3, the first byte of a NAL unit:
// +---------------+
// |0|1|2|3|4|5|6|7|
// +-+-+-+-+-+-+-+-+
// |F|NRI|  Type   |
// +---------------+
static uint8_t nal_type_of(uint8_t first) noexcept { return first & 0x1F; }

static void note_nal(std::span<const uint8_t> nal, H264Payload& p) noexcept {
  const uint8_t type = nal_type_of(nal[0]);
  if (type == H264Payload::kIdrSlice) p.begins_idr = true;
  if (type == H264Payload::kSps) {
    p.has_sps = true;
    const auto sps = H264Sps::parse(nal);
    if (sps && sps->coded.width <= kMaxSide && sps->coded.height <= kMaxSide) p.dimensions = sps->shown;
  }
}

// §5.7.1: after the STAP-A header, NAL units with a 16-bit size before each. False if one is empty or cut short.
static bool read_stap_a(ByteReader& r, H264Payload& p) noexcept {
  if (r.at_end()) return false;
  while (!r.at_end()) {
    const auto nal = r.bytes(r.u16());
    if (!r.ok() || nal.empty()) return false;
    note_nal(nal, p);
  }
  return true;
}

// §5.8: after the FU indicator, the FU header
// +---------------+
// |S|E|R|  Type   |
// +---------------+
// A sequence parameter set in fragments counts as one, but nobody waits for its other half to learn its size.
static bool read_fu_a(ByteReader& r, H264Payload& p) noexcept {
  const uint8_t header = r.u8();
  p.nal_type = nal_type_of(header);
  const bool start = (header & 0x80) != 0;
  p.begins_idr = start && p.nal_type == H264Payload::kIdrSlice;
  p.has_sps = start && p.nal_type == H264Payload::kSps;
  return r.ok();
}

std::optional<H264Payload> H264Payload::parse(std::span<const uint8_t> payload) noexcept {
  if (payload.empty()) return std::nullopt;
  ByteReader r(payload);
  H264Payload p;
  p.nal_type = nal_type_of(r.u8());
  bool whole = true;
  if (p.nal_type == kStapA) {
    whole = read_stap_a(r, p);
  } else if (p.nal_type == kFuA) {
    whole = read_fu_a(r, p);
  } else {
    note_nal(payload, p);
  }
  if (!whole) return std::nullopt;
  return p;
}

}  // namespace tutti::payload
