#include "tutti/wire/payload/vp8_frame.hpp"

#include "tutti/base/byte_reader.hpp"

namespace tutti::payload {

// All in little-endian order: the frame tag (1 bit "0 for key frames", 3 bits version, 1 bit show_frame, 19 bits size
// of the first partition); in keyframes 9D 01 2A, then 14 bits of width with 2 of scale, and the same for the height.
std::optional<Vp8FrameHeader> Vp8FrameHeader::parse(std::span<const uint8_t> frame) noexcept {
  ByteReader r(frame);
  const auto tag = r.bytes(3);
  if (!r.ok()) return std::nullopt;
  Vp8FrameHeader header;
  header.keyframe = (tag[0] & 1) == 0;
  header.version = static_cast<uint8_t>(tag[0] >> 1 & 7);
  header.shown = (tag[0] & 0x10) != 0;
  const size_t first_partition = static_cast<size_t>(tag[2] << 11 | tag[1] << 3 | tag[0] >> 5);
  if (header.keyframe) {
    const auto start = r.bytes(7);
    if (!r.ok() || start[0] != 0x9D || start[1] != 0x01 || start[2] != 0x2A) return std::nullopt;
    header.dimensions = {static_cast<uint32_t>((start[4] & 0x3F) << 8 | start[3]),
                         static_cast<uint32_t>((start[6] & 0x3F) << 8 | start[5])};
  }
  if (first_partition > r.remaining()) return std::nullopt;
  return header;
}

}  // namespace tutti::payload
