// Packetizer: one encoded frame out of our encoders into RTP payloads, with a payload descriptor that a forwarder can rewrite. VP8 RFC
// 7741 (15-bit picture id, TL0PICIDX), VP9 RFC 9628 (non-flexible mode, one layer, scalability structure on keyframes), H.264
// RFC 6184 (packetization-mode 1: single NAL units, STAP-A for small ones, FU-A). One for each encoder. One thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tutti/base/codec.hpp"
#include "tutti/media/video/encoder.hpp"

namespace tutti::video {

class Packetizer {
 public:
  // `max_payload`: bytes of each RTP payload at most.
  Packetizer(Codec codec, uint32_t width, uint32_t height, size_t max_payload = 1150);
  // The payloads in order; the marker belongs on the last. Packets of a frame (H.264: of a NAL unit) are of one size, of which the last may
  // fall short by a few bytes, so that they leave in one GSO run. Empty if the frame is, or the codec is not encoded here. Valid until the
  // next call.
  std::span<const std::vector<uint8_t>> packetize(const EncodedFrame& frame);

 private:
  void packetize_vp8(const EncodedFrame& frame);
  void packetize_vp9(const EncodedFrame& frame);
  void packetize_h264(const EncodedFrame& frame);
  // One: a single NAL unit packet. More: a STAP-A. They fit.
  void append_nals(std::span<const std::span<const uint8_t>> nals);
  void append_fragments(std::span<const uint8_t> nal);
  // The size of all payloads of a frame but the last, which is a few bytes shorter at most, if they carry `bytes` behind headers of these
  // sizes.
  size_t fair_size(size_t bytes, size_t header_size, size_t first_header_size) const;
  std::vector<uint8_t>& next_payload();  // empty, with the memory of an earlier one

  Codec codec_;
  uint32_t width_, height_;
  size_t max_payload_;
  uint16_t picture_id_ = 0;
  uint8_t tl0_pic_idx_ = 0;
  std::vector<std::vector<uint8_t>> payloads_;
  size_t used_ = 0;
};

}  // namespace tutti::video
