#include "tutti/media/video/packetizer.hpp"

#include <algorithm>

namespace tutti::video {

// Below this a descriptor would leave no room.
constexpr size_t kMinPayload = 64;
constexpr uint16_t kPictureIdMask = 0x7FFF;

Packetizer::Packetizer(Codec codec, uint32_t width, uint32_t height, size_t max_payload)
    : codec_(codec), width_(width), height_(height), max_payload_(std::max(max_payload, kMinPayload)) {}

std::span<const std::vector<uint8_t>> Packetizer::packetize(const EncodedFrame& frame) {
  used_ = 0;
  if (frame.bytes.empty()) return {};
  switch (codec_) {
    case Codec::kVp8:
      packetize_vp8(frame);
      break;
    case Codec::kVp9:
      packetize_vp9(frame);
      break;
    case Codec::kH264:
      packetize_h264(frame);
      break;
    case Codec::kAv1:
    case Codec::kOpus:
    case Codec::kPcmu:
    case Codec::kPcma:
    case Codec::kG722:
      return {};  // not encoded here
  }
  // Each frame is of temporal layer 0.
  picture_id_ = (picture_id_ + 1) & kPictureIdMask;
  ++tl0_pic_idx_;
  return {payloads_.data(), used_};
}

std::vector<uint8_t>& Packetizer::next_payload() {
  if (used_ == payloads_.size()) payloads_.emplace_back();
  payloads_[used_].clear();
  return payloads_[used_++];
}

size_t Packetizer::fair_size(size_t bytes, size_t header_size, size_t first_header_size) const {
  const size_t extra = first_header_size - header_size;
  const size_t room = max_payload_ - header_size;
  const size_t count = (bytes + extra + room - 1) / room;
  return header_size + (bytes + extra + count - 1) / count;
}

}  // namespace tutti::video
