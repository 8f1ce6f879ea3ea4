// H.264 by openh264 in real time: constrained baseline, one layer, one slice for each picture, parameter sets before
// each IDR. One object travels with its jobs; it has no thread of its own.
#pragma once

#include <memory>
#include <optional>

#include "tutti/media/video/encoder.hpp"

class ISVCEncoder;

namespace tutti::video {

class H264Encoder final : public VideoEncoder {
 public:
  // Null if openh264 refuses the settings. 4:2:0 has no odd sizes in H.264: of an odd size the last column or row is
  // left out.
  static std::unique_ptr<H264Encoder> make(const VideoEncoderSettings& settings);

  const VideoEncoderSettings& settings() const override { return settings_; }
  EncodedFrame encode(const Picture& picture, Timestamp time, bool force_keyframe) override;
  void set_bitrate(DataRate bitrate) override;

 private:
  explicit H264Encoder(const VideoEncoderSettings& settings) : settings_(settings) {}
  bool open();

  struct Closer {
    void operator()(ISVCEncoder* encoder) const;
  };
  VideoEncoderSettings settings_;
  std::unique_ptr<ISVCEncoder, Closer> encoder_;
  std::optional<Timestamp> first_time_;
};

}  // namespace tutti::video
