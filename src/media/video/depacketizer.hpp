// Depacketizer: what one codec's RTP payload format says of a packet, and how the packets of a frame become the bytes
// that a decoder takes. One for each FrameAssembler, which orders the packets and knows where frames end. Same thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "tutti/base/codec.hpp"

namespace tutti::video {

// What one packet tells of its frame.
struct PacketRole {
  // A frame begins here, whatever came before: it may be decoded though the packet before was lost.
  bool begins_frame = false;
  // A frame that begins here is another than the packet's before, even if the timestamp is the same.
  bool splits = false;
  bool keyframe = false;            // its frame can be decoded without any other
  bool keyframe_candidate = false;  // worth keeping while a keyframe is waited for
};

class Depacketizer {
 public:
  virtual ~Depacketizer() = default;
  // nullopt if the payload cannot be one of this codec. `payload` is not empty.
  virtual std::optional<PacketRole> inspect(std::span<const uint8_t> payload) const = 0;
  // `payloads`: all of one frame, in order, each of them inspected; at least one. Writes the frame to `out`, which
  // comes empty; it is at most a small multiple of them. False if they do not make one.
  virtual bool assemble(std::span<const std::span<const uint8_t>> payloads, std::vector<uint8_t>& out) = 0;
};

// Null for codecs that are not video.
std::unique_ptr<Depacketizer> make_depacketizer(Codec codec);

std::unique_ptr<Depacketizer> make_vp8_depacketizer();
std::unique_ptr<Depacketizer> make_vp9_depacketizer();
std::unique_ptr<Depacketizer> make_h264_depacketizer();
std::unique_ptr<Depacketizer> make_av1_depacketizer();

}  // namespace tutti::video
