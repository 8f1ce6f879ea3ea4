#include "tutti/wire/payload/h264_slice.hpp"

#include "wire/payload/bit_reader.hpp"

namespace tutti::payload {

// Emulation prevention needs no care here: within these two codes it takes a first macroblock beyond every level.
std::optional<H264Slice> H264Slice::parse(std::span<const uint8_t> nal) noexcept {
  if (nal.empty()) return std::nullopt;
  BitReader r(nal.subspan(1));
  H264Slice slice;
  slice.first_macroblock = r.exp_golomb();
  // Table 7-6: 0 to 4 are P, B, I, SP, SI; 5 to 9 the same, for all slices of the picture.
  const uint32_t type = r.exp_golomb();
  if (!r.ok() || type > 9) return std::nullopt;
  slice.bidirectional = type % 5 == 1;
  return slice;
}

}  // namespace tutti::payload
