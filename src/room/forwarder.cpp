#include "tutti/room/forwarder.hpp"

#include <algorithm>

namespace tutti::room {
namespace {

// A source that was switched to may claim any capture time; beyond this from what arrival says it is not believed.
constexpr TimeDelta kBelievable = TimeDelta::seconds(2);
constexpr uint16_t kPictureIdMask = 0x7FFF;

}  // namespace

Forwarder::Forwarder(MediaKind kind, uint32_t clock_rate_hz, SeqNum first_sequence, RtpTimestamp first_timestamp)
    : kind_(kind),
      clock_rate_hz_(clock_rate_hz),
      highest_out_((first_sequence.value() & 0x7FFF) - 1),
      last_timestamp_out_(first_timestamp) {
  history_.resize(kind == MediaKind::kVideo ? kVideoHistory : kAudioHistory);
}

void Forwarder::set_target(Source target, PayloadType payload_type) {
  // Another track never lends its last picture to this one.
  if (current_.track != target.track) current_ = {};
  target_ = target;
  target_payload_type_ = payload_type;
}

void Forwarder::clear_target() { current_ = target_ = {}; }

std::variant<peer::Rewrite, DropReason> Forwarder::project(Timestamp now, const peer::MediaPacket& packet, Source from,
                                                           const CaptureClock* clock) {
  const bool new_epoch = from == current_ && packet.epoch != epoch_;
  if (from == target_ && (current_ != target_ || new_epoch)) {
    if (!packet.keyframe || packet.payload_size == 0) return DropReason::kAwaitingKeyframe;
    switch_to(now, packet, from, clock);
  } else if (from != current_) {
    return DropReason::kLayerNotSelected;
  } else if (new_epoch) {
    return DropReason::kAwaitingKeyframe;
  }

  const bool newest = packet.sequence >= highest_in_;
  if (newest && packet.sequence - highest_in_ > 0) highest_in_ = packet.sequence;
  const Offset* offset = offset_at(packet.sequence);
  if (!offset) return DropReason::kOldPacket;

  // Dropping on purpose is only possible at the front: behind it the numbers are given. A latecomer of a dropped frame fills
  // its hole with padding, or the receiver would ask for it for ever.
  const bool above = is_above_temporal_limit(packet);
  const bool unwanted = packet.payload_size == 0 || above;
  if (unwanted && newest) {
    const bool begins = above && dropping_frame_ != packet.timestamp;
    dropping_frame_ = packet.timestamp;
    return drop_on_purpose(packet, above ? DropReason::kTemporalLayer : DropReason::kRtpPadding, begins);
  }

  peer::Rewrite rewrite;
  const ExtSeqNum out(packet.sequence.value() + offset->sequence);
  rewrite.sequence = to_wire(out);
  rewrite.timestamp = packet.timestamp + timestamp_offset_;
  rewrite.payload_type = payload_type_;
  rewrite.marker = packet.marker;
  rewrite.padding_only = unwanted;
  if (!unwanted && packet.codec == peer::Codec::kVp8 && packet.vp8.picture_id) {
    rewrite.patch_vp8 = true;
    rewrite.picture_id = static_cast<uint16_t>((*packet.vp8.picture_id + offset->picture_id) & kPictureIdMask);
    if (packet.vp8.tl0_pic_idx) rewrite.tl0_pic_idx = static_cast<uint8_t>(*packet.vp8.tl0_pic_idx + tl0_offset_);
  }
  if (newest) {
    highest_out_ = std::max(highest_out_, out);
    if (is_newer(rewrite.timestamp, last_timestamp_out_)) {
      last_timestamp_out_ = rewrite.timestamp;
      last_out_captured_ = clock != nullptr;
      last_out_at_ = clock ? clock->at(packet.timestamp) : packet.arrival;
      last_arrival_ = packet.arrival;
    }
    if (rewrite.patch_vp8) {
      last_picture_id_out_ = rewrite.picture_id;
      if (packet.vp8.tl0_pic_idx) last_tl0_out_ = rewrite.tl0_pic_idx;
    }
  }
  remember(packet, rewrite, out);
  return rewrite;
}

void Forwarder::switch_to(Timestamp now, const peer::MediaPacket& packet, Source from, const CaptureClock* clock) {
  current_ = from;
  epoch_ = packet.epoch;
  payload_type_ = target_payload_type_;
  ++switches_;
  first_in_ = highest_in_ = packet.sequence;
  dropping_frame_.reset();
  forwarding_frame_.reset();
  reached_temporal_ = kAllTemporal;

  offset_count_ = 0;
  int picture_offset = 0;
  if (packet.codec == peer::Codec::kVp8) {
    if (packet.vp8.picture_id && last_picture_id_out_) picture_offset = *last_picture_id_out_ + 1 - *packet.vp8.picture_id;
    tl0_offset_ = packet.vp8.tl0_pic_idx && last_tl0_out_ ? *last_tl0_out_ + 1 - *packet.vp8.tl0_pic_idx : 0;
  }
  push_offset(packet.sequence, highest_out_.value() + 1 - packet.sequence.value(), picture_offset);

  if (!started_) {
    started_ = true;
    timestamp_offset_ = last_timestamp_out_.value() - packet.timestamp.value();
    last_out_at_ = clock ? clock->at(packet.timestamp) : packet.arrival;
    last_out_captured_ = clock != nullptr;
    last_arrival_ = packet.arrival;
    return;
  }
  // How much time lies between the last frame sent and this one: by capture time where both senders have reported, else by
  // arrival. At least one tick, so that the receiver never sees time step back.
  const TimeDelta by_arrival = packet.arrival - last_arrival_;
  TimeDelta elapsed = by_arrival;
  if (clock && last_out_captured_) {
    const TimeDelta by_capture = clock->at(packet.timestamp) - last_out_at_;
    const TimeDelta apart = by_capture < by_arrival ? by_arrival - by_capture : by_capture - by_arrival;
    if (apart < kBelievable) elapsed = by_capture;
  }
  const int64_t ticks = std::max<int64_t>(1, elapsed.us() * static_cast<int64_t>(clock_rate_hz_) / 1'000'000);
  timestamp_offset_ = last_timestamp_out_.value() + static_cast<uint32_t>(ticks) - packet.timestamp.value();
  (void)now;
}

// A frame is forwarded whole or not at all, so what its first packet met holds for the rest. After frames were dropped, a
// higher VP8 layer may come back only with a frame that depends on layer 0 alone (RFC 7741 §4.2, Y).
bool Forwarder::is_above_temporal_limit(const peer::MediaPacket& packet) {
  if (!packet.temporal_id) return false;
  if (dropping_frame_ == packet.timestamp) return true;
  if (forwarding_frame_ == packet.timestamp) return false;
  const uint8_t id = *packet.temporal_id;
  if (max_temporal_ && id > *max_temporal_) {
    reached_temporal_ = std::min(reached_temporal_, *max_temporal_);
    return true;
  }
  if (id > reached_temporal_) {
    if (packet.codec == peer::Codec::kVp8 && !packet.vp8.layer_sync) return true;
    reached_temporal_ = id;
  }
  forwarding_frame_ = packet.timestamp;
  return false;
}

const Forwarder::Offset* Forwarder::offset_at(ExtSeqNum sequence) const {
  // What precedes the switch belongs to frames that the receiver was not meant to see.
  if (sequence < first_in_) return nullptr;
  const size_t kept = std::min(offset_count_, kOffsets);
  for (size_t i = 0; i < kept; ++i) {
    const Offset& o = offsets_[(offset_count_ - 1 - i) % kOffsets];
    if (o.from <= sequence) return &o;
  }
  return nullptr;
}

void Forwarder::push_offset(ExtSeqNum from, int64_t sequence, int picture_id) {
  offsets_[offset_count_ % kOffsets] = {from, sequence, picture_id};
  ++offset_count_;
}

DropReason Forwarder::drop_on_purpose(const peer::MediaPacket& packet, DropReason reason, bool counts_picture) {
  // A run of drops moves the same entry, so that a long frame costs one.
  Offset& last = offsets_[(offset_count_ - 1) % kOffsets];
  const int64_t sequence = last.sequence - 1;
  const int picture = last.picture_id - (counts_picture ? 1 : 0);
  if (last.from == packet.sequence && offset_count_ > 1) {
    last = {packet.sequence + 1, sequence, picture};
  } else {
    push_offset(packet.sequence + 1, sequence, picture);
  }
  return reason;
}

void Forwarder::remember(const peer::MediaPacket& packet, const peer::Rewrite& rewrite, ExtSeqNum out) {
  history_[static_cast<size_t>(out.value()) & (history_.size() - 1)] = {out.value(), current_, epoch_, packet.sequence, rewrite};
}

std::optional<Forwarder::Sent> Forwarder::find_sent(SeqNum sequence) const {
  // The newest number sent that ends in these 16 bits.
  const auto behind = static_cast<uint16_t>(to_wire(highest_out_).value() - sequence.value());
  const int64_t out = highest_out_.value() - behind;
  const Entry& e = history_[static_cast<size_t>(out) & (history_.size() - 1)];
  if (e.out != out) return std::nullopt;
  return Sent{e.source, e.epoch, e.in, e.rewrite};
}

}  // namespace tutti::room
