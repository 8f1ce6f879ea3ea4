// Which library serves which codec.
#include "media/video/av1_decoder.hpp"
#include "media/video/h264_decoder.hpp"
#include "media/video/h264_encoder.hpp"
#include "media/video/vpx_decoder.hpp"
#include "media/video/vpx_encoder.hpp"

namespace tutti::video {

std::string_view to_string(DecodeError error) {
  switch (error) {
    case DecodeError::kNone:
      return {};
    case DecodeError::kNeedsKeyframe:
      return "needs-keyframe";
    case DecodeError::kCorrupt:
      return "corrupt";
    case DecodeError::kTooLarge:
      return "too-large";
    case DecodeError::kUnsupported:
      return "unsupported";
  }
  return {};
}

std::unique_ptr<VideoDecoder> make_video_decoder(Codec codec, const PictureLimits& limits) {
  switch (codec) {
    case Codec::kVp8:
    case Codec::kVp9:
      return std::make_unique<VpxDecoder>(codec, limits);
    case Codec::kH264:
      return std::make_unique<H264Decoder>(limits);
    case Codec::kAv1:
      return std::make_unique<Av1Decoder>(limits);
    case Codec::kOpus:
    case Codec::kPcmu:
    case Codec::kPcma:
    case Codec::kG722:
      break;
  }
  return nullptr;
}

std::unique_ptr<VideoEncoder> make_video_encoder(const VideoEncoderSettings& settings) {
  const bool sensible =
      PictureLimits{}.allows(settings.width, settings.height) && settings.max_fps > 0 && settings.bitrate.bps() > 0;
  if (!sensible) return nullptr;
  switch (settings.codec) {
    case Codec::kVp8:
    case Codec::kVp9:
      return VpxEncoder::make(settings);
    case Codec::kH264:
      return H264Encoder::make(settings);
    case Codec::kAv1:
    case Codec::kOpus:
    case Codec::kPcmu:
    case Codec::kPcma:
    case Codec::kG722:
      break;
  }
  return nullptr;
}

}  // namespace tutti::video
