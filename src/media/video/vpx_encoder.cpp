#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

#include <algorithm>
#include <optional>

#include "media/video/codecs.hpp"

namespace tutti::video {
namespace {

// shared/reference/limits.md D: what each costs. VP8 beyond -12 overshoots its rate, VP9 below 7 is not for real time.
int vp8_speed(uint8_t speed) { return speed == 0 ? -6 : speed == 1 ? -8 : -12; }
int vp9_speed(uint8_t speed) { return speed == 0 ? 7 : speed == 1 ? 8 : 9; }

// The encoder's clock, in microseconds.
constexpr int kTimebase = 1'000'000;

class VpxVideoEncoder final : public VideoEncoder {
 public:
  explicit VpxVideoEncoder(const VideoEncoderSettings& settings) : settings_(settings) {
    const bool vp8 = settings.codec == Codec::kVp8;
    vpx_codec_iface_t* const codec = vp8 ? vpx_codec_vp8_cx() : vpx_codec_vp9_cx();
    if (vpx_codec_enc_config_default(codec, &config_, 0) != VPX_CODEC_OK) return;
    config_.g_w = settings.width;
    config_.g_h = settings.height;
    config_.g_timebase = {1, kTimebase};
    config_.g_threads = 1;
    config_.g_pass = VPX_RC_ONE_PASS;
    config_.g_lag_in_frames = 0;
    config_.g_error_resilient = 0;
    config_.rc_end_usage = VPX_CBR;
    config_.rc_target_bitrate = kbps(settings.bitrate);
    config_.rc_dropframe_thresh = 25;
    config_.rc_resize_allowed = 0;
    config_.rc_min_quantizer = 2;
    config_.rc_max_quantizer = 56;
    config_.rc_undershoot_pct = 100;
    config_.rc_overshoot_pct = 15;
    config_.rc_buf_initial_sz = 500;
    config_.rc_buf_optimal_sz = 600;
    config_.rc_buf_sz = 1000;
    // Keyframes come when somebody needs one.
    config_.kf_mode = VPX_KF_DISABLED;
    if (vpx_codec_enc_init(&context_, codec, &config_, 0) != VPX_CODEC_OK) return;
    open_ = true;
    vpx_codec_control(&context_, VP8E_SET_CPUUSED, vp8 ? vp8_speed(settings.speed) : vp9_speed(settings.speed));
    vpx_codec_control(&context_, VP8E_SET_STATIC_THRESHOLD, vp8 ? 1 : 0);
    // A keyframe may take three times a frame's share, so that a join does not stall the picture.
    vpx_codec_control(&context_, VP8E_SET_MAX_INTRA_BITRATE_PCT, 300);
    if (vp8) {
      vpx_codec_control(&context_, VP8E_SET_NOISE_SENSITIVITY, 0);
      vpx_codec_control(&context_, VP8E_SET_TOKEN_PARTITIONS, VP8_ONE_TOKENPARTITION);
    } else {
      vpx_codec_control(&context_, VP9E_SET_AQ_MODE, 3);
      vpx_codec_control(&context_, VP9E_SET_ROW_MT, 0);
      vpx_codec_control(&context_, VP9E_SET_TILE_COLUMNS, 0);
      vpx_codec_control(&context_, VP9E_SET_FRAME_PARALLEL_DECODING, 0);
    }
  }
  ~VpxVideoEncoder() override {
    if (open_) vpx_codec_destroy(&context_);
  }
  VpxVideoEncoder(const VpxVideoEncoder&) = delete;
  VpxVideoEncoder& operator=(const VpxVideoEncoder&) = delete;

  bool ok() const { return open_; }
  const VideoEncoderSettings& settings() const override { return settings_; }

  EncodedFrame encode(const Picture& picture, Timestamp time, bool force_keyframe) override {
    EncodedFrame frame;
    vpx_image_t image{};
    image.fmt = VPX_IMG_FMT_I420;
    image.bit_depth = 8;
    image.w = image.d_w = picture.width();
    image.h = image.d_h = picture.height();
    image.x_chroma_shift = image.y_chroma_shift = 1;
    image.bps = 12;
    // The library takes pointers to what it does not change.
    image.planes[0] = const_cast<uint8_t*>(picture.y());
    image.planes[1] = const_cast<uint8_t*>(picture.u());
    image.planes[2] = const_cast<uint8_t*>(picture.v());
    image.stride[0] = picture.stride_y();
    image.stride[1] = image.stride[2] = picture.stride_uv();
    if (!first_) first_ = time;
    // Rising by at least one, whatever the caller's clock does.
    const int64_t pts = std::max(last_pts_ + 1, (time - *first_).us());
    last_pts_ = pts;
    const auto duration = static_cast<unsigned long>(kTimebase / std::max(1u, settings_.max_fps));
    const vpx_enc_frame_flags_t flags = force_keyframe ? VPX_EFLAG_FORCE_KF : 0;
    if (force_keyframe) set_dropping(false);
    const vpx_codec_err_t error = vpx_codec_encode(&context_, &image, pts, duration, flags, VPX_DL_REALTIME);
    if (force_keyframe) set_dropping(true);
    if (error != VPX_CODEC_OK) return frame;
    vpx_codec_iter_t iterator = nullptr;
    while (const vpx_codec_cx_pkt_t* packet = vpx_codec_get_cx_data(&context_, &iterator)) {
      if (packet->kind != VPX_CODEC_CX_FRAME_PKT) continue;
      const auto* bytes = static_cast<const uint8_t*>(packet->data.frame.buf);
      frame.bytes.insert(frame.bytes.end(), bytes, bytes + packet->data.frame.sz);
      frame.keyframe |= (packet->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
    }
    return frame;
  }

  void set_bitrate(DataRate bitrate) override {
    settings_.bitrate = bitrate;
    config_.rc_target_bitrate = kbps(bitrate);
    vpx_codec_enc_config_set(&context_, &config_);
  }

 private:
  static unsigned kbps(DataRate rate) { return static_cast<unsigned>(std::max<int64_t>(1, rate.bps() / 1000)); }
  void set_dropping(bool on) {
    config_.rc_dropframe_thresh = on ? 25 : 0;
    vpx_codec_enc_config_set(&context_, &config_);
  }

  VideoEncoderSettings settings_;
  vpx_codec_enc_cfg_t config_{};
  vpx_codec_ctx_t context_{};
  bool open_ = false;
  std::optional<Timestamp> first_;
  int64_t last_pts_ = -1;
};

}  // namespace

std::unique_ptr<VideoEncoder> make_vpx_encoder(const VideoEncoderSettings& settings) {
  auto encoder = std::make_unique<VpxVideoEncoder>(settings);
  if (!encoder->ok()) return nullptr;
  return encoder;
}

}  // namespace tutti::video
