// A picture that a decoder library still owns, copied into one of ours. Pure function.
#pragma once

#include "media/video/planes.hpp"
#include "tutti/media/video/decoder.hpp"

namespace tutti::video {

// `decoded`: checked against `limits` here, because what the bitstream's headers said was not the library's reading of
// them.
VideoDecoder::Result copy_decoded(const ConstPlanes& decoded, const PictureLimits& limits, Timestamp captured,
                                  Rotation rotation);

}  // namespace tutti::video
