#include <dav1d/dav1d.h>

#include <algorithm>
#include <memory>

#include "media/video/codecs.hpp"

namespace tutti::video {
namespace {

class Av1VideoDecoder final : public VideoDecoder {
 public:
  explicit Av1VideoDecoder(const PictureLimits& limits) : limits_(limits) {}
  ~Av1VideoDecoder() override { close(); }
  Av1VideoDecoder(const Av1VideoDecoder&) = delete;
  Av1VideoDecoder& operator=(const Av1VideoDecoder&) = delete;

  Codec codec() const override { return Codec::kAv1; }

  Result decode(std::span<const uint8_t> frame, Timestamp captured, Rotation rotation) override {
    if (frame.empty()) return {nullptr, DecodeError::kCorrupt};
    Dav1dSequenceHeader header{};
    const bool begins = dav1d_parse_sequence_header(&header, frame.data(), frame.size()) == 0;
    if (begins) {
      if (!limits_.allows(static_cast<uint32_t>(header.max_width), static_cast<uint32_t>(header.max_height))) return {nullptr, DecodeError::kTooLarge};
      if (header.layout != DAV1D_PIXEL_LAYOUT_I420 || header.hbd != 0) return {nullptr, DecodeError::kUnsupported};
    }
    if (!context_ && !begins) return {nullptr, DecodeError::kNeedsKeyframe};
    if (!context_ && !open()) return {nullptr, DecodeError::kUnsupported};

    Dav1dData data{};
    uint8_t* const bytes = dav1d_data_create(&data, frame.size());
    if (!bytes) return {nullptr, DecodeError::kCorrupt};
    std::copy(frame.begin(), frame.end(), bytes);
    Result result;
    // One temporal unit may be several frames, of which the last that is shown counts.
    while (data.sz > 0) {
      const int sent = dav1d_send_data(context_, &data);
      if (sent < 0 && sent != DAV1D_ERR(EAGAIN)) {
        dav1d_data_unref(&data);
        close();
        return {nullptr, sent == DAV1D_ERR(ERANGE) ? DecodeError::kTooLarge : DecodeError::kCorrupt};
      }
      if (!take_pictures(result, captured, rotation)) {
        dav1d_data_unref(&data);
        close();
        return {nullptr, DecodeError::kCorrupt};
      }
    }
    if (!take_pictures(result, captured, rotation)) {
      close();
      return {nullptr, DecodeError::kCorrupt};
    }
    return result;
  }

 private:
  bool open() {
    Dav1dSettings settings;
    dav1d_default_settings(&settings);
    settings.n_threads = 1;
    settings.max_frame_delay = 1;
    settings.all_layers = 0;
    settings.frame_size_limit = limits_.max_pixels;
    settings.logger.callback = nullptr;
    return dav1d_open(&context_, &settings) == 0;
  }
  void close() {
    if (context_) dav1d_close(&context_);
    context_ = nullptr;
  }
  // False if the stream is broken.
  bool take_pictures(Result& result, Timestamp captured, Rotation rotation) {
    for (;;) {
      Dav1dPicture image{};
      const int got = dav1d_get_picture(context_, &image);
      if (got == DAV1D_ERR(EAGAIN)) return true;
      if (got < 0) return false;
      const auto width = static_cast<uint32_t>(image.p.w), height = static_cast<uint32_t>(image.p.h);
      if (image.p.layout != DAV1D_PIXEL_LAYOUT_I420 || image.p.bpc != 8) {
        result = {nullptr, DecodeError::kUnsupported};
      } else if (!limits_.allows(width, height)) {
        result = {nullptr, DecodeError::kTooLarge};
      } else {
        auto picture = Picture::make(width, height);
        auto plane = [&](int i) { return static_cast<const uint8_t*>(image.data[i]); };
        copy_rows(plane(0), image.stride[0], picture->y(), picture->stride_y(), width, height);
        copy_rows(plane(1), image.stride[1], picture->u(), picture->stride_uv(), picture->chroma_width(), picture->chroma_height());
        copy_rows(plane(2), image.stride[1], picture->v(), picture->stride_uv(), picture->chroma_width(), picture->chroma_height());
        picture->captured = captured;
        picture->rotation = rotation;
        result = {picture, DecodeError::kNone};
      }
      dav1d_picture_unref(&image);
    }
  }

  PictureLimits limits_;
  Dav1dContext* context_ = nullptr;
};

}  // namespace

std::unique_ptr<VideoDecoder> make_av1_decoder(const PictureLimits& limits) { return std::make_unique<Av1VideoDecoder>(limits); }

}  // namespace tutti::video
