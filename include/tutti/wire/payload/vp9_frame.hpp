// What a VP9 frame says of itself before it is decoded, and the frames in a superframe. VP9 bitstream specification
// §6.2 and annex B. Values and views; no allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "tutti/wire/payload/dimensions.hpp"

namespace tutti::payload {

struct Vp9FrameHeader {
  uint8_t profile = 0;  // 0 is 8 bits in 4:2:0
  bool show_existing = false;
  bool keyframe = false;
  bool intra_only = false;
  bool shown = false;
  // As the header states it. Absent where it is taken over from a reference, and where the profile is not 0.
  std::optional<Dimensions> dimensions;

  // `frame`: one frame, not a superframe. nullopt if the header is cut short or breaks its syntax. Of profiles other
  // than 0 no more is read than that they are.
  static std::optional<Vp9FrameHeader> parse(std::span<const uint8_t> frame) noexcept;
};

struct Vp9Superframe {
  static constexpr size_t kMaxFrames = 8;
  std::array<std::span<const uint8_t>, kMaxFrames> frames;
  size_t count = 0;
  bool has_index = false;

  // Without an index all bytes are one frame. nullopt if the index does not fit the bytes before it, or a frame in it
  // is empty.
  static std::optional<Vp9Superframe> parse(std::span<const uint8_t> bytes) noexcept;
};

}  // namespace tutti::payload
