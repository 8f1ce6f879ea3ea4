// VideoDecoder: one codec's decoder for one received layer: VP8 and VP9 by libvpx, H.264 by openh264, AV1 by dav1d. Whole frames in,
// pictures out. It travels with its job, so at any time one thread has it. Hostile input costs an error, never more.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "tutti/base/codec.hpp"
#include "tutti/media/video/picture.hpp"

namespace tutti::video {

enum class DecodeError : uint8_t {
  kNone,
  kNeedsKeyframe,  // this frame refers to what the decoder has not seen
  kCorrupt,        // not a frame of this codec, or cut
  kTooLarge,       // beyond the limits; found before a buffer is taken
  kUnsupported,    // a profile, bit depth or chroma format that is not decoded here
};
// Stable text for statistics: "needs-keyframe", "corrupt", "too-large", "unsupported"; empty for kNone.
std::string_view to_string(DecodeError error);

class VideoDecoder {
 public:
  struct Result {
    PictureRef picture;  // null if the frame shows nothing, or on an error
    DecodeError error = DecodeError::kNone;
  };
  virtual ~VideoDecoder() = default;
  virtual Codec codec() const = 0;
  // `frame`: one whole access unit in the codec's own format: a VP8 frame, a VP9 (super)frame, H.264 in Annex B, an AV1 temporal unit of
  // OBUs with sizes. `captured` and `rotation` pass into the picture.
  virtual Result decode(std::span<const uint8_t> frame, Timestamp captured, Rotation rotation) = 0;
};

// Null for codecs that are not video.
std::unique_ptr<VideoDecoder> make_video_decoder(Codec codec, const PictureLimits& limits);

}  // namespace tutti::video
