#include "media/video/h264_encoder.hpp"

#include <wels/codec_api.h>

#include <algorithm>

namespace tutti::video {
namespace {

constexpr int kMaxQuantizer = 44;  // of 51; coarser than this, rather a frame less

int even(uint32_t length) { return static_cast<int>(length & ~1u); }
int bits_per_second(DataRate rate) { return static_cast<int>(std::clamp<int64_t>(rate.bps(), 1000, 1'000'000'000)); }

}  // namespace

std::unique_ptr<H264Encoder> H264Encoder::make(const VideoEncoderSettings& settings) {
  std::unique_ptr<H264Encoder> encoder(new H264Encoder(settings));
  if (!encoder->open()) return nullptr;
  return encoder;
}

bool H264Encoder::open() {
  ISVCEncoder* created = nullptr;
  if (WelsCreateSVCEncoder(&created) != 0 || created == nullptr) return false;
  encoder_.reset(created);
  int quiet = WELS_LOG_QUIET;
  created->SetOption(ENCODER_OPTION_TRACE_LEVEL, &quiet);

  SEncParamExt parameters{};
  created->GetDefaultParams(&parameters);
  parameters.iUsageType = CAMERA_VIDEO_REAL_TIME;
  parameters.iPicWidth = even(settings_.width);
  parameters.iPicHeight = even(settings_.height);
  parameters.iTargetBitrate = bits_per_second(settings_.bitrate);
  parameters.iRCMode = RC_BITRATE_MODE;
  parameters.fMaxFrameRate = static_cast<float>(settings_.max_fps);
  parameters.iTemporalLayerNum = 1;
  parameters.iSpatialLayerNum = 1;
  parameters.iComplexityMode = settings_.speed == 0 ? MEDIUM_COMPLEXITY : LOW_COMPLEXITY;
  parameters.uiIntraPeriod = 0;
  parameters.bEnableSceneChangeDetect = false;  // it answers with keyframes
  parameters.eSpsPpsIdStrategy = CONSTANT_ID;
  parameters.bPrefixNalAddingCtrl = false;
  parameters.iEntropyCodingModeFlag = 0;
  parameters.bEnableFrameSkip = true;
  parameters.iMaxQp = kMaxQuantizer;
  parameters.iMultipleThreadIdc = 1;
  parameters.bEnableDenoise = false;
  SSpatialLayerConfig& layer = parameters.sSpatialLayers[0];
  layer.iVideoWidth = parameters.iPicWidth;
  layer.iVideoHeight = parameters.iPicHeight;
  layer.fFrameRate = parameters.fMaxFrameRate;
  layer.iSpatialBitrate = parameters.iTargetBitrate;
  layer.iMaxSpatialBitrate = UNSPECIFIED_BIT_RATE;
  layer.uiProfileIdc = PRO_BASELINE;
  layer.uiLevelIdc = LEVEL_UNKNOWN;  // the lowest that fits
  layer.sSliceArgument.uiSliceMode = SM_SINGLE_SLICE;
  if (created->InitializeExt(&parameters) != cmResultSuccess) return false;
  int format = videoFormatI420;
  return created->SetOption(ENCODER_OPTION_DATAFORMAT, &format) == cmResultSuccess;
}

EncodedFrame H264Encoder::encode(const Picture& picture, Timestamp time, bool force_keyframe) {
  // The library would read beyond a smaller one.
  if (picture.width() < settings_.width || picture.height() < settings_.height) return {};
  if (!first_time_) first_time_ = time;
  SSourcePicture source{};
  source.iColorFormat = videoFormatI420;
  source.iPicWidth = even(settings_.width);
  source.iPicHeight = even(settings_.height);
  source.iStride[0] = picture.stride_y();
  source.iStride[1] = source.iStride[2] = picture.stride_uv();
  // openh264 reads the planes only, but knows no const.
  source.pData[0] = const_cast<uint8_t*>(picture.y());
  source.pData[1] = const_cast<uint8_t*>(picture.u());
  source.pData[2] = const_cast<uint8_t*>(picture.v());
  source.uiTimeStamp = (time - *first_time_).ms();
  if (force_keyframe) encoder_->ForceIntraFrame(true);

  EncodedFrame frame;
  SFrameBSInfo info{};
  if (encoder_->EncodeFrame(&source, &info) != cmResultSuccess || info.eFrameType == videoFrameTypeSkip) return frame;
  frame.keyframe = info.eFrameType == videoFrameTypeIDR;
  for (int i = 0; i < info.iLayerNum; ++i) {
    const SLayerBSInfo& layer = info.sLayerInfo[i];
    size_t size = 0;
    for (int nal = 0; nal < layer.iNalCount; ++nal) size += static_cast<size_t>(layer.pNalLengthInByte[nal]);
    frame.bytes.insert(frame.bytes.end(), layer.pBsBuf, layer.pBsBuf + size);
  }
  return frame;
}

void H264Encoder::set_bitrate(DataRate bitrate) {
  if (bitrate == settings_.bitrate) return;
  settings_.bitrate = bitrate;
  SBitrateInfo info{SPATIAL_LAYER_ALL, bits_per_second(bitrate)};
  encoder_->SetOption(ENCODER_OPTION_BITRATE, &info);
}

void H264Encoder::Closer::operator()(ISVCEncoder* encoder) const {
  encoder->Uninitialize();
  WelsDestroySVCEncoder(encoder);
}

}  // namespace tutti::video
