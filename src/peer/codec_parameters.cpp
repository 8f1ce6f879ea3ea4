#include "peer/codec_parameters.hpp"

#include <charconv>

#include "tutti/wire/sdp/session.hpp"

namespace tutti::peer {

// RFC 6184 §8.1, table 5: constraint_set1_flag (0x40) makes Baseline and constraint_set0_flag (0x80) makes Main
// Constrained Baseline; sets 4 and 5 (0x0C) make High Constrained High. "If no profile-level-id is present, the
// Baseline profile, without additional constraints at Level 1, MUST be inferred."
H264Profile h264_profile(std::string_view fmtp) {
  using Name = H264Profile::Name;
  const auto text = sdp::fmtp_parameter(fmtp, "profile-level-id");
  if (!text) return {Name::kBaseline, 0};
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value, 16);
  if (error != std::errc() || text->size() != 6 || end != text->data() + text->size()) return {Name::kOther, 0xFFFF};
  const uint32_t idc = value >> 16, iop = value >> 8 & 0xFF;
  switch (idc) {
    case 0x42:
      return {iop & 0x40 ? Name::kConstrainedBaseline : Name::kBaseline, 0};
    case 0x4D:
      return {iop & 0x80 ? Name::kConstrainedBaseline : Name::kMain, 0};
    case 0x58:
      return iop & 0x80 ? H264Profile{iop & 0x40 ? Name::kConstrainedBaseline : Name::kBaseline, 0}
                        : H264Profile{Name::kOther, static_cast<uint16_t>(value >> 8)};
    case 0x64:
      return {(iop & 0x0C) == 0x0C ? Name::kConstrainedHigh : Name::kHigh, 0};
    default:
      return {Name::kOther, static_cast<uint16_t>(value >> 8)};
  }
}

bool decodes(H264Profile decoder, H264Profile stream) {
  using Name = H264Profile::Name;
  if (decoder == stream) return true;
  switch (stream.name) {
    case Name::kConstrainedBaseline:
      return decoder.name != Name::kOther;
    case Name::kMain:
      return decoder.name == Name::kHigh;
    case Name::kConstrainedHigh:
      return decoder.name == Name::kHigh;
    case Name::kBaseline:
    case Name::kHigh:
    case Name::kOther:
      return false;
  }
  return false;
}

}  // namespace tutti::peer
