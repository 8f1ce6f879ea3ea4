// FrameAssembler: RTP payloads of one received layer in, in any order; whole frames in decoding order out, in the form
// that VideoDecoder takes. VP8 RFC 7741, VP9 RFC 9628, H.264 RFC 6184 (modes 0 and 1), AV1 (AOM's RTP payload format).
// A frame with a hole waits for retransmission for a while, then everything is given up until the next keyframe.
// Hostile input is bounded in packets and bytes. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "tutti/base/codec.hpp"
#include "tutti/base/seq_num.hpp"
#include "tutti/base/units.hpp"

namespace tutti::video {

struct VideoPacket {
  ExtSeqNum sequence;
  RtpTimestamp timestamp;
  Timestamp arrival;
  bool marker = false;
  std::span<const uint8_t>
      payload;  // with the payload descriptor; empty for padding, which still fills its sequence number
};

struct AssembledFrame {
  std::vector<uint8_t> bytes;
  bool keyframe = false;
  RtpTimestamp timestamp;
  Timestamp arrival;  // of its last packet
};

struct FrameAssemblerSettings {
  size_t max_packets = 2048;
  size_t max_bytes = 8 * 1024 * 1024;           // of all frames under way
  TimeDelta patience = TimeDelta::millis(250);  // how long a hole may hold up what has come from behind it
};

struct FrameAssemblerStats {
  uint64_t frames = 0, frames_dropped = 0;  // dropped: incomplete, or without the keyframe that they need
  uint64_t packets_malformed = 0;
};

class FrameAssembler {
 public:
  FrameAssembler(Codec codec, FrameAssemblerSettings settings);
  ~FrameAssembler();
  // Appends to `out` each frame that can be decoded now.
  void insert(const VideoPacket& packet, std::vector<AssembledFrame>& out);
  // Gives up what has waited for too long. That sets no frame free: a whole keyframe never waits. Call it on each tick.
  void handle_time(Timestamp now);
  // True while nothing can be decoded without a keyframe: at the beginning, after a hole was given up, after
  // request_keyframe(). Ask the sender for one while it is true.
  bool needs_keyframe() const;
  // The decoder has lost its state.
  void request_keyframe();
  FrameAssemblerStats stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tutti::video
