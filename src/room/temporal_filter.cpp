#include "tutti/room/temporal_filter.hpp"

#include <algorithm>

namespace tutti::room {
namespace {

uint8_t layer_of(const peer::MediaPacket& packet) { return *packet.temporal_id & 7; }
// A frame of `layer` was dropped: it and those above have to be reached again.
void give_up(uint8_t& reached, uint8_t layer) { reached = std::min(reached, static_cast<uint8_t>(layer - 1)); }
bool is_sync(const peer::MediaPacket& packet) { return packet.codec == Codec::kVp8 && packet.vp8.layer_sync; }

}  // namespace

void TemporalFilter::restart() {
  reached_ = kNoLimit;
  frame_count_ = 0;
  forgotten_.reset();
}

TemporalFilter::Verdict TemporalFilter::check(const peer::MediaPacket& packet, bool newest) {
  if (!packet.temporal_id) return Verdict::kPass;
  Frame* frame = find(packet.timestamp);
  if (!frame) {
    if (!newest && forgotten_ && !is_newer(packet.timestamp, forgotten_->timestamp)) return Verdict::kForgotten;
    frame = &push(newest ? judge_newest(packet) : judge_latecomer(packet));
  }
  if (!frame->dropped) return Verdict::kPass;
  if (!newest || frame->picture_skipped) return Verdict::kDrop;
  frame->picture_skipped = true;
  return Verdict::kDropPicture;
}

TemporalFilter::Frame* TemporalFilter::find(RtpTimestamp timestamp) {
  const size_t kept = std::min(frame_count_, kFrames);
  for (size_t i = 1; i <= kept; ++i) {
    Frame& f = frames_[(frame_count_ - i) % kFrames];
    if (f.timestamp == timestamp) return &f;
  }
  return nullptr;
}

TemporalFilter::Frame& TemporalFilter::push(const Frame& frame) {
  if (frames_.empty()) frames_.resize(kFrames);
  Frame& place = frames_[frame_count_ % kFrames];
  if (frame_count_ >= kFrames && (!forgotten_ || is_newer(place.timestamp, forgotten_->timestamp))) forgotten_ = place;
  ++frame_count_;
  place = frame;
  return place;
}

TemporalFilter::Frame TemporalFilter::judge_newest(const peer::MediaPacket& packet) {
  const uint8_t id = layer_of(packet);
  if (packet.keyframe || (packet.codec != Codec::kVp8 && id == 0)) reached_ = kNoLimit;
  const bool dropped = id > limit_ || (id > reached_ && !is_sync(packet));
  if (dropped) {
    give_up(reached_, id);
  } else if (id == reached_ + 1) {
    // A sync frame further up passes, but those that follow it may need the layer between.
    reached_ = id;
  }
  return {packet.timestamp, dropped, false, limit_, reached_};
}

// Judged by the highest limit there was from its place on, because then nothing that was let through is left without
// it, and by what was reached before it. It restores nothing: what followed was judged without it.
TemporalFilter::Frame TemporalFilter::judge_latecomer(const peer::MediaPacket& packet) {
  const Frame* before = forgotten_ ? &*forgotten_ : nullptr;
  uint8_t limit = limit_;
  for (size_t i = 0; i < std::min(frame_count_, kFrames); ++i) {
    const Frame& f = frames_[i];
    if (is_newer(f.timestamp, packet.timestamp)) {
      limit = std::max(limit, f.limit);
    } else if (!before || is_newer(f.timestamp, before->timestamp)) {
      before = &f;
    }
  }
  const uint8_t id = layer_of(packet);
  uint8_t reached = before ? before->reached : kNoLimit;
  const bool dropped = id > limit || (id > reached && !is_sync(packet));
  if (id > limit) {
    // Nothing in front of it was let through, but what is still to come, late or not, may need it.
    give_up(reached, id);
    give_up(reached_, id);
    for (size_t i = 0; i < std::min(frame_count_, kFrames); ++i) {
      if (is_newer(frames_[i].timestamp, packet.timestamp)) give_up(frames_[i].reached, id);
    }
  }
  return {packet.timestamp, dropped, false, limit, reached};
}

}  // namespace tutti::room
