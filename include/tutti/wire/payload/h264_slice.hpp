// The first two fields of an H.264 slice, which tell where in a picture it stands and what it may be predicted from.
// ITU-T H.264 §7.3.3. Value; no allocation.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace tutti::payload {

struct H264Slice {
  uint32_t first_macroblock = 0;  // 0 begins a picture
  bool bidirectional = false;     // a B slice: pictures of the future may be in it

  // `nal`: a slice's NAL unit (types 1 and 5) with its header byte. nullopt if it is cut short or of an unknown type.
  static std::optional<H264Slice> parse(std::span<const uint8_t> nal) noexcept;
};

}  // namespace tutti::payload
