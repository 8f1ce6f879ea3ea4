#include "media/video/decoded_picture.hpp"

#include <libyuv.h>

namespace tutti::video {

VideoDecoder::Result copy_decoded(const ConstPlanes& decoded, const PictureLimits& limits, Timestamp captured,
                                  Rotation rotation) {
  if (decoded.width <= 0 || decoded.height <= 0 || decoded.y == nullptr) return {nullptr, DecodeError::kCorrupt};
  const auto width = static_cast<uint32_t>(decoded.width), height = static_cast<uint32_t>(decoded.height);
  if (!limits.allows(width, height)) return {nullptr, DecodeError::kTooLarge};
  const auto picture = Picture::make(width, height);
  libyuv::I420Copy(decoded.y, decoded.stride_y, decoded.u, decoded.stride_uv, decoded.v, decoded.stride_uv,
                   picture->y(), picture->stride_y(), picture->u(), picture->stride_uv(), picture->v(),
                   picture->stride_uv(), decoded.width, decoded.height);
  picture->captured = captured;
  picture->rotation = rotation;
  return {picture, DecodeError::kNone};
}

}  // namespace tutti::video
