// RFC 6184 §5.6 single NAL units, §5.7.1 STAP-A and §5.8 FU-A into an access unit in Annex B's byte stream format. What
// the interleaved mode has (STAP-B, MTAP, FU-B) is never negotiated here.
#include <array>

#include "media/video/depacketizer.hpp"
#include "tutti/base/byte_reader.hpp"
#include "tutti/wire/payload/h264.hpp"

namespace tutti::video {
namespace {

using payload::H264Payload;

constexpr uint8_t kAccessUnitDelimiter = 9, kLastSingleType = 23;
constexpr std::array<uint8_t, 4> kStartCode = {0, 0, 0, 1};

uint8_t type_of(uint8_t first) { return first & 0x1F; }

class H264Depacketizer final : public Depacketizer {
 public:
  std::optional<PacketRole> inspect(std::span<const uint8_t> payload) const override {
    const uint8_t packet_type = type_of(payload[0]);
    const bool single = packet_type > 0 && packet_type <= kLastSingleType;
    if (!single && packet_type != H264Payload::kStapA && packet_type != H264Payload::kFuA) return std::nullopt;
    const auto p = H264Payload::parse(payload);
    if (!p) return std::nullopt;
    PacketRole role;
    role.keyframe = p->begins_idr;
    role.keyframe_candidate = p->keyframe();
    // H.264 §7.4.1.2.3: these come first in an access unit. A slice may be anywhere in it, so only what is before it
    // can tell.
    const uint8_t first = packet_type == H264Payload::kStapA ? type_of(payload[3]) : packet_type;
    role.begins_frame = first == H264Payload::kSps || first == kAccessUnitDelimiter;
    return role;
  }

  bool assemble(std::span<const std::span<const uint8_t>> payloads, std::vector<uint8_t>& out) override {
    bool in_fragments = false;
    for (const auto payload : payloads) {
      const uint8_t packet_type = type_of(payload[0]);
      if (in_fragments && packet_type != H264Payload::kFuA) return false;
      if (packet_type == H264Payload::kStapA) {
        ByteReader r(payload.subspan(1));
        while (!r.at_end()) append_nal(r.bytes(r.u16()), out);
      } else if (packet_type == H264Payload::kFuA) {
        const bool start = (payload[1] & 0x80) != 0, end = (payload[1] & 0x40) != 0;
        if (start == in_fragments) return false;
        if (start) {
          // F and NRI of the indicator, type of the FU header.
          const auto header = static_cast<uint8_t>((payload[0] & 0xE0) | type_of(payload[1]));
          append_nal({&header, 1}, out);
        }
        out.insert(out.end(), payload.begin() + 2, payload.end());
        in_fragments = !end;
      } else {
        append_nal(payload, out);
      }
    }
    return !in_fragments;
  }

 private:
  static void append_nal(std::span<const uint8_t> nal, std::vector<uint8_t>& out) {
    out.insert(out.end(), kStartCode.begin(), kStartCode.end());
    out.insert(out.end(), nal.begin(), nal.end());
  }
};

}  // namespace

std::unique_ptr<Depacketizer> make_h264_depacketizer() { return std::make_unique<H264Depacketizer>(); }

}  // namespace tutti::video
