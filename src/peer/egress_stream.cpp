#include "peer/egress_stream.hpp"

#include "tutti/base/byte_writer.hpp"
#include "tutti/base/crypto.hpp"
#include "tutti/wire/payload/dependency_descriptor.hpp"
#include "tutti/wire/rtp/header.hpp"

namespace tutti::peer {
namespace {

// The longest element of the two-byte form.
constexpr size_t kMaxDescriptor = 255;
// No cache of a track keeps a packet longer (rtpstream::PacketCache).
constexpr TimeDelta kUnsentKept = TimeDelta::seconds(2);

// 6.18 fixed-point seconds. draft-alvestrand-rmcat-remb, abs-send-time.
std::array<uint8_t, 3> abs_send_time(Timestamp now) {
  const uint64_t us = static_cast<uint64_t>(now.us()) % 64'000'000;
  const auto v = static_cast<uint32_t>((us << 18) / 1'000'000);
  return {static_cast<uint8_t>(v >> 16), static_cast<uint8_t>(v >> 8), static_cast<uint8_t>(v)};
}

// The packet's dependency descriptor as this receiver is to have it, in `out` where it differs.
std::span<const uint8_t> write_descriptor(const MediaPacket& packet, const Rewrite& rewrite, std::span<uint8_t> out) {
  const auto original = packet.dependency_descriptor();
  if (rewrite.patch != Patch::kDependencyDescriptor) return original;
  const auto frame_number = static_cast<uint16_t>(packet.frame.number + rewrite.picture_id);
  size_t size = payload::rewrite_dependency_descriptor(original, frame_number, rewrite.active_targets,
                                                       packet.frame.target_count, out);
  // An element of 255 bytes has no room for a mask of ours. That the receiver takes more for coming than does is a
  // lesser evil than a packet that belongs to no frame.
  if (size == 0)
    size = payload::rewrite_dependency_descriptor(original, frame_number, 0, packet.frame.target_count, out);
  return out.first(size);
}

}  // namespace

EgressStream::EgressStream(ReceiveSpec spec) : spec_(std::move(spec)) { agree(); }

void EgressStream::update(Timestamp now, const ReceiveSpec& spec) {
  ReceiveSpec before = std::exchange(spec_, spec);
  before.active = spec.active;
  if (before == spec) return;
  updated_at_ = now;
  if (before.fec_ssrc != spec.fec_ssrc) fec_.reset();
  agree();
}

void EgressStream::agree() {
  two_byte_extensions_ = spec_.extensions.need_two_bytes();
  const auto codec = std::find_if(spec_.codecs.begin(), spec_.codecs.end(),
                                  [](const CodecSpec& c) { return c.red_payload_type.has_value(); });
  if (codec == spec_.codecs.end()) {
    red_.reset();
  } else if (red_) {
    red_->set_types(codec->payload_type, *codec->red_payload_type);
  } else {
    red_ = std::make_unique<RedWriter>(codec->payload_type, *codec->red_payload_type);
  }
  if (!spec_.fec_ssrc || !spec_.fec_payload_type) {
    fec_.reset();
  } else if (fec_) {
    fec_->update(spec_);
  } else {
    fec_ = std::make_unique<FecSender>(spec_);
  }
  if (!red_ && !fec_) {
    numbers_.reset();
  } else if (!numbers_) {
    numbers_ = std::make_unique<SentNumbers>();
  }
}

void EgressStream::on_loss(Timestamp now, double share, TimeDelta round_trip) {
  if (red_) red_->on_loss(now, share);
  if (fec_) fec_->on_loss(now, share, round_trip);
}

std::optional<PayloadType> EgressStream::rtx_type(PayloadType type) const {
  if (!spec_.rtx_ssrc) return std::nullopt;
  for (const CodecSpec& c : spec_.codecs) {
    if (c.payload_type == type) return c.rtx_payload_type;
  }
  return std::nullopt;
}

EgressStream::Wire EgressStream::write(Timestamp now, const MediaPacket* packet, const Rewrite& rewrite, bool as_rtx,
                                       std::optional<SeqNum> transport_sequence, std::span<uint8_t> out) {
  // Padding that is asked for again has no packet behind it any more, and must be the same to the last extension:
  // AES-GCM never sees two texts under one nonce, nor two headers.
  if (rewrite.padding_only) packet = nullptr;
  const rtp::ExtensionIds& ids = spec_.extensions;
  std::array<uint8_t, kMaxDescriptor> rewritten;
  const std::span<const uint8_t> descriptor = packet ? write_descriptor(*packet, rewrite, rewritten) : std::span<const uint8_t>();
  // The two-byte form only where an id or the descriptor of AV1 needs it; every receiver of those takes both forms.
  rtp::ExtensionWriter extensions(two_byte_extensions_ ||
                                  (descriptor.size() > 16 && ids.has(rtp::Extension::kDependencyDescriptor)));
  auto add = [&](rtp::Extension e, std::span<const uint8_t> data) {
    if (ids.has(e) && !data.empty()) extensions.add(ids.get(e), data);
  };
  add_common_extensions(now, transport_sequence, extensions);
  if (packet) {
    if (packet->audio_level) {
      const auto b = static_cast<uint8_t>((packet->audio_level->voice ? 0x80 : 0) | packet->audio_level->level);
      add(rtp::Extension::kAudioLevel, std::span(&b, 1));
    }
    add(rtp::Extension::kCsrcAudioLevel, std::span(packet->contributor_levels).first(packet->contributor_count));
    if (packet->video_orientation) add(rtp::Extension::kVideoOrientation, std::span(&*packet->video_orientation, 1));
    if (packet->playout_delay) add(rtp::Extension::kPlayoutDelay, *packet->playout_delay);
    add(rtp::Extension::kDependencyDescriptor, descriptor);
  }

  rtp::HeaderFields header{rewrite.marker, rewrite.payload_type, rewrite.sequence, rewrite.timestamp, spec_.ssrc,
                           packet ? packet->csrcs() : std::span<const Ssrc>()};
  Wire wire;
  ByteWriter prefix(wire.prefix);
  if (as_rtx) {
    prefix.u16(rewrite.sequence.value());
    header.payload_type = *rtx_type(rewrite.payload_type);
    header.sequence = SeqNum(rtx_sequence_++);
    header.ssrc = *spec_.rtx_ssrc;
  }
  wire.prefix_size = prefix.size();
  if (packet && rewrite.patch == Patch::kVp8) {
    payload::Vp8Descriptor d = packet->vp8;
    d.picture_id = rewrite.picture_id;
    if (d.tl0_pic_idx) d.tl0_pic_idx = rewrite.tl0_pic_idx;
    wire.prefix_size += d.write(std::span(wire.prefix).subspan(prefix.size()));
    wire.skip = packet->vp8.size;
  } else if (packet && rewrite.patch == Patch::kVp9) {
    const auto place = std::span(wire.prefix).subspan(prefix.size());
    wire.prefix_size += packet->vp9.write(packet->payload(), rewrite.picture_id, rewrite.tl0_pic_idx, place);
    wire.skip = packet->vp9.size;
  }
  wire.header_size = rtp::write_header(header, extensions.finish(), out);
  wire.ssrc = header.ssrc;
  wire.sequence = header.sequence;
  if (wire.header_size == 0) return wire;
  overhead_ = wire.header_size + kTagSize;
  // RFC 3550 §5.1: the padding bit; the one byte of padding is its own count.
  if (rewrite.padding_only) {
    out[0] |= 0x20;
    wire.prefix[wire.prefix_size++] = 1;
  }

  for (const CodecSpec& c : spec_.codecs) {
    if (c.payload_type == rewrite.payload_type) clock_rate_hz_ = c.clock_rate_hz;
  }
  if (!timing_at_) set_timing(now, rewrite.timestamp);
  return wire;
}

void EgressStream::add_common_extensions(Timestamp now, std::optional<SeqNum> transport_sequence, rtp::ExtensionWriter& extensions) const {
  const rtp::ExtensionIds& ids = spec_.extensions;
  if (ids.has(rtp::Extension::kMid) && !spec_.mid.view().empty()) extensions.add(ids.get(rtp::Extension::kMid), as_bytes(spec_.mid.view()));
  if (ids.has(rtp::Extension::kAbsSendTime)) extensions.add(ids.get(rtp::Extension::kAbsSendTime), abs_send_time(now));
  if (transport_sequence && wants_transport_sequence()) {
    const uint16_t v = transport_sequence->value();
    extensions.add(ids.get(rtp::Extension::kTransportSequenceNumber), std::array<uint8_t, 2>{static_cast<uint8_t>(v >> 8), static_cast<uint8_t>(v)});
  }
}

FecSender::Written EgressStream::write_fec(Timestamp now, std::optional<SeqNum> transport_sequence, std::span<uint8_t> out) {
  rtp::ExtensionWriter extensions(two_byte_extensions_);
  add_common_extensions(now, transport_sequence, extensions);
  return fec_->write(extensions.finish(), out);
}

bool EgressStream::can_pad() const {
  return spec_.rtx_ssrc && std::any_of(spec_.codecs.begin(), spec_.codecs.end(), [](const CodecSpec& c) { return c.rtx_payload_type.has_value(); });
}

EgressStream::Wire EgressStream::write_padding(Timestamp now, std::optional<SeqNum> transport_sequence, std::span<uint8_t> out) {
  const auto codec = std::find_if(spec_.codecs.begin(), spec_.codecs.end(), [](const CodecSpec& c) { return c.rtx_payload_type.has_value(); });
  rtp::ExtensionWriter extensions(two_byte_extensions_);
  add_common_extensions(now, transport_sequence, extensions);
  const rtp::HeaderFields header{false, *codec->rtx_payload_type, SeqNum(rtx_sequence_), rtp_at(now).value_or(RtpTimestamp()), *spec_.rtx_ssrc, {}};
  Wire wire;
  wire.header_size = rtp::write_header(header, extensions.finish(), out);
  wire.ssrc = header.ssrc;
  wire.sequence = header.sequence;
  if (wire.header_size == 0) return wire;
  out[0] |= 0x20;
  ++rtx_sequence_;
  return wire;
}

bool EgressStream::may_repeat(Timestamp now, SeqNum sequence, TimeDelta round_trip) {
  // Numbers come round again, on a fast stream within two minutes.
  if (now - unsent_at_ > kUnsentKept) unsent_.clear();
  for (const auto& [first, last] : unsent_) {
    if (!is_newer(first, sequence) && !is_newer(sequence, last)) return false;
  }
  if (repeats_.empty()) repeats_.resize(kRepeats);
  Repeat& last = repeats_[sequence.value() % kRepeats];
  if (last.sequence == sequence && now - last.at < round_trip) return false;
  last = {sequence, now};
  return true;
}

void EgressStream::set_unsent(Timestamp now, SeqNum first, SeqNum last) {
  unsent_at_ = now;
  if (!unsent_.empty() && unsent_.back().second + 1 == first) {
    unsent_.back().second = last;
    return;
  }
  if (unsent_.size() == kUnsentRanges) unsent_.erase(unsent_.begin());
  unsent_.emplace_back(first, last);
}

std::optional<RtpTimestamp> EgressStream::rtp_at(Timestamp now) const {
  if (!timing_at_ || clock_rate_hz_ == 0) return std::nullopt;
  const int64_t ticks = (now - *timing_at_).us() * static_cast<int64_t>(clock_rate_hz_) / 1'000'000;
  return RtpTimestamp(timing_rtp_.value() + static_cast<uint32_t>(ticks));
}

}  // namespace tutti::peer
