#include "media/video/vpx_decoder.hpp"

#include <vpx/vp8dx.h>

#include "media/video/decoded_picture.hpp"
#include "tutti/wire/payload/vp8_frame.hpp"
#include "tutti/wire/payload/vp9_frame.hpp"

namespace tutti::video {

VideoDecoder::Result VpxDecoder::decode(std::span<const uint8_t> frame, Timestamp captured, Rotation rotation) {
  const Inspection inspection = codec_ == Codec::kVp8 ? inspect_vp8(frame) : inspect_vp9(frame);
  if (inspection.error != DecodeError::kNone) {
    close();  // later frames refer to the one that was refused
    return {nullptr, inspection.error};
  }
  if (!open_ && !inspection.keyframe) return {nullptr, DecodeError::kNeedsKeyframe};
  if (!open_ && !open()) return {nullptr, DecodeError::kUnsupported};
  Result result =
      decode_inspected(inspection.single_vp9_frame ? with_superframe_index(frame) : frame, captured, rotation);
  if (result.error != DecodeError::kNone) close();
  return result;
}

VpxDecoder::Inspection VpxDecoder::inspect_vp8(std::span<const uint8_t> frame) const {
  const auto header = payload::Vp8FrameHeader::parse(frame);
  if (!header) return {DecodeError::kCorrupt};
  // RFC 6386 §9.1: "other values are reserved for future use".
  if (header->version > 3) return {DecodeError::kUnsupported};
  if (!header->keyframe) return {};
  return {check_size(header->dimensions.width, header->dimensions.height), true};
}

VpxDecoder::Inspection VpxDecoder::inspect_vp9(std::span<const uint8_t> frame) const {
  const auto superframe = payload::Vp9Superframe::parse(frame);
  if (!superframe) return {DecodeError::kCorrupt};
  Inspection inspection;
  inspection.single_vp9_frame = !superframe->has_index;
  for (size_t i = 0; i < superframe->count; ++i) {
    const auto header = payload::Vp9FrameHeader::parse(superframe->frames[i]);
    if (!header) return {DecodeError::kCorrupt};
    if (header->profile != 0) return {DecodeError::kUnsupported};
    if (i == 0) inspection.keyframe = header->keyframe;
    // A size that is taken over from a reference has been here before.
    if (header->dimensions) inspection.error = check_size(header->dimensions->width, header->dimensions->height);
    if (inspection.error != DecodeError::kNone) return inspection;
  }
  return inspection;
}

DecodeError VpxDecoder::check_size(uint32_t width, uint32_t height) const {
  if (width == 0 || height == 0) return DecodeError::kCorrupt;
  return limits_.allows(width, height) ? DecodeError::kNone : DecodeError::kTooLarge;
}

// Where there is no index, libvpx takes what a frame leaves over for a further frame, whose header nobody has read. An
// index of one frame ends that.
std::span<const uint8_t> VpxDecoder::with_superframe_index(std::span<const uint8_t> frame) {
  constexpr uint8_t kMarkerOneFrameFourBytes = 0xC0 | 3 << 3;
  indexed_.assign(frame.begin(), frame.end());
  indexed_.push_back(kMarkerOneFrameFourBytes);
  for (int shift = 0; shift < 32; shift += 8) indexed_.push_back(static_cast<uint8_t>(frame.size() >> shift));
  indexed_.push_back(kMarkerOneFrameFourBytes);
  return indexed_;
}

VideoDecoder::Result VpxDecoder::decode_inspected(std::span<const uint8_t> frame, Timestamp captured,
                                                  Rotation rotation) {
  switch (vpx_codec_decode(&context_, frame.data(), static_cast<unsigned>(frame.size()), nullptr, 0)) {
    case VPX_CODEC_OK:
      break;
    case VPX_CODEC_UNSUP_BITSTREAM:
    case VPX_CODEC_UNSUP_FEATURE:
      return {nullptr, DecodeError::kUnsupported};
    case VPX_CODEC_ERROR:
    case VPX_CODEC_MEM_ERROR:
    case VPX_CODEC_ABI_MISMATCH:
    case VPX_CODEC_INCAPABLE:
    case VPX_CODEC_CORRUPT_FRAME:
    case VPX_CODEC_INVALID_PARAM:
    case VPX_CODEC_LIST_END:
      return {nullptr, DecodeError::kCorrupt};
  }
  // Asked before the picture is taken: a frame that ended early is "corrupted" and still comes out.
  int corrupted = 0;
  if (vpx_codec_control(&context_, VP8D_GET_FRAME_CORRUPTED, &corrupted) == VPX_CODEC_OK && corrupted != 0) {
    return {nullptr, DecodeError::kCorrupt};
  }
  vpx_codec_iter_t iterator = nullptr;
  const vpx_image_t* image = vpx_codec_get_frame(&context_, &iterator);
  if (image == nullptr) return {};
  if (image->fmt != VPX_IMG_FMT_I420 || image->bit_depth != 8) return {nullptr, DecodeError::kUnsupported};
  return copy_decoded(
      {image->planes[VPX_PLANE_Y], image->planes[VPX_PLANE_U], image->planes[VPX_PLANE_V], image->stride[VPX_PLANE_Y],
       image->stride[VPX_PLANE_U], static_cast<int>(image->d_w), static_cast<int>(image->d_h)},
      limits_, captured, rotation);
}

bool VpxDecoder::open() {
  vpx_codec_dec_cfg_t config{};
  config.threads = 1;
  vpx_codec_iface_t* interface = codec_ == Codec::kVp8 ? vpx_codec_vp8_dx() : vpx_codec_vp9_dx();
  open_ = vpx_codec_dec_init(&context_, interface, &config, 0) == VPX_CODEC_OK;
  return open_;
}

void VpxDecoder::close() {
  if (open_) vpx_codec_destroy(&context_);
  open_ = false;
}

}  // namespace tutti::video
