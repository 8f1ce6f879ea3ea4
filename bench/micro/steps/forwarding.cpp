#include <array>

#include "micro/steps/steps.hpp"
#include "peer/egress_stream.hpp"
#include "tutti/room/forwarder.hpp"

namespace tutti::bench {
namespace {

constexpr size_t kCount = 1'000;
constexpr PayloadType kType{96};

peer::CodecSpec codec_of(MediaKind kind) {
  peer::CodecSpec codec;
  codec.codec = kind == MediaKind::kVideo ? Codec::kVp8 : Codec::kOpus;
  codec.payload_type = kType;
  codec.clock_rate_hz = kind == MediaKind::kVideo ? 90'000 : 48'000;
  return codec;
}

peer::MediaPacket packet_of(MediaKind kind) {
  peer::MediaPacket packet;
  packet.codec = codec_of(kind).codec;
  packet.keyframe = true;
  packet.payload_size = kind == MediaKind::kVideo ? 1070 : 100;
  if (kind == MediaKind::kAudio) {
    packet.audio_level = rtp::AudioLevel{30, true};
  } else {
    packet.vp8.start_of_partition = true;
    packet.vp8.picture_id = 1;
    packet.vp8.tl0_pic_idx = 1;
    packet.vp8.temporal_id = 0;
    packet.vp8.size = 6;
    packet.temporal_id = 0;
  }
  return packet;
}

void measure_projection(Steps& steps, MediaKind kind) {
  room::Forwarder forwarder(kind, codec_of(kind).clock_rate_hz, SeqNum(100), RtpTimestamp(200));
  const room::Forwarder::Source source{1, 0};
  forwarder.set_target(source, kType);
  peer::MediaPacket packet = packet_of(kind);
  Timestamp now = Timestamp::from_ms(1'000);
  // Frames of six, as the benchmarks of forwarding have them.
  const uint32_t frame = kind == MediaKind::kVideo ? 6 : 1;
  const uint32_t ticks = kind == MediaKind::kVideo ? 3'000 : 960;
  uint32_t in_frame = 0;
  steps.measure("room", std::string("Forwarder::project, ") + (kind == MediaKind::kVideo ? "VP8" : "Opus"), kCount,
                [&] {
                  for (size_t i = 0; i < kCount; ++i) {
                    keep(forwarder.project(now, packet, source, nullptr));
                    packet.sequence = packet.sequence + 1;
                    if (++in_frame % frame != 0) continue;
                    now = now + TimeDelta::micros(frame == 1 ? 20'000 : 33'333);
                    packet.arrival = now;
                    packet.timestamp = packet.timestamp + ticks;
                    packet.keyframe = kind == MediaKind::kAudio;
                    packet.vp8.picture_id = static_cast<uint16_t>((packet.vp8.picture_id.value_or(0) + 1) & 0x7FFF);
                  }
                });
}

void measure_header(Steps& steps, MediaKind kind, bool browser) {
  peer::ReceiveSpec spec;
  spec.kind = kind;
  spec.codecs = {codec_of(kind)};
  spec.ssrc = Ssrc(5001);
  if (browser) {
    spec.mid = *Mid::make("0");
    spec.extensions.set(rtp::Extension::kMid, 1);
    spec.extensions.set(rtp::Extension::kAbsSendTime, 2);
    spec.extensions.set(rtp::Extension::kTransportSequenceNumber, 3);
  }
  if (kind == MediaKind::kAudio) spec.extensions.set(rtp::Extension::kAudioLevel, 4);
  peer::EgressStream stream(spec);
  const peer::MediaPacket packet = packet_of(kind);
  peer::Rewrite rewrite;
  rewrite.payload_type = kType;
  rewrite.patch = kind == MediaKind::kVideo ? peer::Patch::kVp8 : peer::Patch::kNone;
  std::array<uint8_t, kMaxDatagram> out{};
  uint16_t number = 0;
  const std::string who = browser ? "to a browser" : "to a keyed participant";
  steps.measure("peer", std::string("header write, ") + (kind == MediaKind::kVideo ? "VP8 " : "Opus ") + who, kCount,
                [&] {
                  for (size_t i = 0; i < kCount; ++i) {
                    rewrite.sequence = SeqNum(++number);
                    const auto transport = browser ? std::optional(SeqNum(number)) : std::nullopt;
                    keep(stream.write(Timestamp::from_ms(number), &packet, rewrite, false, transport, out));
                  }
                });
}

}  // namespace

void measure_forwarding(Steps& steps) {
  for (const MediaKind kind : {MediaKind::kVideo, MediaKind::kAudio}) measure_projection(steps, kind);
  for (const MediaKind kind : {MediaKind::kVideo, MediaKind::kAudio}) {
    for (const bool browser : {false, true}) measure_header(steps, kind, browser);
  }
}

}  // namespace tutti::bench
