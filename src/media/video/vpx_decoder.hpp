// VP8 and VP9 by libvpx. Each frame's header is read before libvpx sees the frame: libvpx takes memory for any size
// that a header names. One object travels with its jobs; it has no thread of its own.
#pragma once

#include <vpx/vpx_decoder.h>

#include <vector>

#include "tutti/media/video/decoder.hpp"

namespace tutti::video {

class VpxDecoder final : public VideoDecoder {
 public:
  // codec: kVp8 or kVp9.
  VpxDecoder(Codec codec, const PictureLimits& limits) : codec_(codec), limits_(limits) {}
  ~VpxDecoder() override { close(); }
  VpxDecoder(const VpxDecoder&) = delete;
  VpxDecoder& operator=(const VpxDecoder&) = delete;

  Codec codec() const override { return codec_; }
  Result decode(std::span<const uint8_t> frame, Timestamp captured, Rotation rotation) override;

 private:
  struct Inspection {
    DecodeError error = DecodeError::kNone;
    bool keyframe = false;
    bool single_vp9_frame = false;  // without a superframe index
  };
  Inspection inspect_vp8(std::span<const uint8_t> frame) const;
  Inspection inspect_vp9(std::span<const uint8_t> frame) const;
  DecodeError check_size(uint32_t width, uint32_t height) const;
  std::span<const uint8_t> with_superframe_index(std::span<const uint8_t> frame);
  Result decode_inspected(std::span<const uint8_t> frame, Timestamp captured, Rotation rotation);
  bool open();
  void close();

  const Codec codec_;
  const PictureLimits limits_;
  vpx_codec_ctx_t context_{};
  // Open from a keyframe to the next error: a context that has seen an error is not used again.
  bool open_ = false;
  std::vector<uint8_t> indexed_;
};

}  // namespace tutti::video
