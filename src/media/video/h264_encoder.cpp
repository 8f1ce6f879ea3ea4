#include <wels/codec_api.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "media/video/codecs.hpp"

namespace tutti::video {
namespace {

class H264VideoEncoder final : public VideoEncoder {
 public:
  explicit H264VideoEncoder(const VideoEncoderSettings& settings) : settings_(settings) {
    ISVCEncoder* made = nullptr;
    if (WelsCreateSVCEncoder(&made) != 0 || !made) return;
    encoder_.reset(made);
    int quiet = WELS_LOG_QUIET;
    made->SetOption(ENCODER_OPTION_TRACE_LEVEL, &quiet);

    SEncParamExt p;
    made->GetDefaultParams(&p);
    p.iUsageType = CAMERA_VIDEO_REAL_TIME;
    p.iPicWidth = static_cast<int>(settings.width);
    p.iPicHeight = static_cast<int>(settings.height);
    p.fMaxFrameRate = static_cast<float>(settings.max_fps);
    p.iRCMode = RC_BITRATE_MODE;
    p.iTargetBitrate = static_cast<int>(settings.bitrate.bps());
    p.iMaxBitrate = UNSPECIFIED_BIT_RATE;
    p.bEnableFrameSkip = true;
    p.iTemporalLayerNum = 1;
    p.iSpatialLayerNum = 1;
    p.uiIntraPeriod = 0;  // keyframes come when somebody needs one
    p.eSpsPpsIdStrategy = CONSTANT_ID;
    p.bPrefixNalAddingCtrl = false;
    p.bEnableDenoise = false;
    p.bEnableSceneChangeDetect = false;
    p.bEnableBackgroundDetection = true;
    p.bEnableAdaptiveQuant = true;
    p.bEnableLongTermReference = false;
    p.iMultipleThreadIdc = 1;
    p.iMaxQp = 42;
    p.iMinQp = 10;
    p.iComplexityMode = settings.speed == 0 ? MEDIUM_COMPLEXITY : LOW_COMPLEXITY;
    p.iEntropyCodingModeFlag = 0;
    SSpatialLayerConfig& layer = p.sSpatialLayers[0];
    layer.iVideoWidth = p.iPicWidth;
    layer.iVideoHeight = p.iPicHeight;
    layer.fFrameRate = p.fMaxFrameRate;
    layer.iSpatialBitrate = p.iTargetBitrate;
    layer.iMaxSpatialBitrate = UNSPECIFIED_BIT_RATE;
    layer.uiProfileIdc = PRO_BASELINE;
    layer.uiLevelIdc = LEVEL_UNKNOWN;
    layer.sSliceArgument.uiSliceMode = SM_SINGLE_SLICE;
    open_ = made->InitializeExt(&p) == 0;
    if (!open_) return;
    int format = videoFormatI420;
    made->SetOption(ENCODER_OPTION_DATAFORMAT, &format);
  }

  bool ok() const { return open_; }
  const VideoEncoderSettings& settings() const override { return settings_; }

  EncodedFrame encode(const Picture& picture, Timestamp time, bool force_keyframe) override {
    EncodedFrame frame;
    if (force_keyframe) {
      encoder_->ForceIntraFrame(true);
      set_skipping(false);
    }
    SSourcePicture source{};
    source.iPicWidth = static_cast<int>(picture.width());
    source.iPicHeight = static_cast<int>(picture.height());
    source.iColorFormat = videoFormatI420;
    source.iStride[0] = picture.stride_y();
    source.iStride[1] = source.iStride[2] = picture.stride_uv();
    // The library takes pointers to what it does not change.
    source.pData[0] = const_cast<uint8_t*>(picture.y());
    source.pData[1] = const_cast<uint8_t*>(picture.u());
    source.pData[2] = const_cast<uint8_t*>(picture.v());
    if (!first_) first_ = time;
    source.uiTimeStamp = (time - *first_).ms();
    SFrameBSInfo info{};
    const int failed = encoder_->EncodeFrame(&source, &info);
    if (force_keyframe) set_skipping(true);
    if (failed != 0 || info.eFrameType == videoFrameTypeSkip || info.eFrameType == videoFrameTypeInvalid) return frame;
    for (int l = 0; l < info.iLayerNum; ++l) {
      const SLayerBSInfo& layer = info.sLayerInfo[l];
      size_t size = 0;
      for (int n = 0; n < layer.iNalCount; ++n) size += static_cast<size_t>(layer.pNalLengthInByte[n]);
      frame.bytes.insert(frame.bytes.end(), layer.pBsBuf, layer.pBsBuf + size);
    }
    frame.keyframe = info.eFrameType == videoFrameTypeIDR;
    return frame;
  }

  void set_bitrate(DataRate bitrate) override {
    settings_.bitrate = bitrate;
    SBitrateInfo info{};
    info.iLayer = SPATIAL_LAYER_ALL;
    info.iBitrate = static_cast<int>(bitrate.bps());
    encoder_->SetOption(ENCODER_OPTION_BITRATE, &info);
  }

 private:
  struct Free {
    void operator()(ISVCEncoder* encoder) const {
      encoder->Uninitialize();
      WelsDestroySVCEncoder(encoder);
    }
  };
  void set_skipping(bool on) { encoder_->SetOption(ENCODER_OPTION_RC_FRAME_SKIP, &on); }

  VideoEncoderSettings settings_;
  std::unique_ptr<ISVCEncoder, Free> encoder_;
  bool open_ = false;
  std::optional<Timestamp> first_;
};

}  // namespace

std::unique_ptr<VideoEncoder> make_h264_encoder(const VideoEncoderSettings& settings) {
  // Macroblocks and chroma want even sizes.
  if (settings.width % 2 != 0 || settings.height % 2 != 0) return nullptr;
  auto encoder = std::make_unique<H264VideoEncoder>(settings);
  if (!encoder->ok()) return nullptr;
  return encoder;
}

}  // namespace tutti::video
