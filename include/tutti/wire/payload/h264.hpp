// What a forwarder must know of an H.264 payload: does a keyframe begin here, and how large is it. Single NAL units,
// STAP-A and FU-A are looked into, which is what packetization modes 0 and 1 have. RFC 6184 §5.2 to §5.8. Value; no
// allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "tutti/wire/payload/dimensions.hpp"

namespace tutti::payload {

struct H264Payload {
  static constexpr uint8_t kIdrSlice = 5;
  static constexpr uint8_t kSps = 7;
  static constexpr uint8_t kStapA = 24;
  static constexpr uint8_t kFuA = 28;

  uint8_t nal_type = 0;  // of the payload's first byte; for FU-A the type of the NAL unit in it
  bool has_sps = false;
  bool begins_idr = false;               // an IDR slice begins here
  std::optional<Dimensions> dimensions;  // of the sequence parameter set, if it is whole and makes sense

  // `payload`: the RTP payload. nullopt if it is empty, or a STAP-A or FU-A is cut short.
  static std::optional<H264Payload> parse(std::span<const uint8_t> payload) noexcept;

  // Parameter sets come first where the encoder repeats them, so both begin a keyframe.
  bool keyframe() const { return has_sps || begins_idr; }
};

}  // namespace tutti::payload
