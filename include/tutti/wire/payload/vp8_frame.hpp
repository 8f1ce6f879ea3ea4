// What a VP8 frame says of itself before it is decoded. RFC 6386 §9.1. Value; no allocation.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "tutti/wire/payload/dimensions.hpp"

namespace tutti::payload {

struct Vp8FrameHeader {
  bool keyframe = false;
  uint8_t version = 0;  // 0 to 7, of which 4 to 7 are reserved
  bool shown = false;
  Dimensions dimensions;  // of a keyframe, without its scaling hints; else 0

  // `frame`: a whole frame. nullopt if the header is cut short, a keyframe lacks its start code, or the first partition
  // ends behind it.
  static std::optional<Vp8FrameHeader> parse(std::span<const uint8_t> frame) noexcept;
};

}  // namespace tutti::payload
