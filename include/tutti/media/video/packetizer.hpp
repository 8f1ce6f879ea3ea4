// Packetizer: one encoded frame out of our encoders into RTP payloads, with a payload descriptor that a forwarder can rewrite. VP8 RFC
// 7741 (15-bit picture id, TL0PICIDX), VP9 RFC 9628 (non-flexible mode, one layer, scalability structure on keyframes), H.264
// RFC 6184 (packetization-mode 1 or 0: single NAL units, STAP-A for parameter sets, FU-A). One for each encoder. One thread.
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
  // The payloads in order; the marker belongs on the last. Packets of a frame are near equal in size, which lets them leave in one GSO run.
  // Valid until the next call.
  std::span<const std::vector<uint8_t>> packetize(const EncodedFrame& frame);

 private:
  void packetize_vp8(const EncodedFrame& frame);
  void packetize_vp9(const EncodedFrame& frame);
  void packetize_h264(const EncodedFrame& frame);
  std::vector<uint8_t>& next();
  template <class Each>
  void split(std::span<const uint8_t> bytes, size_t header, Each each);

  Codec codec_;
  uint32_t width_, height_;
  size_t max_payload_;
  uint16_t picture_id_ = 0;
  uint8_t tl0_pic_idx_ = 0;
  std::vector<std::vector<uint8_t>> payloads_;
  size_t used_ = 0;
};

}  // namespace tutti::video
