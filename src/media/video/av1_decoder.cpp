#include "media/video/av1_decoder.hpp"

#include <dav1d/dav1d.h>

#include <algorithm>
#include <cerrno>

#include "media/video/decoded_picture.hpp"
#include "tutti/wire/payload/av1_obu.hpp"

namespace tutti::video {
namespace {

// Four spatial layers with a hidden frame each are eight; more than these would buy decoding time with few bytes.
constexpr size_t kMaxFramesPerUnit = 16;

DecodeError error_of(int code) {
  if (code == DAV1D_ERR(ERANGE)) return DecodeError::kTooLarge;
  if (code == DAV1D_ERR(ENOPROTOOPT)) return DecodeError::kUnsupported;
  return DecodeError::kCorrupt;
}

struct OwnedData {
  Dav1dData data{};
  ~OwnedData() { dav1d_data_unref(&data); }
};
struct OwnedPicture {
  Dav1dPicture picture{};
  ~OwnedPicture() { dav1d_picture_unref(&picture); }
};

}  // namespace

VideoDecoder::Result Av1Decoder::decode(std::span<const uint8_t> temporal_unit, Timestamp captured, Rotation rotation) {
  const Inspection inspection = inspect(temporal_unit);
  if (inspection.error != DecodeError::kNone) {
    decoder_.reset();  // later frames refer to the one that was refused
    return {nullptr, inspection.error};
  }
  if (!decoder_ && !inspection.has_sequence) return {nullptr, DecodeError::kNeedsKeyframe};
  if (!decoder_ && !open()) return {nullptr, DecodeError::kUnsupported};
  Result result = decode_inspected(temporal_unit, captured, rotation);
  if (result.error != DecodeError::kNone) decoder_.reset();
  return result;
}

Av1Decoder::Inspection Av1Decoder::inspect(std::span<const uint8_t> temporal_unit) const {
  if (temporal_unit.empty()) return {DecodeError::kCorrupt};
  Inspection inspection;
  size_t frames = 0;
  for (auto rest = temporal_unit; !rest.empty();) {
    const auto obu = payload::Av1Obu::take(rest);
    if (!obu) return {DecodeError::kCorrupt};
    if (obu->type == payload::Av1Obu::kSequenceHeader) {
      const DecodeError error = check_sequence_header(obu->bytes);
      if (error != DecodeError::kNone) return {error};
      inspection.has_sequence = true;
    }
    const bool frame = obu->type == payload::Av1Obu::kFrame || obu->type == payload::Av1Obu::kFrameHeader;
    if (frame && ++frames > kMaxFramesPerUnit) return {DecodeError::kCorrupt};
  }
  return inspection;
}

DecodeError Av1Decoder::check_sequence_header(std::span<const uint8_t> obu) const {
  Dav1dSequenceHeader header{};
  if (dav1d_parse_sequence_header(&header, obu.data(), obu.size()) != 0) return DecodeError::kCorrupt;
  if (header.hbd != 0 || header.layout != DAV1D_PIXEL_LAYOUT_I420) return DecodeError::kUnsupported;
  if (header.max_width <= 0 || header.max_height <= 0) return DecodeError::kCorrupt;
  const bool allowed =
      limits_.allows(static_cast<uint32_t>(header.max_width), static_cast<uint32_t>(header.max_height));
  return allowed ? DecodeError::kNone : DecodeError::kTooLarge;
}

VideoDecoder::Result Av1Decoder::decode_inspected(std::span<const uint8_t> temporal_unit, Timestamp captured,
                                                  Rotation rotation) {
  OwnedData in;
  uint8_t* bytes = dav1d_data_create(&in.data, temporal_unit.size());
  if (bytes == nullptr) return {nullptr, DecodeError::kCorrupt};
  std::copy(temporal_unit.begin(), temporal_unit.end(), bytes);

  // The last picture of a temporal unit is the one to show.
  OwnedPicture shown;
  while (true) {
    if (in.data.sz > 0) {
      const int sent = dav1d_send_data(decoder_.get(), &in.data);
      if (sent < 0 && sent != DAV1D_ERR(EAGAIN)) return {nullptr, error_of(sent)};
    }
    OwnedPicture next;
    const int got = dav1d_get_picture(decoder_.get(), &next.picture);
    if (got == 0) {
      std::swap(shown.picture, next.picture);
      continue;
    }
    if (got != DAV1D_ERR(EAGAIN)) return {nullptr, error_of(got)};
    if (in.data.sz == 0) break;
  }
  const Dav1dPicture& picture = shown.picture;
  if (picture.data[0] == nullptr) return {};
  if (picture.p.bpc != 8 || picture.p.layout != DAV1D_PIXEL_LAYOUT_I420) return {nullptr, DecodeError::kUnsupported};
  const auto plane = [&](size_t i) { return static_cast<const uint8_t*>(picture.data[i]); };
  return copy_decoded({plane(0), plane(1), plane(2), static_cast<int>(picture.stride[0]),
                       static_cast<int>(picture.stride[1]), picture.p.w, picture.p.h},
                      limits_, captured, rotation);
}

bool Av1Decoder::open() {
  Dav1dSettings settings;
  dav1d_default_settings(&settings);
  settings.n_threads = 1;
  settings.max_frame_delay = 1;
  settings.all_layers = 0;
  settings.frame_size_limit = limits_.max_pixels;
  settings.logger.callback = nullptr;
  Dav1dContext* opened = nullptr;
  if (dav1d_open(&opened, &settings) == 0) decoder_.reset(opened);
  return decoder_ != nullptr;
}

void Av1Decoder::Closer::operator()(Dav1dContext* decoder) const { dav1d_close(&decoder); }

}  // namespace tutti::video
