// What FrameAssembler asks of a codec's RTP payload format: where frames begin, and how the payloads of one become what a decoder
// takes. VP8 RFC 7741, VP9 RFC 9628, H.264 RFC 6184 (single NAL units, STAP-A, FU-A), AV1 (AOM). Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tutti/base/codec.hpp"

namespace tutti::video {

struct PayloadInfo {
  bool valid = false;
  bool begins_frame = false;  // as far as the payload itself tells; H.264 does not
  bool keyframe = false;      // a keyframe begins here
};
PayloadInfo inspect(Codec codec, std::span<const uint8_t> payload);

// All payloads of one frame, in order, none empty. False if they do not fit together; `out` is then of no use.
bool depacketize(Codec codec, std::span<const std::span<const uint8_t>> payloads, std::vector<uint8_t>& out);

}  // namespace tutti::video
