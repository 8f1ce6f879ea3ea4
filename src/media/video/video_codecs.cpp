// Which codecs there are. Another one is a file of its own and a line in each of these.
#include "media/video/codecs.hpp"

namespace tutti::video {

std::string_view to_string(DecodeError error) {
  switch (error) {
    case DecodeError::kNone: return "";
    case DecodeError::kNeedsKeyframe: return "needs-keyframe";
    case DecodeError::kCorrupt: return "corrupt";
    case DecodeError::kTooLarge: return "too-large";
    case DecodeError::kUnsupported: return "unsupported";
  }
  return "";
}

std::unique_ptr<VideoDecoder> make_video_decoder(Codec codec, const PictureLimits& limits) {
  switch (codec) {
    case Codec::kVp8:
    case Codec::kVp9: return make_vpx_decoder(codec, limits);
    case Codec::kH264: return make_h264_decoder(limits);
    case Codec::kAv1: return make_av1_decoder(limits);
    case Codec::kOpus:
    case Codec::kPcmu:
    case Codec::kPcma:
    case Codec::kG722: return nullptr;
  }
  return nullptr;
}

std::unique_ptr<VideoEncoder> make_video_encoder(const VideoEncoderSettings& settings) {
  switch (settings.codec) {
    case Codec::kVp8:
    case Codec::kVp9: return make_vpx_encoder(settings);
    case Codec::kH264: return make_h264_encoder(settings);
    case Codec::kAv1:
    case Codec::kOpus:
    case Codec::kPcmu:
    case Codec::kPcma:
    case Codec::kG722: return nullptr;
  }
  return nullptr;
}

}  // namespace tutti::video
