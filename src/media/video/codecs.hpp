// The libraries behind the codec interfaces, one function for each.
#pragma once

#include <cstring>
#include <memory>

#include "tutti/media/video/decoder.hpp"
#include "tutti/media/video/encoder.hpp"

namespace tutti::video {

std::unique_ptr<VideoDecoder> make_vpx_decoder(Codec codec, const PictureLimits& limits);
std::unique_ptr<VideoDecoder> make_h264_decoder(const PictureLimits& limits);
std::unique_ptr<VideoDecoder> make_av1_decoder(const PictureLimits& limits);
std::unique_ptr<VideoEncoder> make_vpx_encoder(const VideoEncoderSettings& settings);
std::unique_ptr<VideoEncoder> make_h264_encoder(const VideoEncoderSettings& settings);

// One plane, between strides.
inline void copy_rows(const uint8_t* from, ptrdiff_t from_stride, uint8_t* to, ptrdiff_t to_stride, size_t width, size_t rows) {
  for (size_t row = 0; row < rows; ++row) std::memcpy(to + static_cast<ptrdiff_t>(row) * to_stride, from + static_cast<ptrdiff_t>(row) * from_stride, width);
}

}  // namespace tutti::video
