// VP8 and VP9 by libvpx in real time: constant bitrate, one pass, no look-ahead, one layer. One object travels with its
// jobs; it has no thread of its own.
#pragma once

#include <vpx/vpx_encoder.h>

#include <memory>
#include <optional>

#include "tutti/media/video/encoder.hpp"

namespace tutti::video {

class VpxEncoder final : public VideoEncoder {
 public:
  // settings.codec: kVp8 or kVp9. Null if libvpx refuses the settings.
  static std::unique_ptr<VpxEncoder> make(const VideoEncoderSettings& settings);
  ~VpxEncoder() override;
  VpxEncoder(const VpxEncoder&) = delete;
  VpxEncoder& operator=(const VpxEncoder&) = delete;

  const VideoEncoderSettings& settings() const override { return settings_; }
  EncodedFrame encode(const Picture& picture, Timestamp time, bool force_keyframe) override;
  void set_bitrate(DataRate bitrate) override;

 private:
  explicit VpxEncoder(const VideoEncoderSettings& settings) : settings_(settings) {}
  bool open();
  bool set_controls();
  vpx_codec_pts_t next_pts(Timestamp time);

  VideoEncoderSettings settings_;
  vpx_codec_ctx_t context_{};
  vpx_codec_enc_cfg_t config_{};
  bool open_ = false;
  std::optional<Timestamp> first_time_;
  vpx_codec_pts_t last_pts_ = -1;
};

}  // namespace tutti::video
