// DependencyFilter: which frames of one source pass a limit of layers, where the packets say which frame refers to
// which (payload::LayerFrame: VP9 SVC, AV1, H.264 with a dependency descriptor). One decode target is forwarded at a
// time. The filter keeps which of the last frames passed, and which targets are intact, that is, nothing of them was
// left out since they could last be begun; only to an intact target it changes, so what the receiver gets it can
// decode. What the network took may still come and counts neither as left out nor as there. A frame passes whole or not
// at all, also when its packets come late. Owned by a Forwarder.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "tutti/base/seq_num.hpp"
#include "tutti/peer/media_packet.hpp"
#include "tutti/room/layer_limit.hpp"

namespace tutti::room {

class DependencyFilter {
 public:
  struct Verdict {
    enum class Kind : uint8_t { kPass, kDrop, kForgotten };  // kForgotten: too late to know what became of its frame
    Kind kind = Kind::kPass;
    bool ends_picture = false;     // nothing of this picture follows for the receiver
    bool of_higher_layer = false;  // of a spatial layer that is not shown
    // The targets that the receiver is to be told it gets with this packet; 0: as the packet says.
    payload::TargetMask announced = 0;
  };

  DependencyFilter() : frames_(kFrames) {}

  // Down with the next picture, if the lower target is intact, else with the next keyframe, and until then as little as
  // can be; up with the first frame at which a target becomes intact again.
  void set_limit(LayerLimit limit) { limit_ = limit; }
  // Another source begins, with a keyframe.
  void restart();
  // `packet`: with a described frame. `newest`: no packet of a higher sequence number has been here.
  Verdict check(const peer::MediaPacket& packet, bool newest);

  // A packet of this time that nobody could read, because its structure had not come, has passed. So does what is left
  // of such pictures: half a frame, or one that has no end, is what receivers wait for.
  void note_unread(RtpTimestamp picture) {
    if (!unread_until_ || is_newer(picture, *unread_until_)) unread_until_ = picture;
  }

  // The layer that is wanted now can only begin with a keyframe.
  bool is_waiting() const;
  // Nothing that could be shown is whole any more, so nothing will be before the next keyframe.
  bool stands_still() const { return stands_still_; }
  // What is forwarded now; nothing before the first keyframe.
  LayerLimit shown() const;

 private:
  // Of a packet's number, so that VP9's references of up to 127 pictures never leave the ring.
  static constexpr size_t kFrames = 1024;
  static constexpr size_t kReigns = 8;
  static constexpr uint8_t kNone = 0xFF;
  enum class Fate : uint8_t { kUnseen, kPassed, kDropped };
  struct Seen {
    uint16_t lap : 14 = 0;  // of the ring
    uint16_t fate : 2 = 0;
  };
  // From this frame on a target was forwarded.
  struct Reign {
    int64_t from = std::numeric_limits<int64_t>::max();
    RtpTimestamp picture;  // all of which it is for, whichever frame came first
    uint8_t target = kNone;
  };

  void begin(const peer::MediaPacket& packet, int64_t number, bool newest);
  int64_t unwrap(const payload::LayerFrame& frame) const;
  bool is_begun_unread(RtpTimestamp picture) const { return unread_until_ && !is_newer(picture, *unread_until_); }
  Fate judge(const payload::LayerFrame& frame, int64_t number, RtpTimestamp timestamp, bool newest);
  Fate fate_of(int64_t number) const;
  void remember(int64_t number, Fate fate);
  // Targets that can be begun with this frame, because all that it needs was forwarded.
  payload::TargetMask begun_with(const payload::LayerFrame& frame, int64_t number) const;
  bool has_all_it_needs(const payload::LayerFrame& frame, int64_t number) const;

  payload::TargetMask valid() const { return static_cast<payload::TargetMask>((1u << structure_.target_count) - 1); }
  bool is_within_limit(uint8_t target) const;
  bool is_intact(uint8_t target) const { return target != kNone && (intact_ >> target & 1) != 0; }
  // The highest of these within the limit, kNone if there is none.
  uint8_t highest_of(uint32_t targets) const;
  // The least that can be had of these.
  uint8_t lowest_of(uint32_t targets) const;
  uint8_t wanted() const;
  void choose(int64_t number, bool may_fall);
  uint8_t target_at(int64_t number, RtpTimestamp picture) const;
  // All that were forwarded at this place or later.
  payload::TargetMask targets_since(int64_t number) const;
  payload::TargetMask announce(const payload::LayerFrame& frame, bool newest);
  // Follows whether the newest picture will have an end for the receiver.
  void follow_end(const peer::MediaPacket& packet, int64_t number, const Verdict& verdict);

  LayerLimit limit_;
  payload::LayerStructure structure_;
  int64_t highest_ = -1;         // number seen; -1: none
  int64_t begins_at_ = 0;        // the keyframe
  int64_t intact_until_ = 0;     // the last frame at which the target was intact
  std::optional<RtpTimestamp> unread_until_;
  RtpTimestamp picture_;         // the newest
  bool picture_passed_ = false;  // a frame of it
  payload::TargetMask active_ = 0, intact_ = 0;
  payload::TargetMask announced_ = 0;  // last
  uint8_t target_ = kNone;
  bool stands_still_ = false;     // since the newest picture began
  uint8_t highest_temporal_ = 0;  // that there was
  // Frames of the newest picture that passed while its end is still to come.
  struct Open {
    RtpTimestamp picture;
    int64_t first = 0, last = 0;
    payload::TargetMask present = 0;
    std::optional<ExtSeqNum> ended_in;  // the last of them
  };
  std::optional<Open> open_;
  size_t reign_ = 0;
  std::array<Reign, kReigns> reigns_;
  std::vector<Seen> frames_;
};

}  // namespace tutti::room
