#include "media/video/h264_decoder.hpp"

#include <wels/codec_api.h>

#include <climits>

#include "media/video/decoded_picture.hpp"
#include "tutti/wire/payload/annex_b.hpp"
#include "tutti/wire/payload/h264_slice.hpp"
#include "tutti/wire/payload/h264_sps.hpp"

namespace tutti::video {
namespace {

// H.264 table 7-1.
constexpr uint8_t kSlice = 1, kPartitionA = 2, kPartitionC = 4, kIdrSlice = 5, kSps = 7, kPps = 8;
// A pair of parameter sets takes some 40 bytes.
constexpr size_t kMaxKeptBytes = 4096;
// Senders make slices of a packet's size, or a few for each picture. In ten bytes one may claim all macroblocks from
// its first on, and openh264 decodes them however often: 5000 slices of 75 KB took it 3 s.
constexpr size_t kMaxShortSlices = 128, kBytesForAnother = 512;

void append_nal(std::span<const uint8_t> nal, std::vector<uint8_t>& to) {
  to.insert(to.end(), {0, 0, 0, 1});
  to.insert(to.end(), nal.begin(), nal.end());
}

void append(const std::vector<uint8_t>& bytes, std::vector<uint8_t>& to) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

}  // namespace

VideoDecoder::Result H264Decoder::decode(std::span<const uint8_t> access_unit, Timestamp captured, Rotation rotation) {
  const Inspection inspection = inspect(access_unit);
  if (inspection.error != DecodeError::kNone) {
    decoder_.reset();  // later frames refer to the one that was refused
    return {nullptr, inspection.error};
  }
  if (!inspection.has_slices) {
    if (announced_.size() + parameter_sets_.size() > kMaxKeptBytes) announced_.clear();
    append(parameter_sets_, announced_);
    return {};
  }
  input_.clear();
  if (!decoder_) {
    if (!inspection.has_idr) return {nullptr, DecodeError::kNeedsKeyframe};
    if (!open()) return {nullptr, DecodeError::kUnsupported};
    has_b_slices_ = inspection.has_b_slices;
    if (!inspection.has_sps) append(known_, input_);
  }
  has_b_slices_ |= inspection.has_b_slices;
  // What was announced makes room for what the picture brings along.
  if (inspection.has_sps) announced_.clear();
  append(announced_, input_);
  append(filtered_, input_);
  Result result = decode_input(captured, rotation);
  if (result.error == DecodeError::kNone) {
    keep_parameter_sets(inspection.has_sps);
  } else {
    decoder_.reset();
  }
  announced_.clear();
  return result;
}

// Those that have served go into the next decoder, if its sender does not repeat them with the next IDR.
void H264Decoder::keep_parameter_sets(bool replace) {
  append(parameter_sets_, announced_);
  if (replace || known_.size() + announced_.size() > kMaxKeptBytes) known_.clear();
  append(announced_, known_);
}

H264Decoder::Inspection H264Decoder::inspect(std::span<const uint8_t> access_unit) {
  Inspection inspection;
  filtered_.clear();
  parameter_sets_.clear();
  size_t slices = 0;
  uint64_t next_macroblock = 0;
  auto rest = access_unit;
  for (auto nal = payload::take_nal_unit(rest); !nal.empty(); nal = payload::take_nal_unit(rest)) {
    if ((nal[0] & 0x80) != 0) return {DecodeError::kCorrupt};  // forbidden_zero_bit
    const uint8_t type = nal[0] & 0x1F;
    if (type >= kPartitionA && type <= kPartitionC) return {DecodeError::kUnsupported};
    if (type == kSlice || type == kIdrSlice) {
      const auto slice = payload::H264Slice::parse(nal);
      if (!slice) return {DecodeError::kCorrupt};
      // In order, as all profiles here have them: a second picture, or a part sent twice, would buy decoding time.
      if (slice->first_macroblock < next_macroblock) return {DecodeError::kCorrupt};
      next_macroblock = uint64_t{slice->first_macroblock} + 1;
      inspection.has_slices = true;
      inspection.has_idr |= type == kIdrSlice;
      inspection.has_b_slices |= slice->bidirectional;
      append_nal(nal, filtered_);
      if (++slices > kMaxShortSlices + filtered_.size() / kBytesForAnother) return {DecodeError::kCorrupt};
    } else if (type == kSps || type == kPps) {
      const DecodeError error = type == kSps ? check_parameter_set(nal) : DecodeError::kNone;
      if (error != DecodeError::kNone) return {error};
      inspection.has_sps |= type == kSps;
      append_nal(nal, filtered_);
      append_nal(nal, parameter_sets_);
      if (parameter_sets_.size() > kMaxKeptBytes) return {DecodeError::kCorrupt};
    }
  }
  if (filtered_.empty()) inspection.error = DecodeError::kCorrupt;
  return inspection;
}

DecodeError H264Decoder::check_parameter_set(std::span<const uint8_t> nal) const {
  const auto sps = payload::H264Sps::parse(nal);
  if (!sps) return DecodeError::kCorrupt;
  // As coded: openh264 takes memory for that, whatever is cropped from it. A limit of 1080 lines means 1088 coded ones.
  const auto within_macroblock = [](uint32_t limit) { return (limit + 15) / 16 * 16; };
  PictureLimits coded = limits_;
  coded.max_width = within_macroblock(limits_.max_width);
  coded.max_height = within_macroblock(limits_.max_height);
  coded.max_pixels = limits_.max_pixels + 16 * (coded.max_width + coded.max_height);
  if (!coded.allows(sps->coded.width, sps->coded.height) || !limits_.allows(sps->shown.width, sps->shown.height)) {
    return DecodeError::kTooLarge;
  }
  const bool decoded_here =
      sps->chroma_format_idc == 1 && sps->bit_depth_luma == 8 && sps->bit_depth_chroma == 8 && sps->frames_only;
  return decoded_here ? DecodeError::kNone : DecodeError::kUnsupported;
}

VideoDecoder::Result H264Decoder::decode_input(Timestamp captured, Rotation rotation) {
  uint8_t* planes[3] = {};
  SBufferInfo info{};
  // Comes back with the picture, which B frames delay.
  info.uiInBsTimeStamp = static_cast<unsigned long long>(captured.us());
  const DECODING_STATE state =
      decoder_->DecodeFrameNoDelay(input_.data(), static_cast<int>(input_.size()), planes, &info);
  if (state != dsErrorFree) {
    const bool refers_to_missing = (state & (dsRefLost | dsNoParamSets | dsRefListNullPtrs)) != 0;
    return {nullptr, refers_to_missing ? DecodeError::kNeedsKeyframe : DecodeError::kCorrupt};
  }
  // Outside of baseline openh264 holds each picture back until it has seen the next, in case that is to be shown
  // before. Only B slices are.
  if (info.iBufferStatus != 1 && !has_b_slices_) decoder_->FlushFrame(planes, &info);
  if (info.iBufferStatus != 1) {
    int waiting = 0;
    decoder_->GetOption(DECODER_OPTION_NUM_OF_FRAMES_REMAINING_IN_BUFFER, &waiting);
    // A frame that is neither shown nor held back for display order was not whole.
    return {nullptr, waiting <= 0 ? DecodeError::kCorrupt : DecodeError::kNone};
  }
  const SSysMEMBuffer& buffer = info.UsrData.sSystemBuffer;
  return copy_decoded(
      {planes[0], planes[1], planes[2], buffer.iStride[0], buffer.iStride[1], buffer.iWidth, buffer.iHeight}, limits_,
      Timestamp::from_us(static_cast<int64_t>(info.uiOutYuvTimeStamp)), rotation);
}

bool H264Decoder::open() {
  ISVCDecoder* created = nullptr;
  if (WelsCreateDecoder(&created) != 0 || created == nullptr) return false;
  decoder_.reset(created);
  int quiet = WELS_LOG_QUIET;
  created->SetOption(DECODER_OPTION_TRACE_LEVEL, &quiet);
  SDecodingParam parameters{};
  parameters.uiTargetDqLayer = UCHAR_MAX;
  // What is missing is an error: we ask for a keyframe and show the last whole picture until it comes.
  parameters.eEcActiveIdc = ERROR_CON_DISABLE;
  parameters.sVideoProperty.eVideoBsType = VIDEO_BITSTREAM_AVC;
  if (created->Initialize(&parameters) != 0) decoder_.reset();
  return decoder_ != nullptr;
}

void H264Decoder::Closer::operator()(ISVCDecoder* decoder) const {
  decoder->Uninitialize();
  WelsDestroyDecoder(decoder);
}

}  // namespace tutti::video
