#include "peer/ingress_layer.hpp"

#include <algorithm>

#include "tutti/wire/payload/av1.hpp"
#include "tutti/wire/payload/h264.hpp"
#include "tutti/wire/payload/opus.hpp"
#include "tutti/wire/payload/vp9.hpp"

namespace tutti::peer {

void IngressLayer::bind(Ssrc ssrc, const CodecSpec& codec) {
  if (ssrc_ == ssrc) return;
  if (ssrc_) {
    ++epoch_;
    unwrapper_ = {};
    first_.reset();
    duplicates_ = {};
    nacks_ = {};
    layers_ = {};
  }
  ssrc_ = ssrc;
  statistics_.emplace(ssrc, codec.clock_rate_hz);
}

std::optional<DropReason> IngressLayer::accept(Timestamp now, const PublishSpec& spec, const rtp::Packet& packet,
                                               SeqNum sequence, std::span<const uint8_t> payload, bool recovered,
                                               MediaPacket& out) {
  const ExtSeqNum ext = unwrapper_.unwrap(sequence);
  if (!duplicates_.insert(ext)) return DropReason::kRtpDuplicate;
  if (!first_) first_ = ext;
  statistics_->on_packet(now, ext, packet.timestamp, payload.size(), recovered);
  round_trip_.reset();
  if (spec.codec.nack) {
    const auto answered_in = nacks_.on_packet(now, ext);
    // An original that was merely late answers no question.
    if (recovered) round_trip_ = answered_in;
  }

  out.arrival = now;
  out.track = track_;
  out.layer = layer_;
  out.epoch = epoch_;
  out.codec = spec.codec.codec;
  out.marker = packet.marker;
  out.recovered = recovered;
  out.sequence = ext;
  out.timestamp = packet.timestamp;

  // The packet's extensions that go on to receivers, then its payload, packed at the front of the buffer.
  auto extension = [&](rtp::Extension e) -> std::optional<std::span<const uint8_t>> {
    const uint8_t id = spec.extensions.get(e);
    return id == 0 ? std::nullopt : rtp::find_extension(packet.extension_profile, packet.extensions, id);
  };
  out.contributor_count = 0;
  out.audio_level.reset();
  out.video_orientation.reset();
  out.playout_delay.reset();
  out.dependency_descriptor_size = 0;
  if (spec.kind == MediaKind::kAudio) {
    if (auto data = extension(rtp::Extension::kAudioLevel)) out.audio_level = rtp::parse_audio_level(*data);
  } else {
    if (auto data = extension(rtp::Extension::kVideoOrientation); data && data->size() == 1)
      out.video_orientation = (*data)[0];
    if (auto data = extension(rtp::Extension::kPlayoutDelay); data && data->size() == 3)
      out.playout_delay = std::array<uint8_t, 3>{(*data)[0], (*data)[1], (*data)[2]};
    if (auto data = extension(rtp::Extension::kDependencyDescriptor)) {
      std::copy(data->begin(), data->end(), out.bytes.begin());
      out.dependency_descriptor_offset = 0;
      out.dependency_descriptor_size = static_cast<uint16_t>(data->size());
    }
  }
  out.payload_offset = out.dependency_descriptor_size;
  out.payload_size = static_cast<uint16_t>(payload.size());
  std::copy(payload.begin(), payload.end(), out.bytes.begin() + out.payload_offset);

  read_descriptor(spec, payload, out);
  if (out.keyframe && spec.kind == MediaKind::kVideo) keyframes_.on_keyframe(now);
  return std::nullopt;
}

void IngressLayer::read_descriptor(const PublishSpec& spec, std::span<const uint8_t> payload, MediaPacket& out) {
  out.keyframe = spec.kind == MediaKind::kAudio;
  out.speech_like = false;
  out.temporal_id.reset();
  out.spatial_id = 0;
  out.dimensions.reset();
  out.frame.described = out.frame.has_structure = false;
  out.spatial_sizes.count = 0;
  // Padding has no descriptor; a payload whose descriptor is broken is handed on as it is, never as a keyframe.
  if (payload.empty()) return;
  switch (spec.codec.codec) {
    case Codec::kOpus:
      out.speech_like = !payload::is_opus_dtx(payload);
      return;
    case Codec::kPcmu:
    case Codec::kPcma:
    case Codec::kG722:
      out.speech_like = true;
      return;
    case Codec::kVp8:
      out.vp8 = {};
      if (auto d = payload::Vp8Descriptor::parse(payload)) {
        out.vp8 = *d;
        out.keyframe = d->keyframe;
        out.temporal_id = d->temporal_id;
        out.dimensions = d->dimensions;
        // Chromium leaves all but the first byte out of the payload where it sends the header extension. One of the two
        // goes on to receivers, so that they need not be kept in step.
        if (d->picture_id) out.dependency_descriptor_size = 0;
      }
      layers_.read_dependency_descriptor(out);
      return;
    case Codec::kVp9:
      // All that it says stands in the payload, too.
      out.dependency_descriptor_size = 0;
      out.vp9 = {};
      if (auto d = payload::Vp9Descriptor::parse(payload)) {
        out.keyframe = d->keyframe();
        if (d->has_layers) out.temporal_id = d->temporal_id;
        out.spatial_id = d->spatial_id;
        out.dimensions = d->dimensions();
        layers_.read(*d, out);
      }
      return;
    case Codec::kH264:
      if (auto p = payload::H264Payload::parse(payload)) {
        out.keyframe = p->keyframe();
        out.dimensions = p->dimensions;
      }
      layers_.read_dependency_descriptor(out);
      return;
    case Codec::kAv1:
      if (auto h = payload::Av1AggregationHeader::parse(payload)) out.keyframe = h->keyframe();
      layers_.read_dependency_descriptor(out);
      return;
  }
}

}  // namespace tutti::peer
