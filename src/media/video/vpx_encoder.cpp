#include "media/video/vpx_encoder.hpp"

#include <vpx/vp8cx.h>

#include <algorithm>
#include <array>

namespace tutti::video {
namespace {

constexpr int kTicksPerSecond = 90000;
// Negative: a fixed effort, whatever time the machine takes. -12 takes three quarters of the time of -6; below it VP8
// overshoots its bitrate by half.
constexpr std::array<int, 3> kVp8CpuUsed = {-6, -8, -12};
constexpr std::array<int, 3> kVp9CpuUsed = {7, 8, 9};
// Of 63. Coarser than this no talking head is worth its bits: rather a frame less.
constexpr unsigned kVp8MaxQuantizer = 56, kVp9MaxQuantizer = 52;
// Finer than this nobody sees; VP8 at 2 spends 300 kbit/s on a still of 640 x 360 for ever, at 6 a fifth of it.
constexpr unsigned kVp8MinQuantizer = 6, kVp9MinQuantizer = 2;
// Keyframes come when they are asked for. A distance of 38 days at 30 Hz.
constexpr unsigned kNoKeyframes = 100'000'000;
constexpr unsigned kDropBelowPercentOfBuffer = 30;
// The buffer of the rate control in ms: how much later than its time a frame may be through a channel of the target
// rate.
constexpr unsigned kBuffer = 1000, kInitialBuffer = 500, kOptimalBuffer = 600;

unsigned kilobits(DataRate rate) {
  return static_cast<unsigned>(std::clamp<int64_t>((rate.bps() + 500) / 1000, 1, 1'000'000));
}

// A keyframe may take half of the optimal buffer, in percent of an average frame, and three frames at least.
unsigned max_keyframe_percent(uint32_t fps) { return std::max(300u, kOptimalBuffer / 2 * fps / 10); }

}  // namespace

std::unique_ptr<VpxEncoder> VpxEncoder::make(const VideoEncoderSettings& settings) {
  std::unique_ptr<VpxEncoder> encoder(new VpxEncoder(settings));
  if (!encoder->open()) return nullptr;
  return encoder;
}

VpxEncoder::~VpxEncoder() {
  if (open_) vpx_codec_destroy(&context_);
}

bool VpxEncoder::open() {
  const bool vp8 = settings_.codec == Codec::kVp8;
  vpx_codec_iface_t* interface = vp8 ? vpx_codec_vp8_cx() : vpx_codec_vp9_cx();
  if (vpx_codec_enc_config_default(interface, &config_, 0) != VPX_CODEC_OK) return false;
  config_.g_w = settings_.width;
  config_.g_h = settings_.height;
  config_.g_threads = 1;
  config_.g_timebase = {1, kTicksPerSecond};
  config_.g_lag_in_frames = 0;
  config_.g_pass = VPX_RC_ONE_PASS;
  config_.g_error_resilient = 0;
  config_.rc_end_usage = VPX_CBR;
  config_.rc_target_bitrate = kilobits(settings_.bitrate);
  config_.rc_min_quantizer = vp8 ? kVp8MinQuantizer : kVp9MinQuantizer;
  config_.rc_max_quantizer = vp8 ? kVp8MaxQuantizer : kVp9MaxQuantizer;
  config_.rc_undershoot_pct = 100;
  config_.rc_overshoot_pct = 15;
  config_.rc_buf_sz = kBuffer;
  config_.rc_buf_initial_sz = kInitialBuffer;
  config_.rc_buf_optimal_sz = kOptimalBuffer;
  config_.rc_dropframe_thresh = kDropBelowPercentOfBuffer;
  config_.rc_resize_allowed = 0;
  config_.kf_mode = vp8 ? VPX_KF_DISABLED : VPX_KF_AUTO;
  config_.kf_min_dist = 0;
  config_.kf_max_dist = kNoKeyframes;
  open_ = vpx_codec_enc_init(&context_, interface, &config_, 0) == VPX_CODEC_OK;
  return open_ && set_controls();
}

bool VpxEncoder::set_controls() {
  const bool vp8 = settings_.codec == Codec::kVp8;
  const size_t speed = std::min<size_t>(settings_.speed, kVp8CpuUsed.size() - 1);
  bool ok =
      vpx_codec_control(&context_, VP8E_SET_CPUUSED, vp8 ? kVp8CpuUsed[speed] : kVp9CpuUsed[speed]) == VPX_CODEC_OK;
  // A block that changes less than this is left as it is. More would be cheaper on a still, and leaves a keyframe's
  // patches on flat colours for ever; who composes stops encoding when nothing moves.
  ok &= vpx_codec_control(&context_, VP8E_SET_STATIC_THRESHOLD, 1u) == VPX_CODEC_OK;
  ok &= vpx_codec_control(&context_, VP8E_SET_MAX_INTRA_BITRATE_PCT, max_keyframe_percent(settings_.max_fps)) ==
        VPX_CODEC_OK;
  ok &= vpx_codec_control(&context_, VP8E_SET_NOISE_SENSITIVITY, 0u) == VPX_CODEC_OK || !vp8;
  if (vp8) return ok;
  ok &= vpx_codec_control(&context_, VP9E_SET_ROW_MT, 0u) == VPX_CODEC_OK;
  ok &= vpx_codec_control(&context_, VP9E_SET_TILE_COLUMNS, 0) == VPX_CODEC_OK;
  ok &= vpx_codec_control(&context_, VP9E_SET_AQ_MODE, 3u) == VPX_CODEC_OK;
  return ok;
}

EncodedFrame VpxEncoder::encode(const Picture& picture, Timestamp time, bool force_keyframe) {
  vpx_image_t image{};
  // libvpx reads the planes only, but knows no const.
  vpx_img_wrap(&image, VPX_IMG_FMT_I420, picture.width(), picture.height(), 1, const_cast<uint8_t*>(picture.y()));
  image.planes[VPX_PLANE_U] = const_cast<uint8_t*>(picture.u());
  image.planes[VPX_PLANE_V] = const_cast<uint8_t*>(picture.v());
  image.stride[VPX_PLANE_Y] = picture.stride_y();
  image.stride[VPX_PLANE_U] = image.stride[VPX_PLANE_V] = picture.stride_uv();

  const vpx_codec_pts_t pts = next_pts(time);
  const auto duration = std::max(1ul, static_cast<unsigned long>(kTicksPerSecond) / settings_.max_fps);
  const vpx_enc_frame_flags_t flags = force_keyframe ? VPX_EFLAG_FORCE_KF : 0;
  EncodedFrame frame;
  if (vpx_codec_encode(&context_, &image, pts, duration, flags, VPX_DL_REALTIME) != VPX_CODEC_OK) return frame;
  vpx_codec_iter_t iterator = nullptr;
  while (const vpx_codec_cx_pkt_t* packet = vpx_codec_get_cx_data(&context_, &iterator)) {
    if (packet->kind != VPX_CODEC_CX_FRAME_PKT) continue;
    const auto* bytes = static_cast<const uint8_t*>(packet->data.frame.buf);
    frame.bytes.insert(frame.bytes.end(), bytes, bytes + packet->data.frame.sz);
    frame.keyframe |= (packet->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
  }
  return frame;
}

vpx_codec_pts_t VpxEncoder::next_pts(Timestamp time) {
  if (!first_time_) first_time_ = time;
  const vpx_codec_pts_t pts = (time - *first_time_).us() * kTicksPerSecond / 1'000'000;
  last_pts_ = std::max(pts, last_pts_ + 1);  // libvpx refuses a frame that does not come later
  return last_pts_;
}

void VpxEncoder::set_bitrate(DataRate bitrate) {
  if (bitrate == settings_.bitrate) return;
  settings_.bitrate = bitrate;
  config_.rc_target_bitrate = kilobits(bitrate);
  vpx_codec_enc_config_set(&context_, &config_);
}

}  // namespace tutti::video
