#include "tutti/room/forwarder.hpp"

#include <algorithm>
#include <cmath>

#include "tutti/base/prefetch.hpp"

namespace tutti::room {
namespace {

// A source that was switched to may claim any capture time; beyond this from what arrival says it is not believed.
constexpr TimeDelta kBelievable = TimeDelta::seconds(2);
constexpr uint16_t kPictureIdMask = 0x7FFF;
// Longer runs of lost packets are not looked across.
constexpr int64_t kLongestHole = 64;
// The longest step in the receiver's time, 3 h at 90 kHz: half the circle of RTP timestamps would be a step back.
constexpr int64_t kMaxTicks = 1 << 30;

}  // namespace

Forwarder::Forwarder(MediaKind kind, uint32_t clock_rate_hz, SeqNum first_sequence, RtpTimestamp first_timestamp)
    : clock_rate_hz_(clock_rate_hz),
      highest_out_((first_sequence.value() & 0x7FFF) - 1),
      last_timestamp_out_(first_timestamp),
      history_(kind == MediaKind::kVideo ? kVideoHistory : kAudioHistory) {}

void Forwarder::set_target(Source target, PayloadType payload_type) {
  // Another track never lends its last picture to this one.
  if (current_.track != target.track) leave_source();
  target_ = target;
  target_payload_type_ = payload_type;
  if (current_ != target_ || payload_type_ == payload_type) return;
  payload_type_ = payload_type;
  // A latecomer still fills a number of before, and is of this run then.
  history_.begin_run(current_, epoch_, payload_type_, first_out_);
}

void Forwarder::set_limit(LayerLimit limit) {
  limit_ = limit;
  temporal_.set_limit(limit.temporal);
  if (dependencies_) dependencies_->set_limit(limit);
}

bool Forwarder::is_waiting() const {
  if (target_.track == 0) return false;
  return current_ != target_ || (dependencies_ && dependencies_->is_waiting());
}

LayerLimit Forwarder::shown() const {
  LayerLimit shown = dependencies_ && current_.track != 0 ? dependencies_->shown() : LayerLimit{};
  // Where frames do not tell what they refer to, the limit is all there is.
  if (!shown.temporal) shown.temporal = limit_.temporal;
  return shown;
}

void Forwarder::clear_target() {
  leave_source();
  target_ = {};
}

void Forwarder::leave_source() {
  current_ = {};
  first_out_ = highest_out_ + 1;
}

std::variant<peer::Rewrite, DropReason> Forwarder::project(Timestamp now, const peer::MediaPacket& packet, Source from,
                                                           const CaptureClock* clock) {
  const bool new_epoch = from == current_ && packet.epoch != epoch_;
  if (from == target_ && (current_ != target_ || new_epoch)) {
    if (!packet.keyframe || packet.payload_size == 0 || packet.comfort_noise) return DropReason::kAwaitingKeyframe;
    switch_to(packet, from, clock);
  } else if (from != current_) {
    return DropReason::kLayerNotSelected;
  } else if (new_epoch) {
    return DropReason::kAwaitingKeyframe;
  }

  const bool newest = packet.sequence >= highest_in_;
  if (newest && packet.sequence - highest_in_ > 0) highest_in_ = packet.sequence;
  const Offset* offset = offset_at(packet.sequence);
  if (!offset) return DropReason::kOldPacket;

  bool skips_picture = false;
  const auto verdict = check_layers(packet, newest, skips_picture);
  if (verdict.kind == DependencyFilter::Verdict::Kind::kForgotten) return DropReason::kOldPacket;
  // Dropping on purpose is only possible at the front: behind it the numbers are given. A latecomer of a dropped frame
  // fills its hole with padding, or the receiver would ask for it for ever.
  const bool unwanted =
      packet.payload_size == 0 || packet.comfort_noise || verdict.kind != DependencyFilter::Verdict::Kind::kPass;
  if (unwanted && newest) {
    skip(packet, skips_picture);
    if (packet.comfort_noise) return DropReason::kComfortNoise;
    if (packet.payload_size == 0) return DropReason::kRtpPadding;
    return verdict.of_higher_layer ? DropReason::kSpatialLayer : DropReason::kTemporalLayer;
  }

  peer::Rewrite rewrite;
  const ExtSeqNum out(packet.sequence.value() + offset->sequence);
  rewrite.sequence = to_wire(out);
  rewrite.timestamp = timestamp_out(packet.timestamp);
  rewrite.payload_type = payload_type_;
  rewrite.padding_only = unwanted;
  if (!unwanted) {
    rewrite.marker = packet.marker || verdict.ends_picture;
    rewrite.active_targets = verdict.announced;
    patch(packet, offset->picture_id, rewrite);
  }
  // Not only the newest packet leads: so does a latecomer if all that came after it was dropped.
  if (out > highest_out_) {
    highest_out_ = out;
    if (pressed_until_ && is_newer(packet.timestamp, *pressed_until_ + clock_rate_hz_)) pressed_until_.reset();
    if (is_newer(rewrite.timestamp, last_timestamp_out_)) {
      last_timestamp_out_ = rewrite.timestamp;
      last_out_captured_ = clock != nullptr;
      last_out_at_ = clock ? clock->at(packet.timestamp) : packet.arrival;
      last_arrival_ = packet.arrival;
    }
    if (!unwanted) note_patched(packet, rewrite);
  }
  history_.add(now, out, packet.sequence, rewrite);
  return rewrite;
}

DependencyFilter::Verdict Forwarder::check_layers(const peer::MediaPacket& packet, bool newest, bool& skips_picture) {
  using Kind = DependencyFilter::Verdict::Kind;
  if (packet.frame.described && packet.payload_size > 0) {
    if (!dependencies_) {
      dependencies_ = std::make_unique<DependencyFilter>();
      dependencies_->set_limit(limit_);
    }
    return dependencies_->check(packet, newest);
  }
  switch (temporal_.check(packet, newest)) {
    case TemporalFilter::Verdict::kPass:
      if (dependencies_ && packet.payload_size > 0) dependencies_->note_unread(packet.timestamp);
      return {Kind::kPass};
    case TemporalFilter::Verdict::kDropPicture:
      // VP9's receivers find references by picture ids, which have to stay as far apart as they were.
      skips_picture = packet.codec == Codec::kVp8;
      return {Kind::kDrop};
    case TemporalFilter::Verdict::kDrop:
      return {Kind::kDrop};
    case TemporalFilter::Verdict::kForgotten:
      return {Kind::kForgotten};
  }
  return {};
}

void Forwarder::patch(const peer::MediaPacket& packet, int64_t picture_offset, peer::Rewrite& rewrite) const {
  const auto patch_picture = [&](peer::Patch kind, const auto& descriptor) {
    if (!descriptor.picture_id && !descriptor.tl0_pic_idx) return;
    rewrite.patch = kind;
    if (descriptor.picture_id) {
      const int64_t id = unwrap_picture_id(*descriptor.picture_id, descriptor.long_picture_id) + picture_offset;
      rewrite.picture_id = static_cast<uint16_t>(id & kPictureIdMask);
    }
    if (descriptor.tl0_pic_idx) rewrite.tl0_pic_idx = static_cast<uint8_t>(*descriptor.tl0_pic_idx + tl0_offset_);
  };
  if (packet.frame.described && packet.dependency_descriptor_size > 0) {
    if (frame_offset_ == 0 && rewrite.active_targets == 0) return;
    rewrite.patch = peer::Patch::kDependencyDescriptor;
    rewrite.picture_id = frame_offset_;
  } else if (packet.codec == Codec::kVp8) {
    patch_picture(peer::Patch::kVp8, packet.vp8);
  } else if (packet.codec == Codec::kVp9) {
    patch_picture(peer::Patch::kVp9, packet.vp9);
    const bool differs = rewrite.picture_id != packet.vp9.picture_id.value_or(0) ||
                         rewrite.tl0_pic_idx != packet.vp9.tl0_pic_idx.value_or(0);
    if (!differs && packet.vp9.long_picture_id) rewrite.patch = peer::Patch::kNone;
  }
}

// Of the packet that leads.
void Forwarder::note_patched(const peer::MediaPacket& packet, const peer::Rewrite& rewrite) {
  const auto note_picture = [&](const auto& descriptor) {
    if (descriptor.picture_id) {
      last_picture_id_out_ = rewrite.picture_id;
      last_picture_in_ = unwrap_picture_id(*descriptor.picture_id, descriptor.long_picture_id);
    }
    if (descriptor.tl0_pic_idx) last_tl0_out_ = rewrite.tl0_pic_idx;
  };
  if (packet.codec == Codec::kVp8) note_picture(packet.vp8);
  if (packet.codec == Codec::kVp9) note_picture(packet.vp9);
  if (packet.frame.described && packet.dependency_descriptor_size > 0)
    last_frame_out_ = static_cast<uint16_t>(packet.frame.number + frame_offset_);
}

void Forwarder::prefetch() const {
  if (!offsets_.empty()) tutti::prefetch(&offsets_.back(), sizeof(Offset));
  history_.prefetch(highest_out_ + 1);
}

void Forwarder::switch_to(const peer::MediaPacket& packet, Source from, const CaptureClock* clock) {
  leave_source();
  current_ = from;
  epoch_ = packet.epoch;
  payload_type_ = target_payload_type_;
  ++switches_;
  highest_in_ = packet.sequence;
  temporal_.restart();

  if (dependencies_) dependencies_->restart();

  offsets_.clear();
  int64_t picture_offset = 0;
  const auto go_on = [&](const auto& descriptor) {
    last_picture_in_ = descriptor.picture_id.value_or(0);
    if (descriptor.picture_id && last_picture_id_out_)
      picture_offset = *last_picture_id_out_ + 1 - *descriptor.picture_id;
    tl0_offset_ = descriptor.tl0_pic_idx && last_tl0_out_ ? *last_tl0_out_ + 1 - *descriptor.tl0_pic_idx : 0;
  };
  if (packet.codec == Codec::kVp8) go_on(packet.vp8);
  if (packet.codec == Codec::kVp9) go_on(packet.vp9);
  frame_offset_ = last_frame_out_ && packet.frame.described
                      ? static_cast<uint16_t>(*last_frame_out_ + 1 - packet.frame.number)
                      : uint16_t{0};
  history_.begin_run(current_, epoch_, payload_type_, highest_out_ + 1);
  push_offset(packet.sequence, highest_out_.value() + 1 - packet.sequence.value(), picture_offset);

  // The frame that comes at its time: this one, or the newest, before which all are pressed together.
  const Live live = press_until_.value_or(Live{packet.timestamp, packet.arrival});
  const uint32_t lead = (live.timestamp.value() - packet.timestamp.value()) / kPress;
  pressed_until_ = press_until_ ? std::optional(live.timestamp) : std::nullopt;
  if (!started_) {
    started_ = true;
    timestamp_offset_ = last_timestamp_out_.value() + lead - live.timestamp.value();
    last_out_at_ = clock ? clock->at(packet.timestamp) : packet.arrival;
    last_out_captured_ = clock != nullptr;
    last_arrival_ = packet.arrival;
    return;
  }
  // How much time lies between the last frame sent and this one: by capture time where both senders have reported, else
  // by arrival. At least one tick, so that the receiver never sees time step back.
  const TimeDelta by_arrival = live.arrival - last_arrival_;
  TimeDelta elapsed = by_arrival;
  if (clock && last_out_captured_) {
    const TimeDelta by_capture = clock->at(live.timestamp) - last_out_at_;
    const TimeDelta apart = by_capture < by_arrival ? by_arrival - by_capture : by_capture - by_arrival;
    if (apart < kBelievable) elapsed = by_capture;
  }
  const double exact = elapsed.seconds_f() * clock_rate_hz_;
  const auto ticks = static_cast<int64_t>(std::clamp(std::round(exact), lead + 1.0, static_cast<double>(kMaxTicks)));
  timestamp_offset_ = last_timestamp_out_.value() + static_cast<uint32_t>(ticks) - live.timestamp.value();
}

RtpTimestamp Forwarder::timestamp_out(RtpTimestamp timestamp) const {
  const RtpTimestamp out = timestamp + timestamp_offset_;
  if (!pressed_until_ || !is_newer(*pressed_until_, timestamp)) return out;
  const uint32_t before = pressed_until_->value() - timestamp.value();
  return out + (before - before / kPress);
}

const Forwarder::Offset* Forwarder::offset_at(ExtSeqNum sequence) const {
  // The first offset begins at the switch: what precedes it belongs to frames that the receiver was not meant to see.
  const auto found =
      std::find_if(offsets_.rbegin(), offsets_.rend(), [&](const Offset& o) { return o.from <= sequence; });
  return found == offsets_.rend() ? nullptr : &*found;
}

void Forwarder::push_offset(ExtSeqNum from, int64_t sequence, int64_t picture_id) {
  if (offsets_.size() == kOffsets) offsets_.erase(offsets_.begin());
  offsets_.push_back({from, sequence, picture_id});
}

void Forwarder::skip(const peer::MediaPacket& packet, bool skips_picture) {
  // A run of drops moves the same entry, so that a long frame costs one.
  Offset& last = offsets_.back();
  const Offset next{packet.sequence + 1, last.sequence - 1, last.picture_id - (skips_picture ? 1 : 0)};
  if (last.from == packet.sequence) {
    last = next;
  } else {
    push_offset(next.from, next.sequence, next.picture_id);
  }
}

// A source may count pictures in 7 bits; the receiver is always given 15.
int64_t Forwarder::unwrap_picture_id(uint16_t picture_id, bool is_long) const {
  const int shift = is_long ? 1 : 9;
  const auto distance = static_cast<int16_t>(static_cast<uint16_t>((picture_id - last_picture_in_) << shift));
  return last_picture_in_ + (distance >> shift);
}

ExtSeqNum Forwarder::unwrap_sent(SeqNum sequence) const {
  return highest_out_ + -static_cast<int64_t>(static_cast<uint16_t>(to_wire(highest_out_).value() - sequence.value()));
}

std::optional<SentPacket> Forwarder::find_sent(SeqNum sequence) const { return history_.find(unwrap_sent(sequence)); }

std::optional<peer::Rewrite> Forwarder::find_padding(SeqNum sequence) const {
  const ExtSeqNum number = unwrap_sent(sequence);
  if (number >= first_out_) return std::nullopt;
  for (int64_t back = 0; back < kLongestHole; ++back) {
    const auto before = history_.find(number + -back);
    if (!before) continue;
    if (back == 0) return std::nullopt;
    // What stands before it in the receiver's time too.
    peer::Rewrite padding;
    padding.timestamp = before->rewrite.timestamp;
    padding.sequence = sequence;
    padding.payload_type = before->rewrite.payload_type;
    padding.padding_only = true;
    return padding;
  }
  return std::nullopt;
}

}  // namespace tutti::room
