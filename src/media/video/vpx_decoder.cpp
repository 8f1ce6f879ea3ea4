#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>

#include <optional>
#include <vector>

#include "media/video/codecs.hpp"

namespace tutti::video {
namespace {

struct Size {
  uint32_t width = 0, height = 0;
};

// RFC 6386 §9.1: a keyframe begins with a frame tag of three bytes, a start code, and 14 bits each of width and height.
std::optional<Size> vp8_size(std::span<const uint8_t> frame) {
  if (frame.size() < 10 || (frame[0] & 1) != 0) return std::nullopt;
  if (frame[3] != 0x9D || frame[4] != 0x01 || frame[5] != 0x2A) return std::nullopt;
  return Size{static_cast<uint32_t>((frame[6] | frame[7] << 8) & 0x3FFF), static_cast<uint32_t>((frame[8] | frame[9] << 8) & 0x3FFF)};
}

class BitReader {
 public:
  explicit BitReader(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  uint32_t take(int bits) {
    uint32_t value = 0;
    for (; bits > 0; --bits, ++at_) {
      const bool there = at_ / 8 < bytes_.size();
      ok_ = ok_ && there;
      value = value << 1 | (there ? (bytes_[at_ / 8] >> (7 - at_ % 8)) & 1u : 0u);
    }
    return value;
  }
  bool ok() const { return ok_; }

 private:
  std::span<const uint8_t> bytes_;
  size_t at_ = 0;
  bool ok_ = true;
};

// VP9 bitstream specification §6.2: what a frame says of its size in the uncompressed header, as far as it can be read without the
// decoder's state. A frame that takes its size from a reference has one that was looked at before, or scales it by a size that stands there.
struct Vp9Header {
  bool valid = false;
  bool shows_existing = false;
  bool keyframe = false;
  bool unsupported = false;   // a profile with more than 8 bits or other chroma than 4:2:0
  std::optional<Size> size;
};

Vp9Header read_vp9(std::span<const uint8_t> frame) {
  Vp9Header h;
  BitReader r(frame);
  if (r.take(2) != 2) return h;
  const uint32_t profile = r.take(1) | r.take(1) << 1;
  if (profile == 3 && r.take(1) != 0) return h;
  h.unsupported = profile != 0;
  if (r.take(1) != 0) {
    h.valid = r.ok();
    h.shows_existing = true;
    return h;
  }
  const bool inter = r.take(1) != 0;
  const bool show = r.take(1) != 0;
  const bool error_resilient = r.take(1) != 0;
  auto sync = [&] { return r.take(8) == 0x49 && r.take(8) == 0x83 && r.take(8) == 0x42; };
  auto size = [&] {
    const uint32_t width = r.take(16) + 1, height = r.take(16) + 1;
    h.size = Size{width, height};
  };
  if (h.unsupported) {
    h.valid = r.ok();
    return h;
  }
  if (!inter) {
    if (!sync()) return h;
    const uint32_t color_space = r.take(3);
    if (color_space == 7) {
      h.unsupported = true;  // RGB is 4:4:4
      h.valid = r.ok();
      return h;
    }
    r.take(1);
    h.keyframe = true;
    size();
  } else {
    const bool intra_only = show ? false : r.take(1) != 0;
    if (!error_resilient) r.take(2);
    if (intra_only) {
      if (!sync()) return h;
      r.take(8);
      size();
    } else {
      r.take(8);
      for (int i = 0; i < 3; ++i) r.take(4);
      bool found = false;
      for (int i = 0; i < 3 && !found; ++i) found = r.take(1) != 0;
      if (!found) size();
    }
  }
  h.valid = r.ok();
  return h;
}

// VP9 annex B: a superframe ends in an index of its frames' sizes.
std::vector<std::span<const uint8_t>> split_superframe(std::span<const uint8_t> frame) {
  std::vector<std::span<const uint8_t>> parts;
  const uint8_t marker = frame.back();
  if ((marker & 0xE0) == 0xC0) {
    const size_t count = (marker & 7) + 1u, bytes = ((marker >> 3) & 3) + 1u, index = 2 + count * bytes;
    if (frame.size() >= index && frame[frame.size() - index] == marker) {
      size_t at = 0;
      for (size_t i = 0; i < count; ++i) {
        size_t size = 0;
        for (size_t b = 0; b < bytes; ++b) size |= static_cast<size_t>(frame[frame.size() - index + 1 + i * bytes + b]) << (8 * b);
        if (at + size > frame.size() - index) return {};
        if (size > 0) parts.push_back(frame.subspan(at, size));
        at += size;
      }
      return parts;
    }
  }
  parts.push_back(frame);
  return parts;
}

class VpxVideoDecoder final : public VideoDecoder {
 public:
  VpxVideoDecoder(Codec codec, const PictureLimits& limits) : codec_(codec), limits_(limits) {}
  ~VpxVideoDecoder() override { close(); }
  VpxVideoDecoder(const VpxVideoDecoder&) = delete;
  VpxVideoDecoder& operator=(const VpxVideoDecoder&) = delete;

  Codec codec() const override { return codec_; }

  Result decode(std::span<const uint8_t> frame, Timestamp captured, Rotation rotation) override {
    if (frame.empty()) return {nullptr, DecodeError::kCorrupt};
    const DecodeError refused = codec_ == Codec::kVp8 ? look_at_vp8(frame) : look_at_vp9(frame);
    if (refused != DecodeError::kNone) return {nullptr, refused};
    if (!open_) {
      vpx_codec_dec_cfg_t config{};
      config.threads = 1;
      if (vpx_codec_dec_init(&context_, codec_ == Codec::kVp8 ? vpx_codec_vp8_dx() : vpx_codec_vp9_dx(), &config, 0) != VPX_CODEC_OK)
        return {nullptr, DecodeError::kUnsupported};
      open_ = true;
    }
    const vpx_codec_err_t error = vpx_codec_decode(&context_, frame.data(), static_cast<unsigned>(frame.size()), nullptr, 0);
    vpx_codec_iter_t iterator = nullptr;
    const vpx_image_t* image = nullptr;
    // Of a superframe with several spatial layers the last picture is the best.
    while (const vpx_image_t* next = vpx_codec_get_frame(&context_, &iterator)) image = next;
    if (error != VPX_CODEC_OK) {
      // Whatever state it is in, the next keyframe begins in a fresh one.
      close();
      return {nullptr, error == VPX_CODEC_UNSUP_BITSTREAM ? DecodeError::kUnsupported : DecodeError::kCorrupt};
    }
    int corrupted = 0;
    if (vpx_codec_control(&context_, VP8D_GET_FRAME_CORRUPTED, &corrupted) == VPX_CODEC_OK && corrupted != 0) {
      close();
      return {nullptr, DecodeError::kCorrupt};
    }
    if (!image) return {};
    if (image->fmt != VPX_IMG_FMT_I420 || image->bit_depth > 8) return {nullptr, DecodeError::kUnsupported};
    if (!limits_.allows(image->d_w, image->d_h)) return {nullptr, DecodeError::kTooLarge};
    auto picture = Picture::make(image->d_w, image->d_h);
    copy_rows(image->planes[0], image->stride[0], picture->y(), picture->stride_y(), picture->width(), picture->height());
    copy_rows(image->planes[1], image->stride[1], picture->u(), picture->stride_uv(), picture->chroma_width(), picture->chroma_height());
    copy_rows(image->planes[2], image->stride[2], picture->v(), picture->stride_uv(), picture->chroma_width(), picture->chroma_height());
    picture->captured = captured;
    picture->rotation = rotation;
    return {picture, DecodeError::kNone};
  }

 private:
  void close() {
    if (open_) vpx_codec_destroy(&context_);
    open_ = false;
  }
  DecodeError look_at_vp8(std::span<const uint8_t> frame) const {
    if (const auto size = vp8_size(frame)) return limits_.allows(size->width, size->height) ? DecodeError::kNone : DecodeError::kTooLarge;
    if ((frame[0] & 1) == 0) return DecodeError::kCorrupt;
    return open_ ? DecodeError::kNone : DecodeError::kNeedsKeyframe;
  }
  DecodeError look_at_vp9(std::span<const uint8_t> frame) const {
    const auto parts = split_superframe(frame);
    if (parts.empty()) return DecodeError::kCorrupt;
    bool keyframe = false;
    for (const auto part : parts) {
      const Vp9Header h = read_vp9(part);
      if (!h.valid) return DecodeError::kCorrupt;
      if (h.unsupported) return DecodeError::kUnsupported;
      if (h.size && !limits_.allows(h.size->width, h.size->height)) return DecodeError::kTooLarge;
      keyframe |= h.keyframe;
    }
    return open_ || keyframe ? DecodeError::kNone : DecodeError::kNeedsKeyframe;
  }

  Codec codec_;
  PictureLimits limits_;
  vpx_codec_ctx_t context_{};
  bool open_ = false;
};

}  // namespace

std::unique_ptr<VideoDecoder> make_vpx_decoder(Codec codec, const PictureLimits& limits) { return std::make_unique<VpxVideoDecoder>(codec, limits); }

}  // namespace tutti::video
