// SimPublisher: a keyed participant that publishes one VP8 track in three layers with temporal layers, answers NACK
// with RTX and PLI with a keyframe, and sends sender reports.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <string>

#include "support/keyed_join.hpp"
#include "support/secured_wire.hpp"
#include "support/world.hpp"
#include "tutti/wire/payload/vp8.hpp"
#include "tutti/wire/rtcp/nack.hpp"
#include "tutti/wire/rtcp/pli.hpp"
#include "tutti/wire/rtcp/sender_report.hpp"

namespace tutti::test {

class SimPublisher final : public World::Client {
 public:
  static constexpr TimeDelta kFrameInterval = TimeDelta::micros(33'333);
  static constexpr std::array<const char*, 3> kRids = {"q", "h", "f"};

  // Joins at once and publishes the track "cam" until it is destroyed.
  SimPublisher(World& world, const std::string& id)
      : world_(world), address_(world.make_address()), next_frame_(world.now()), next_report_(world.now()) {
    for (Layer& layer : layers_) {
      layer.sequence = static_cast<uint16_t>(world.random().u32());
      layer.picture_id = static_cast<uint16_t>(world.random().below(1 << 15));
      layer.timestamp_base = world.random().u32();
    }
    room::KeyedJoin keyed;
    keyed.remote = address_;
    keyed.publish = {spec()};
    session_ = join_keyed(world, id, std::move(keyed));
    world.attach(*this, address_);
  }
  ~SimPublisher() override { world_.detach(*this); }
  static Ssrc ssrc(size_t layer) { return Ssrc(1000 + static_cast<uint32_t>(layer)); }
  static Ssrc rtx_ssrc(size_t layer) { return Ssrc(2000 + static_cast<uint32_t>(layer)); }
  static peer::PublishSpec spec() {
    peer::PublishSpec s;
    s.name = "cam";
    s.kind = MediaKind::kVideo;
    s.codec.codec = Codec::kVp8;
    s.codec.payload_type = PayloadType(96);
    s.codec.rtx_payload_type = PayloadType(97);
    s.codec.clock_rate_hz = 90'000;
    s.codec.nack = s.codec.pli = true;
    for (size_t i = 0; i < 3; ++i) s.layers.push_back({*Rid::make(kRids[i]), ssrc(i), rtx_ssrc(i)});
    return s;
  }

  Timestamp next_deadline() const override { return std::min(next_frame_, next_report_); }
  void handle_deadline(Timestamp now) override {
    if (next_frame_ <= now) {
      send_frame(now);
      next_frame_ = next_frame_ + kFrameInterval;
    }
    if (next_report_ <= now) {
      send_reports(now);
      next_report_ = next_report_ + TimeDelta::seconds(1);
    }
  }
  void receive(Timestamp, std::vector<uint8_t> datagram) override {
    if (!rtp::is_rtcp(datagram)) return;
    open_rtcp(*session_, datagram, [&](const rtcp::PacketView& packet) {
      if (packet.type == rtcp::kTypeRtpFeedback && packet.format == rtcp::kFormatNack) {
        const auto nack = rtcp::Nack::parse(packet.body);
        for (SeqNum s : nack->lost) resend(nack->media, s);
      } else if (packet.type == rtcp::kTypePayloadFeedback && packet.format == rtcp::kFormatPli) {
        const size_t i = rtcp::Pli::parse(packet.body)->media.value() - 1000;
        if (i < layers_.size()) layers_[i].keyframe_wanted = true;
        ++keyframes_asked_;
      }
    });
  }
  uint64_t keyframes_asked() const { return keyframes_asked_; }
  uint64_t resent() const { return resent_; }

 private:
  struct Sent {
    std::vector<uint8_t> body;
    RtpTimestamp timestamp;
    bool marker = false;
  };
  struct Layer {
    uint16_t sequence = 0, rtx_sequence = 0, picture_id = 0;
    uint8_t tl0 = 0;
    size_t phase = 0;
    uint32_t timestamp_base = 0;
    bool keyframe_wanted = false;
    std::map<uint16_t, Sent> sent;
    std::deque<uint16_t> order;
  };

  // One frame of every layer: 150, 500 and 1500 kbit/s at 30 frames each second.
  void send_frame(Timestamp now) {
    static constexpr std::array<uint8_t, 4> kTemporal = {0, 2, 1, 2};
    static constexpr std::array<size_t, 3> kBytes = {600, 2050, 6200};
    for (size_t i = 0; i < layers_.size(); ++i) {
      Layer& layer = layers_[i];
      const bool keyframe = layer.keyframe_wanted || frame_ == 0;
      layer.keyframe_wanted = false;
      if (keyframe) layer.phase = 0;
      const uint8_t tid = kTemporal[layer.phase];
      payload::Vp8Descriptor d;
      d.picture_id = layer.picture_id = static_cast<uint16_t>((layer.picture_id + 1) & 0x7FFF);
      if (tid == 0) ++layer.tl0;
      d.tl0_pic_idx = layer.tl0;
      d.temporal_id = tid;
      // The first frame of a layer after a base frame depends on that alone.
      d.layer_sync = tid > 0 && layer.phase <= 2;
      layer.phase = (layer.phase + 1) % 4;
      size_t left = kBytes[i] * (keyframe ? 3 : 1);
      for (bool first = true; left > 0; first = false) {
        const size_t size = std::min<size_t>(left, 1100);
        left -= size;
        d.start_of_partition = first;
        std::vector<uint8_t> body(payload::Vp8Descriptor::kMaxSize + size);
        body.resize(d.write(body) + size);
        uint8_t* frame = body.data() + body.size() - size;
        if (first) {
          frame[0] = keyframe ? 0 : 1;  // RFC 6386 §9.1: the inverse key frame flag
          if (keyframe && size >= 10) {
            const uint16_t height = static_cast<uint16_t>(180u << i), width = static_cast<uint16_t>(320u << i);
            const uint8_t start[] = {0x9D,
                                     0x01,
                                     0x2A,
                                     static_cast<uint8_t>(width),
                                     static_cast<uint8_t>(width >> 8),
                                     static_cast<uint8_t>(height),
                                     static_cast<uint8_t>(height >> 8)};
            std::copy(std::begin(start), std::end(start), frame + 3);
          }
        }
        send_rtp(i, layer.sequence++, timestamp(now, layer), left == 0, body, false);
      }
    }
    ++frame_;
  }
  void send_reports(Timestamp now) {
    for (size_t i = 0; i < layers_.size(); ++i) {
      const rtcp::SenderReport sr{ssrc(i), world_.ntp().at(now), timestamp(now, layers_[i]), 1, 1, {}};
      world_.send(address_, sealed_rtcp(*session_, sr));
    }
  }
  static RtpTimestamp timestamp(Timestamp now, const Layer& layer) {
    return RtpTimestamp(layer.timestamp_base + static_cast<uint32_t>(now.us() * 9 / 100));
  }
  void send_rtp(size_t i, uint16_t sequence, RtpTimestamp ts, bool marker, std::vector<uint8_t> body, bool rtx) {
    std::vector<uint8_t> prefix;
    rtp::HeaderFields header{marker, PayloadType(96), SeqNum(sequence), ts, ssrc(i)};
    if (rtx) {
      prefix = {static_cast<uint8_t>(sequence >> 8), static_cast<uint8_t>(sequence)};
      header.payload_type = PayloadType(97);
      header.ssrc = rtx_ssrc(i);
      header.sequence = SeqNum(layers_[i].rtx_sequence++);
    }
    world_.send(address_, sealed_rtp(world_.backend(), *session_, header, {}, prefix, body));
    if (rtx) return;
    Layer& layer = layers_[i];
    layer.sent[sequence] = {std::move(body), ts, marker};
    layer.order.push_back(sequence);
    if (layer.order.size() > 1000) {
      layer.sent.erase(layer.order.front());
      layer.order.pop_front();
    }
  }
  void resend(Ssrc media, SeqNum sequence) {
    const size_t i = media.value() - 1000;
    if (i >= layers_.size()) return;
    auto it = layers_[i].sent.find(sequence.value());
    if (it == layers_[i].sent.end()) return;
    ++resent_;
    send_rtp(i, sequence.value(), it->second.timestamp, it->second.marker, it->second.body, true);
  }

  World& world_;
  Endpoint address_;
  std::unique_ptr<srtp::Session> session_;
  std::array<Layer, 3> layers_;
  Timestamp next_frame_, next_report_;
  uint64_t frame_ = 0, keyframes_asked_ = 0, resent_ = 0;
};

}  // namespace tutti::test
