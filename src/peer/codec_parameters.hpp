// Reading the format parameters that select a bitstream: H.264 profiles (RFC 6184 §8.1). Pure.
// Private to peer.
#pragma once

#include <cstdint>
#include <string_view>

namespace tutti::peer {

// profile_idc and the bits of profile_iop that tell profiles apart, reduced to the profiles that are in use.
struct H264Profile {
  enum class Name : uint8_t { kConstrainedBaseline, kBaseline, kMain, kConstrainedHigh, kHigh, kOther };
  Name name = Name::kBaseline;
  uint16_t raw = 0;  // of kOther: profile_idc and profile_iop as they stand
  bool operator==(const H264Profile&) const = default;
};
H264Profile h264_profile(std::string_view fmtp);
// True if a decoder of `decoder` takes every stream of `stream` (H.264 annex A.2).
bool decodes(H264Profile decoder, H264Profile stream);

}  // namespace tutti::peer
