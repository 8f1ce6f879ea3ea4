#include "media/video/decoded_picture.hpp"

namespace tutti::video {

VideoDecoder::Result copy_decoded(const ConstPlanes& decoded, const PictureLimits& limits, Timestamp captured,
                                  Rotation rotation) {
  if (decoded.width <= 0 || decoded.height <= 0 || decoded.y == nullptr) return {nullptr, DecodeError::kCorrupt};
  const auto width = static_cast<uint32_t>(decoded.width), height = static_cast<uint32_t>(decoded.height);
  if (!limits.allows(width, height)) return {nullptr, DecodeError::kTooLarge};
  const auto picture = Picture::make(width, height);
  copy(decoded, planes_of(*picture));
  picture->captured = captured;
  picture->rotation = rotation;
  return {picture, DecodeError::kNone};
}

}  // namespace tutti::video
