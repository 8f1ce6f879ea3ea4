// What an H.264 sequence parameter set says of the pictures that it governs: their size as coded and as shown, and
// which tools a decoder needs. ITU-T H.264 §7.3.2.1.1. Value; no allocation.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "tutti/wire/payload/dimensions.hpp"

namespace tutti::payload {

struct H264Sps {
  uint8_t profile_idc = 0;
  uint32_t chroma_format_idc = 1;  // 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4
  uint32_t bit_depth_luma = 8;
  uint32_t bit_depth_chroma = 8;
  bool frames_only = true;  // no fields, no interlacing
  Dimensions coded;         // whole macroblocks: what a decoder takes memory for
  Dimensions shown;         // without what is cropped

  // `nal`: the NAL unit with its header byte. nullopt if it is cut short, longer than 1024 bytes, or crops all away. A
  // size that no level has is told as it stands, at most 2^32 - 1.
  static std::optional<H264Sps> parse(std::span<const uint8_t> nal) noexcept;
};

}  // namespace tutti::payload
