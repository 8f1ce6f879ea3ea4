#include <wels/codec_api.h>

#include <memory>
#include <optional>

#include "media/video/codecs.hpp"
#include "tutti/wire/payload/h264.hpp"

namespace tutti::video {
namespace {

constexpr int kNothing = WELS_LOG_QUIET;

// Calls `each` with every NAL unit of an access unit in Annex B.
template <class Each>
void for_each_nal(std::span<const uint8_t> unit, Each each) {
  std::optional<size_t> begin;
  for (size_t i = 0; i + 3 <= unit.size(); ++i) {
    if (unit[i] != 0 || unit[i + 1] != 0 || unit[i + 2] != 1) continue;
    if (begin && i > *begin) each(unit.subspan(*begin, i - *begin));
    begin = i + 3;
    i += 2;
  }
  if (begin && *begin < unit.size()) each(unit.subspan(*begin));
}

class H264VideoDecoder final : public VideoDecoder {
 public:
  explicit H264VideoDecoder(const PictureLimits& limits) : limits_(limits) {}
  Codec codec() const override { return Codec::kH264; }

  Result decode(std::span<const uint8_t> frame, Timestamp captured, Rotation rotation) override {
    bool has_idr = false, any = false;
    DecodeError refused = DecodeError::kNone;
    for_each_nal(frame, [&](std::span<const uint8_t> nal) {
      any = true;
      const uint8_t type = nal[0] & 0x1F;
      has_idr |= type == payload::H264Payload::kIdrSlice;
      if (type != payload::H264Payload::kSps) return;
      const auto sps = payload::H264Payload::parse(nal);
      // A parameter set whose size cannot be read does not get as far as a buffer.
      if (!sps || !sps->dimensions) {
        refused = DecodeError::kUnsupported;
      } else if (!limits_.allows(sps->dimensions->width, sps->dimensions->height)) {
        refused = DecodeError::kTooLarge;
      }
    });
    if (!any) return {nullptr, DecodeError::kCorrupt};
    if (refused != DecodeError::kNone) return {nullptr, refused};
    if (!decoder_ && !has_idr) return {nullptr, DecodeError::kNeedsKeyframe};
    if (!decoder_ && !open()) return {nullptr, DecodeError::kUnsupported};

    uint8_t* planes[3] = {};
    SBufferInfo info{};
    const DECODING_STATE state = decoder_->DecodeFrameNoDelay(frame.data(), static_cast<int>(frame.size()), planes, &info);
    if (state != dsErrorFree) {
      decoder_.reset();
      const bool lost = (state & (dsRefLost | dsNoParamSets)) != 0 && !has_idr;
      return {nullptr, lost ? DecodeError::kNeedsKeyframe : DecodeError::kCorrupt};
    }
    if (info.iBufferStatus != 1) return {};
    const SSysMEMBuffer& image = info.UsrData.sSystemBuffer;
    if (image.iFormat != videoFormatI420) return {nullptr, DecodeError::kUnsupported};
    const auto width = static_cast<uint32_t>(image.iWidth), height = static_cast<uint32_t>(image.iHeight);
    if (!limits_.allows(width, height)) return {nullptr, DecodeError::kTooLarge};
    auto picture = Picture::make(width, height);
    copy_rows(planes[0], image.iStride[0], picture->y(), picture->stride_y(), width, height);
    copy_rows(planes[1], image.iStride[1], picture->u(), picture->stride_uv(), width / 2, height / 2);
    copy_rows(planes[2], image.iStride[1], picture->v(), picture->stride_uv(), width / 2, height / 2);
    picture->captured = captured;
    picture->rotation = rotation;
    return {picture, DecodeError::kNone};
  }

 private:
  struct Free {
    void operator()(ISVCDecoder* decoder) const {
      decoder->Uninitialize();
      WelsDestroyDecoder(decoder);
    }
  };
  bool open() {
    ISVCDecoder* made = nullptr;
    if (WelsCreateDecoder(&made) != 0 || !made) return false;
    int quiet = kNothing;
    made->SetOption(DECODER_OPTION_TRACE_LEVEL, &quiet);
    SDecodingParam parameters{};
    parameters.uiTargetDqLayer = UINT8_MAX;
    // What is lost is not made up: the mixer would rather show the last whole picture.
    parameters.eEcActiveIdc = ERROR_CON_DISABLE;
    parameters.sVideoProperty.eVideoBsType = VIDEO_BITSTREAM_AVC;
    if (made->Initialize(&parameters) != 0) {
      WelsDestroyDecoder(made);
      return false;
    }
    decoder_.reset(made);
    return true;
  }

  PictureLimits limits_;
  std::unique_ptr<ISVCDecoder, Free> decoder_;
};

}  // namespace

std::unique_ptr<VideoDecoder> make_h264_decoder(const PictureLimits& limits) { return std::make_unique<H264VideoDecoder>(limits); }

}  // namespace tutti::video
