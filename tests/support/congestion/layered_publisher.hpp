// LayeredPublisher: a participant with several VP8 cameras, each in three layers of realistic rates with three temporal
// layers, whose frames vary in size and whose keyframes are larger. Answers PLI with a keyframe and NACK with RTX.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "support/keyed_join.hpp"
#include "support/plain_wire.hpp"
#include "support/world.hpp"
#include "tutti/base/random.hpp"
#include "tutti/wire/payload/vp8.hpp"
#include "tutti/wire/rtcp/nack.hpp"
#include "tutti/wire/rtcp/pli.hpp"
#include "tutti/wire/rtcp/sender_report.hpp"
#include "tutti/wire/rtp/extensions.hpp"

namespace tutti::test {

class LayeredPublisher final : public World::Client {
 public:
  static constexpr TimeDelta kFrameInterval = TimeDelta::micros(33'333);
  static constexpr size_t kMaxPayload = 1100;
  static constexpr size_t kKept = 512;  // packets of each layer, for RTX
  struct Options {
    size_t tracks = 1;
    std::array<DataRate, 3> rates = {DataRate::kbps(150), DataRate::kbps(500), DataRate::kbps(1500)};
    uint64_t seed = 1;
    double uplink_loss = 0;
    bool talks = false;  // a microphone too, in which somebody speaks
  };

  // Joins at once. Its tracks are "cam0", "cam1", ...; layers q, h and f of 180, 360 and 720 lines.
  LayeredPublisher(World& world, const std::string& id, Options options)
      : world_(world),
        options_(options),
        random_(options.seed),
        uplink_loss_(options.seed + 1),
        address_(world.make_address()),
        next_report_(world.now()) {
    room::KeyedJoin join;
    join.remote = address_;
    for (size_t t = 0; t < options.tracks; ++t) {
      // Cameras are not in step.
      tracks_.push_back({world.now() + TimeDelta::micros(kFrameInterval.us() * static_cast<int64_t>(t) /
                                                         static_cast<int64_t>(options.tracks)),
                         {}});
      for (Layer& layer : tracks_.back().layers) {
        layer.sequence = static_cast<uint16_t>(random_.u32());
        layer.picture_id = static_cast<uint16_t>(random_.below(1 << 15));
        layer.timestamp_base = random_.u32();
        layer.sent.resize(kKept);
      }
      join.publish.push_back(spec(t));
    }
    if (options.talks) {
      join.publish.push_back(microphone());
      next_voice_ = world.now();
    }
    world.attach(*this, address_);
    const auto uplink = [this](Timestamp now, size_t) {
      return uplink_loss_.unit() < options_.uplink_loss ? std::nullopt : std::optional(now + kDelay);
    };
    world.route(
        address_, [](Timestamp now, size_t) { return std::optional(now + kDelay); }, uplink);
    join_plain(world, id, std::move(join));
  }
  ~LayeredPublisher() override { world_.detach(*this); }
  static std::string track_name(size_t track) { return "cam" + std::to_string(track); }

  Timestamp next_deadline() const override {
    Timestamp next = std::min(next_report_, next_voice_);
    for (const Track& t : tracks_) next = std::min(next, t.next_frame);
    return next;
  }
  void handle_deadline(Timestamp now) override {
    for (size_t t = 0; t < tracks_.size(); ++t) {
      if (tracks_[t].next_frame > now) continue;
      tracks_[t].next_frame = tracks_[t].next_frame + kFrameInterval;
      for (size_t l = 0; l < 3; ++l) {
        if (!holds_back[l]) send_frame(now, t, l);
      }
    }
    if (next_voice_ <= now) send_voice();
    if (next_report_ > now) return;
    next_report_ = next_report_ + TimeDelta::seconds(1);
    for (size_t t = 0; t < tracks_.size(); ++t) {
      for (size_t l = 0; l < 3; ++l)
        world_.send(address_, plain_rtcp(rtcp::SenderReport{
                                  ssrc(t, l), world_.ntp().at(now), timestamp(now, tracks_[t].layers[l]), 1, 1, {}}));
    }
  }
  void receive(Timestamp now, std::vector<uint8_t> datagram) override {
    if (!rtp::is_rtcp(datagram)) return;
    each_rtcp(datagram, [&](const rtcp::PacketView& packet) {
      if (packet.type == rtcp::kTypeRtpFeedback && packet.format == rtcp::kFormatNack) {
        const auto nack = rtcp::Nack::parse(packet.body);
        for (const SeqNum s : nack->lost) resend(nack->media, s);
      } else if (packet.type == rtcp::kTypePayloadFeedback && packet.format == rtcp::kFormatPli) {
        if (Layer* layer = find(rtcp::Pli::parse(packet.body)->media)) ask_keyframe(now, *layer);
      }
    });
  }
  uint64_t keyframes() const { return keyframes_; }
  // Of one layer of the first track.
  uint64_t keyframes(size_t layer) const { return tracks_[0].layers[layer].keyframes; }
  // Layers that are not sent for the time being.
  std::array<bool, 3> holds_back = {};

 private:
  static constexpr TimeDelta kDelay = TimeDelta::millis(5);
  static constexpr Ssrc kVoice{900};
  struct Sent {
    uint16_t sequence = 0;
    RtpTimestamp timestamp;
    bool marker = false;
    std::vector<uint8_t> body;
  };
  struct Layer {
    uint16_t sequence = 0, rtx_sequence = 0, picture_id = 0;
    uint8_t tl0 = 0;
    size_t phase = 0;
    uint32_t timestamp_base = 0;
    bool keyframe_wanted = true;
    Timestamp keyframe_at = Timestamp::long_ago();
    uint64_t keyframes = 0;
    std::vector<Sent> sent;  // by number, modulo
  };
  struct Track {
    Timestamp next_frame;
    std::array<Layer, 3> layers;
  };

  static Ssrc ssrc(size_t track, size_t layer) { return Ssrc(static_cast<uint32_t>(1000 + 10 * track + layer)); }
  static Ssrc rtx_ssrc(size_t track, size_t layer) { return Ssrc(ssrc(track, layer).value() + 5); }
  Layer* find(Ssrc media) {
    const size_t i = media.value() - 1000, track = i / 10, layer = i % 10;
    return track < tracks_.size() && layer < 3 ? &tracks_[track].layers[layer] : nullptr;
  }
  static peer::PublishSpec spec(size_t track) {
    peer::PublishSpec s;
    s.name = track_name(track);
    s.kind = MediaKind::kVideo;
    s.codec.codec = Codec::kVp8;
    s.codec.payload_type = PayloadType(96);
    s.codec.rtx_payload_type = PayloadType(97);
    s.codec.clock_rate_hz = 90'000;
    s.codec.nack = s.codec.pli = true;
    static constexpr std::array<const char*, 3> kRids = {"q", "h", "f"};
    for (size_t l = 0; l < 3; ++l) s.layers.push_back({*Rid::make(kRids[l]), ssrc(track, l), rtx_ssrc(track, l)});
    return s;
  }
  static peer::PublishSpec microphone() {
    peer::PublishSpec s;
    s.name = "mic";
    s.codec.payload_type = PayloadType(111);
    s.codec.clock_rate_hz = 48'000;
    s.codec.channels = 2;
    s.layers.push_back({{}, kVoice, std::nullopt});
    s.extensions.set(rtp::Extension::kAudioLevel, 1);
    return s;
  }
  void send_voice() {
    next_voice_ = next_voice_ + TimeDelta::millis(20);
    const auto n = voice_sequence_++;
    rtp::ExtensionWriter extensions;
    const uint8_t loud = 0x80 | 20;  // RFC 6464: voice, -20 dBov
    extensions.add(1, {&loud, 1});
    const rtp::HeaderFields header{false, PayloadType(111), SeqNum(n), RtpTimestamp(960u * n), kVoice};
    world_.send(address_, plain_rtp(header, {}, std::vector<uint8_t>(80, 0x78), extensions.finish()));
  }
  static RtpTimestamp timestamp(Timestamp now, const Layer& layer) {
    return RtpTimestamp(layer.timestamp_base + static_cast<uint32_t>(now.us() * 9 / 100));
  }
  // As an encoder has it: no two within 300 ms.
  static void ask_keyframe(Timestamp now, Layer& layer) {
    if (now - layer.keyframe_at > TimeDelta::millis(300)) layer.keyframe_wanted = true;
  }

  void send_frame(Timestamp now, size_t t, size_t l) {
    static constexpr std::array<uint8_t, 4> kTemporal = {0, 2, 1, 2};
    // Of the mean: what more refers to is worth more bits.
    static constexpr std::array<double, 3> kShare = {1.6, 1.1, 0.65};
    Layer& layer = tracks_[t].layers[l];
    const bool keyframe = std::exchange(layer.keyframe_wanted, false);
    if (keyframe) {
      layer.phase = 0;
      layer.keyframe_at = now;
      ++keyframes_;
      ++layer.keyframes;
    }
    payload::Vp8Descriptor d;
    const uint8_t tid = kTemporal[layer.phase];
    d.picture_id = layer.picture_id = static_cast<uint16_t>((layer.picture_id + 1) & 0x7FFF);
    if (tid == 0) ++layer.tl0;
    d.tl0_pic_idx = layer.tl0;
    d.temporal_id = tid;
    d.layer_sync = tid > 0 && layer.phase <= 2;
    layer.phase = (layer.phase + 1) % 4;

    const double share = keyframe ? 5 : kShare[tid] * (0.8 + 0.4 * random_.unit());
    auto left = static_cast<size_t>(share * static_cast<double>((options_.rates[l] * kFrameInterval).bytes()));
    // Packets of a frame are of one size, as libwebrtc's packetiser makes them.
    const size_t packets = std::max<size_t>(1, (left + kMaxPayload - 1) / kMaxPayload),
                 each = std::max<size_t>(16, left / packets);
    for (size_t i = 0; i < packets; ++i) {
      d.start_of_partition = i == 0;
      std::vector<uint8_t> body(payload::Vp8Descriptor::kMaxSize + each);
      body.resize(d.write(body) + each);
      uint8_t* frame = body.data() + body.size() - each;
      if (i == 0) write_frame_header(frame, keyframe, l);
      send_packet(t, l, {layer.sequence++, timestamp(now, layer), i + 1 == packets, std::move(body)});
    }
  }
  // RFC 6386 §9.1.
  static void write_frame_header(uint8_t* frame, bool keyframe, size_t layer) {
    frame[0] = keyframe ? 0 : 1;
    if (!keyframe) return;
    const auto width = static_cast<uint16_t>(320u << layer), height = static_cast<uint16_t>(180u << layer);
    const std::array<uint8_t, 7> start = {0x9D,
                                          0x01,
                                          0x2A,
                                          static_cast<uint8_t>(width),
                                          static_cast<uint8_t>(width >> 8),
                                          static_cast<uint8_t>(height),
                                          static_cast<uint8_t>(height >> 8)};
    std::copy(start.begin(), start.end(), frame + 3);
  }
  void send_packet(size_t t, size_t l, Sent packet) {
    world_.send(address_,
                plain_rtp({packet.marker, PayloadType(96), SeqNum(packet.sequence), packet.timestamp, ssrc(t, l)}, {},
                          packet.body));
    Layer& layer = tracks_[t].layers[l];
    layer.sent[packet.sequence % kKept] = std::move(packet);
  }
  void resend(Ssrc media, SeqNum number) {
    Layer* layer = find(media);
    if (!layer) return;
    const Sent& p = layer->sent[number.value() % kKept];
    if (p.sequence != number.value() || p.body.empty()) return;
    const std::array<uint8_t, 2> original = {static_cast<uint8_t>(p.sequence >> 8), static_cast<uint8_t>(p.sequence)};
    world_.send(address_, plain_rtp({p.marker, PayloadType(97), SeqNum(layer->rtx_sequence++), p.timestamp,
                                     Ssrc(media.value() + 5)},
                                    original, p.body));
  }

  World& world_;
  Options options_;
  SeededRandom random_, uplink_loss_;
  Endpoint address_;
  std::vector<Track> tracks_;
  Timestamp next_report_;
  Timestamp next_voice_ = Timestamp::never();
  uint16_t voice_sequence_ = 0;
  uint64_t keyframes_ = 0;
};

}  // namespace tutti::test
