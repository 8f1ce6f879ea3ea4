// Forwarder: the projection of a published track onto one receiving slot. It decides for each packet whether the
// receiver gets it, and how it is renumbered so that the receiver cannot tell that layers, or tracks, are switched
// underneath: sequence numbers without holes of ours, timestamps that never step back, picture ids, TL0PICIDX and frame
// numbers that go on. It also remembers the last rewrites, so that a packet the receiver lost can be sent again from
// the track's cache. Owned by a Subscription.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "tutti/base/drop_reason.hpp"
#include "tutti/base/seq_num.hpp"
#include "tutti/base/units.hpp"
#include "tutti/peer/media_packet.hpp"
#include "tutti/peer/rewrite.hpp"
#include "tutti/room/capture_clock.hpp"
#include "tutti/room/dependency_filter.hpp"
#include "tutti/room/layer_limit.hpp"
#include "tutti/room/sent_history.hpp"
#include "tutti/room/temporal_filter.hpp"

namespace tutti::room {

class Forwarder {
 public:
  using Source = LayerSource;

  // `first_sequence` and `first_timestamp` should be random (RFC 3550 §5.1); the sequence number's upper bit is
  // ignored, so that both sides of SRTP agree on the first rollover (RFC 3711 §3.3.1).
  Forwarder(MediaKind kind, uint32_t clock_rate_hz, SeqNum first_sequence, RtpTimestamp first_timestamp);

  // What to show. Takes effect on the next keyframe of the target (audio: its next packet); until then the current
  // source goes on, if it is of the same track. `payload_type`: how this slot's receiver calls the target's codec.
  void set_target(Source target, PayloadType payload_type);
  // The receiver has nothing of what was sent: the target begins anew.
  void restart() { leave_source(); }
  // Nothing more is forwarded until another target is set.
  void clear_target();
  // Frames above these layers are dropped. Down at once, but for a spatial layer that does not need the lower ones; up
  // as soon as the structure of the stream allows, which without a keyframe may be never: is_waiting() says so.
  void set_limit(LayerLimit limit);

  // What to make of a packet, each to be offered once. `clock` maps the source's RTP time to ours, if its sender has
  // reported yet. When switches() has gone up, the packet began its keyframe but need not be the newest of its source
  // (the network reorders, and a lost one is sent again later): offer those that follow it in the track's cache right
  // after it, in order, though they were offered before; otherwise their numbers are holes.
  std::variant<peer::Rewrite, DropReason> project(Timestamp now, const peer::MediaPacket& packet, Source from,
                                                  const CaptureClock* clock);

  // A source's newest frame: its time, and when it arrived.
  struct Live {
    RtpTimestamp timestamp;
    Timestamp arrival;
  };
  // The switch that comes next begins in the past: what lies between its keyframe and this frame is shown in a 32nd of its time, so that
  // the receiver is at the live picture at once. Nothing: as usual.
  void press_together(std::optional<Live> until) { press_until_ = until; }

  // What was sent under this sequence number; nothing if it is too long ago or never was.
  std::optional<SentPacket> find_sent(SeqNum sequence) const;
  // A number whose packet was still missing when its source was left stays empty for ever. This is the padding to fill
  // it with when the receiver asks, the same each time; nothing for every other number.
  std::optional<peer::Rewrite> find_padding(SeqNum sequence) const;

  // Has what the next packet needs, beyond the object itself, brought into the cache.
  void prefetch() const;

  Source current() const { return current_; }
  Source target() const { return target_; }
  // A target, or a layer of the current source within the limit, is wanted and has not begun: it waits for a keyframe.
  bool is_waiting() const;
  // What is shown can only go on with a keyframe, though nobody's packet was lost.
  bool stands_still() const { return current_.track != 0 && dependencies_ && dependencies_->stands_still(); }
  // Which layers of the current source are forwarded, as far as its packets tell; nothing: all.
  LayerLimit shown() const;
  // Adds this to a timestamp of the current source to get the slot's.
  uint32_t timestamp_offset() const { return timestamp_offset_; }
  uint64_t switches() const { return switches_; }

 private:
  // From this sequence number of the current source on, these offsets apply: dropping a packet on purpose closes the
  // gap.
  struct Offset {
    ExtSeqNum from;
    int64_t sequence = 0;
    int64_t picture_id = 0;
  };
  static constexpr size_t kOffsets = 64;
  // Packets that are remembered at most: as many as a track's cache holds.
  static constexpr size_t kVideoHistory = 512, kAudioHistory = 64;

  static constexpr uint32_t kPress = 32;

  void leave_source();
  void switch_to(const peer::MediaPacket& packet, Source from, const CaptureClock* clock);
  const Offset* offset_at(ExtSeqNum sequence) const;
  void push_offset(ExtSeqNum from, int64_t sequence, int64_t picture_id);
  // Closes the gap that the newest packet leaves, and the one that its frame's picture id leaves.
  void skip(const peer::MediaPacket& packet, bool skips_picture);
  DependencyFilter::Verdict check_layers(const peer::MediaPacket& packet, bool newest, bool& skips_picture);
  int64_t unwrap_picture_id(uint16_t picture_id, bool is_long) const;
  // Fills in what goes on across sources: picture id and TL0PICIDX, or the frame number.
  void patch(const peer::MediaPacket& packet, int64_t picture_offset, peer::Rewrite& rewrite) const;
  void note_patched(const peer::MediaPacket& packet, const peer::Rewrite& rewrite);
  RtpTimestamp timestamp_out(RtpTimestamp timestamp) const;
  // The number that ends in these 16 bits and is not higher than the highest sent.
  ExtSeqNum unwrap_sent(SeqNum sequence) const;

  uint32_t clock_rate_hz_;
  Source current_, target_;
  uint8_t epoch_ = 0;
  PayloadType payload_type_, target_payload_type_;
  bool started_ = false;
  std::optional<Live> press_until_;  // for the next switch
  uint64_t switches_ = 0;

  // Of the current source.
  ExtSeqNum highest_in_;
  std::vector<Offset> offsets_;  // at most kOffsets
  uint32_t timestamp_offset_ = 0;
  std::optional<RtpTimestamp> pressed_until_;  // while packets of before may still come
  int64_t last_picture_in_ = 0;  // unwrapped
  int tl0_offset_ = 0;
  uint16_t frame_offset_ = 0;
  LayerLimit limit_;
  TemporalFilter temporal_;
  std::unique_ptr<DependencyFilter> dependencies_;  // once a packet told what its frame refers to

  // Of the slot.
  ExtSeqNum highest_out_;
  ExtSeqNum first_out_;  // of the current source, or of the next one while there is none
  RtpTimestamp last_timestamp_out_;
  Timestamp last_out_at_;  // capture time if known, else arrival
  bool last_out_captured_ = false;
  Timestamp last_arrival_;
  std::optional<uint16_t> last_picture_id_out_;
  std::optional<uint8_t> last_tl0_out_;
  std::optional<uint16_t> last_frame_out_;
  SentHistory history_;
};

}  // namespace tutti::room
