// VideoEncoder: one codec's real-time encoder for one rung of one layout: VP8 and VP9 by libvpx, H.264 (constrained baseline) by openh264.
// It travels with its job, so at any time one thread has it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "tutti/base/codec.hpp"
#include "tutti/media/video/picture.hpp"

namespace tutti::video {

struct VideoEncoderSettings {
  Codec codec = Codec::kVp8;
  uint32_t width = 1280, height = 720;
  uint32_t max_fps = 30;
  DataRate bitrate = DataRate::kbps(1500);
  // Effort, 0 (best) to 2 (cheapest): what that means is the codec's affair, chosen by measurement (shared/reference/limits.md D).
  uint8_t speed = 1;
  bool operator==(const VideoEncoderSettings&) const = default;
};

struct EncodedFrame {
  std::vector<uint8_t> bytes;  // as VideoDecoder::decode takes it; empty if the encoder dropped the frame to keep its rate
  bool keyframe = false;
};

class VideoEncoder {
 public:
  virtual ~VideoEncoder() = default;
  virtual const VideoEncoderSettings& settings() const = 0;
  // `picture` has the settings' size. `time` is the frame's place on the output's clock, rising. `force_keyframe` is always obeyed, and
  // never answered with a dropped frame.
  virtual EncodedFrame encode(const Picture& picture, Timestamp time, bool force_keyframe) = 0;
  virtual void set_bitrate(DataRate bitrate) = 0;
};

// Null if the codec is not encoded here (AV1, audio) or refuses the settings.
std::unique_ptr<VideoEncoder> make_video_encoder(const VideoEncoderSettings& settings);

}  // namespace tutti::video
