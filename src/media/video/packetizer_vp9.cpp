// RFC 9628 §4.2 in non-flexible mode. What browsers need to follow one layer: a scalability structure on each keyframe,
// with a picture group of one picture that refers to the one before it.
#include <algorithm>
#include <array>

#include "tutti/base/byte_writer.hpp"
#include "tutti/media/video/packetizer.hpp"

namespace tutti::video {
namespace {

constexpr uint8_t kI = 0x80, kP = 0x40, kL = 0x20, kB = 0x08, kE = 0x04, kV = 0x02;
// I, M with 15 bits, layer indices, TL0PICIDX.
constexpr size_t kHeaderSize = 5;
constexpr size_t kStructureSize = 8;

// §4.2.1: N_S=0 (one layer), Y=1, G=1; N_G=1: TID=0, U=1, R=1, P_DIFF=1.
void write_structure(ByteWriter& w, uint32_t width, uint32_t height) {
  w.u8(0x18);
  w.u16(static_cast<uint16_t>(width));
  w.u16(static_cast<uint16_t>(height));
  w.u8(1);
  w.u8(0x14);
  w.u8(1);
}

}  // namespace

void Packetizer::packetize_vp9(const EncodedFrame& frame) {
  const size_t first_size = kHeaderSize + (frame.keyframe ? kStructureSize : 0);
  const size_t size = fair_size(frame.bytes.size(), kHeaderSize, first_size);
  std::span<const uint8_t> rest(frame.bytes);
  bool first = true;
  while (!rest.empty()) {
    const bool with_structure = first && frame.keyframe;
    const size_t header_size = first ? first_size : kHeaderSize;
    const auto part = rest.first(std::min(size - header_size, rest.size()));
    rest = rest.subspan(part.size());

    std::array<uint8_t, kHeaderSize + kStructureSize> header;
    ByteWriter w(header);
    w.u8(static_cast<uint8_t>(kI | kL | (frame.keyframe ? 0 : kP) | (first ? kB : 0) | (rest.empty() ? kE : 0) |
                              (with_structure ? kV : 0)));
    w.u16(0x8000 | picture_id_);
    w.u8(0);  // TID=0, U=0, SID=0, D=0
    w.u8(tl0_pic_idx_);
    if (with_structure) write_structure(w, width_, height_);
    const auto written = w.written();
    std::vector<uint8_t>& out = next_payload();
    out.insert(out.end(), written.begin(), written.end());
    out.insert(out.end(), part.begin(), part.end());
    first = false;
  }
}

}  // namespace tutti::video
