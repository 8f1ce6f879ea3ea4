// UnitDecoder: temporal units into what is in their pictures, one for each spatial layer where the decoder gives them
// (AV1), else the last. The product's decoders for all codecs but AV1, where it shows the highest layer of a stream
// only and holds back what is below it; here each picture has to be seen.
#pragma once

#include <dav1d/dav1d.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tutti/media/video/decoder.hpp"
#include "tutti/media/video/frame_assembler.hpp"

namespace tutti::test {

// A picture by its size and a sum over its samples: equal for equal pictures.
struct PictureSum {
  uint32_t width = 0, height = 0;
  uint64_t sum = 0xCBF29CE484222325;
  bool operator==(const PictureSum&) const = default;

  void add_plane(const uint8_t* bytes, std::ptrdiff_t stride, uint32_t columns, uint32_t rows) {
    for (uint32_t y = 0; y < rows; ++y, bytes += stride) {
      uint64_t word = 0;
      uint32_t x = 0;
      for (; x + 8 <= columns; x += 8) {
        std::memcpy(&word, bytes + x, 8);
        sum = (sum ^ word) * 0x100000001B3;
        sum ^= sum >> 29;
      }
      for (; x < columns; ++x) sum = (sum ^ bytes[x]) * 0x100000001B3;
    }
  }
};

class UnitDecoder {
 public:
  struct Result {
    std::string error;
    std::vector<PictureSum> pictures;
  };

  explicit UnitDecoder(Codec codec) {
    if (codec != Codec::kAv1) {
      decoder_ = video::make_video_decoder(codec, {});
      return;
    }
    Dav1dSettings settings;
    dav1d_default_settings(&settings);
    settings.n_threads = 1;
    settings.max_frame_delay = 1;
    settings.all_layers = 1;
    settings.logger.callback = nullptr;
    Dav1dContext* opened = nullptr;
    if (dav1d_open(&opened, &settings) != 0) throw std::runtime_error("dav1d does not open");
    dav1d_.reset(opened);
  }

  Result decode(std::span<const uint8_t> unit) {
    if (dav1d_) return decode_av1(unit);
    auto decoded = decoder_->decode(unit, {}, video::Rotation::k0);
    Result out{std::string(video::to_string(decoded.error)), {}};
    if (!decoded.picture) return out;
    const video::Picture& p = *decoded.picture;
    PictureSum sum{p.width(), p.height()};
    sum.add_plane(p.y(), p.stride_y(), p.width(), p.height());
    sum.add_plane(p.u(), p.stride_uv(), p.chroma_width(), p.chroma_height());
    sum.add_plane(p.v(), p.stride_uv(), p.chroma_width(), p.chroma_height());
    out.pictures.push_back(sum);
    return out;
  }

 private:
  Result decode_av1(std::span<const uint8_t> unit) {
    Result out;
    Dav1dData data{};
    std::copy(unit.begin(), unit.end(), dav1d_data_create(&data, unit.size()));
    while (out.error.empty()) {
      const int sent = data.sz > 0 ? dav1d_send_data(dav1d_.get(), &data) : 0;
      if (sent < 0 && sent != DAV1D_ERR(EAGAIN)) out.error = "refused by dav1d: " + std::to_string(sent);
      Dav1dPicture picture{};
      const int got = dav1d_get_picture(dav1d_.get(), &picture);
      if (got == DAV1D_ERR(EAGAIN) && data.sz == 0) break;
      if (got < 0 && got != DAV1D_ERR(EAGAIN)) out.error = "not decoded by dav1d: " + std::to_string(got);
      if (got != 0) continue;
      const auto width = static_cast<uint32_t>(picture.p.w), height = static_cast<uint32_t>(picture.p.h);
      PictureSum sum{width, height};
      sum.add_plane(static_cast<const uint8_t*>(picture.data[0]), picture.stride[0], width, height);
      for (const size_t plane : {1u, 2u})
        sum.add_plane(static_cast<const uint8_t*>(picture.data[plane]), picture.stride[1], (width + 1) / 2,
                      (height + 1) / 2);
      out.pictures.push_back(sum);
      dav1d_picture_unref(&picture);
    }
    if (data.sz > 0) dav1d_data_unref(&data);
    return out;
  }

  struct Closer {
    void operator()(Dav1dContext* decoder) const { dav1d_close(&decoder); }
  };
  std::unique_ptr<video::VideoDecoder> decoder_;
  std::unique_ptr<Dav1dContext, Closer> dav1d_;
};

}  // namespace tutti::test
