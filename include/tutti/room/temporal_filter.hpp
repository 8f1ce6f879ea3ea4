// TemporalFilter: which frames of one source pass a limit of temporal layers. A frame passes whole or not at all, also
// when its packets come late, so the last frames' verdicts are kept, and a frame that comes late as a whole is judged
// as it would have been in its place: those that followed it may need it. After frames of a layer were dropped, it
// comes back only with a frame that does not need them: VP8's layer sync (RFC 7741 §4.2, Y), elsewhere the next frame
// of layer 0, with which the usual patterns start over. Packets without a temporal id pass. Owned by a Forwarder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "tutti/base/seq_num.hpp"
#include "tutti/peer/media_packet.hpp"

namespace tutti::room {

class TemporalFilter {
 public:
  enum class Verdict : uint8_t {
    kPass,
    kDrop,
    kDropPicture,  // as kDrop, and the first time that the newest packet is of this frame: its picture id is to be
                   // skipped
    kForgotten,    // too late: what became of its frame is not known any more
  };

  // Frames above this layer are dropped from now on; a frame that has begun to pass is finished.
  void set_limit(std::optional<uint8_t> temporal_id) { limit_ = temporal_id.value_or(kNoLimit); }
  // Another source begins, with a keyframe.
  void restart();
  // `newest`: no packet of a higher sequence number has been here.
  Verdict check(const peer::MediaPacket& packet, bool newest);

 private:
  static constexpr uint8_t kNoLimit = 0xFF;
  static constexpr size_t kFrames = 64;
  struct Frame {
    RtpTimestamp timestamp;
    bool dropped = false;
    bool picture_skipped = false;
    // As they stood after this frame.
    uint8_t limit = kNoLimit;
    uint8_t reached = kNoLimit;
  };

  Frame* find(RtpTimestamp timestamp);
  Frame& push(const Frame& frame);
  Frame judge_newest(const peer::MediaPacket& packet);
  Frame judge_latecomer(const peer::MediaPacket& packet);

  uint8_t limit_ = kNoLimit;
  // The receiver has whatever a frame of this layer or a lower one may refer to.
  uint8_t reached_ = kNoLimit;
  std::vector<Frame> frames_;  // a ring of kFrames once there was one with a temporal id
  size_t frame_count_ = 0;          // ever pushed
  std::optional<Frame> forgotten_;  // the newest of those that were overwritten
};

}  // namespace tutti::room
