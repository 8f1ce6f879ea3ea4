// MixClient: a keyed participant of a room that mixes, with any of a microphone, a camera, an audio slot and a video
// slot. Sends packets with their levels and orientation, sender and receiver reports; answers PLI; counts what it gets.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/camera.hpp"
#include "support/display.hpp"
#include "support/keyed_join.hpp"
#include "support/loudspeaker.hpp"
#include "support/microphone.hpp"
#include "support/secured_wire.hpp"
#include "support/world.hpp"
#include "tutti/wire/rtcp/pli.hpp"
#include "tutti/wire/rtcp/receiver_report.hpp"
#include "tutti/wire/rtcp/sender_report.hpp"

namespace tutti::test {

class MixClient final : public World::Client {
 public:
  struct Options {
    std::optional<Microphone::Options> microphone = Microphone::Options();
    bool levels = true;   // tells how loud it is (RFC 6464)
    bool hears = true;    // has an audio slot, "a"
    bool decodes = true;  // what comes in its slots
    std::string opus_fmtp = "useinbandfec=1";
    const CameraRecording* camera = nullptr;
    Camera::Options camera_options = {};
    std::string camera_source = "camera";
    bool watches = false;  // has a video slot, "v"
    Codec video_codec = Codec::kVp8;
    std::vector<room::SubscriptionChange> wishes = {};
  };
  static constexpr PayloadType kOpus{111}, kVideo{96};

  MixClient(World& world, const std::string& id, Options options)
      : world_(world),
        id_(id),
        options_(options),
        address_(world.make_address()),
        ssrc_base_(0x10000u + 16 * static_cast<uint32_t>(world.random().below(1 << 24))) {
    room::KeyedJoin keyed;
    keyed.remote = address_;
    if (options.microphone) keyed.publish.push_back(microphone_spec());
    if (options.camera) keyed.publish.push_back(camera_spec());
    if (options.hears) keyed.receive.push_back(audio_slot());
    if (options.watches) keyed.receive.push_back(video_slot());
    session_ = join_keyed(world, id, std::move(keyed), options.wishes);
    if (options.microphone) microphone_.emplace(world.now(), *options.microphone);
    if (options.camera) camera_.emplace(world.now(), *options.camera, options.camera_options);
    if (options.hears) loudspeaker_.emplace(options.decodes);
    if (options.watches) display_.emplace(options.video_codec, options.decodes);
    // Reports of many do not all go at once.
    next_report_ = world.now() + TimeDelta::micros(static_cast<int64_t>(world.random().below(1'000'000)));
    world.attach(*this, address_);
  }
  ~MixClient() override { world_.detach(*this); }

  const std::string& id() const { return id_; }
  Microphone& microphone() { return *microphone_; }
  Camera& camera() { return *camera_; }
  const Loudspeaker& speaker() const { return *loudspeaker_; }
  Display& display() { return *display_; }
  Ssrc microphone_ssrc() const { return Ssrc(ssrc_base_); }
  Ssrc camera_ssrc() const { return Ssrc(ssrc_base_ + 1); }
  Ssrc audio_slot_ssrc() const { return Ssrc(ssrc_base_ + 2); }
  Ssrc video_slot_ssrc() const { return Ssrc(ssrc_base_ + 3); }

  // What its next receiver reports say of its audio slot.
  void report_loss(double fraction) { fraction_lost_ = static_cast<uint8_t>(fraction * 256); }
  // Instead of the camera's own packets: whatever a sender may get wrong.
  void send_video(bool marker, RtpTimestamp timestamp, std::span<const uint8_t> payload) {
    send_rtp(camera_ssrc(), kVideo, video_sequence_, marker, timestamp, {}, payload);
  }
  void leave() {
    world_.apply(room::RemoveParticipant{World::room(), ParticipantId(id_)});
    world_.detach(*this);
  }
  void subscribe(room::SubscriptionChange change) {
    room::SetSubscriptions set;
    set.room = World::room();
    set.participant = ParticipantId(id_);
    set.changes = {std::move(change)};
    world_.apply(set);
  }

  // IPv4 datagrams with their headers.
  uint64_t ip_bytes_received() const { return ip_bytes_; }
  uint64_t keyframes_asked() const { return keyframes_asked_; }
  struct Timing {
    NtpTime ntp;
    RtpTimestamp rtp;
  };
  // The last sender report of each slot.
  const std::optional<Timing>& audio_timing() const { return audio_timing_; }
  const std::optional<Timing>& video_timing() const { return video_timing_; }

  void receive(Timestamp now, std::vector<uint8_t> datagram) override {
    ip_bytes_ += datagram.size() + 28;
    if (rtp::is_rtcp(datagram)) return receive_rtcp(datagram);
    const auto opened = session_->open_rtp(datagram);
    if (!std::holds_alternative<size_t>(opened)) return;
    auto packet = rtp::parse(std::span(datagram).first(std::get<size_t>(opened)));
    if (!packet || !rtp::strip_padding(*packet)) return;
    if (packet->ssrc == audio_slot_ssrc() && loudspeaker_) loudspeaker_->on_packet(now, *packet);
    if (packet->ssrc == video_slot_ssrc() && display_) display_->on_packet(now, *packet);
  }
  Timestamp next_deadline() const override {
    return std::min({next_report_, microphone_ ? microphone_->next() : Timestamp::never(),
                     camera_ ? camera_->next() : Timestamp::never()});
  }
  void handle_deadline(Timestamp now) override {
    while (microphone_ && microphone_->next() <= now) {
      const Microphone::Packet packet = microphone_->capture();
      rtp::ExtensionWriter extensions;
      if (options_.levels) extensions.add(kLevelId, std::span(&packet.level, 1));
      if (!packet.payload.empty())
        send_rtp(microphone_ssrc(), kOpus, audio_sequence_, false, packet.timestamp, extensions.finish(),
                 packet.payload);
    }
    while (camera_ && camera_->next() <= now) {
      for (const Camera::Packet& packet : camera_->capture()) {
        rtp::ExtensionWriter extensions;
        if (const auto orientation = camera_->orientation())
          extensions.add(kOrientationId, std::span(&*orientation, 1));
        send_rtp(camera_ssrc(), kVideo, video_sequence_, packet.marker, packet.timestamp, extensions.finish(),
                 packet.payload);
      }
    }
    if (next_report_ > now) return;
    next_report_ = next_report_ + TimeDelta::seconds(1);
    send_reports(now);
  }

 private:
  static constexpr uint8_t kLevelId = 1, kOrientationId = 3;
  static peer::CodecSpec opus(std::string fmtp) {
    peer::CodecSpec codec;
    codec.payload_type = kOpus;
    codec.clock_rate_hz = 48'000;
    codec.channels = 2;
    codec.fmtp = std::move(fmtp);
    return codec;
  }
  peer::CodecSpec video_codec(Codec which) const {
    peer::CodecSpec codec;
    codec.codec = which;
    codec.payload_type = kVideo;
    codec.clock_rate_hz = 90'000;
    codec.nack = codec.pli = true;
    if (which == Codec::kH264) codec.fmtp = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f";
    return codec;
  }
  peer::PublishSpec microphone_spec() const {
    peer::PublishSpec s;
    s.name = "mic";
    s.codec = opus("useinbandfec=1");
    s.layers.push_back({{}, microphone_ssrc(), std::nullopt});
    if (options_.levels) s.extensions.set(rtp::Extension::kAudioLevel, kLevelId);
    return s;
  }
  peer::PublishSpec camera_spec() const {
    peer::PublishSpec s;
    s.name = "cam";
    s.kind = MediaKind::kVideo;
    s.source = options_.camera_source;
    s.codec = video_codec(Codec::kVp8);
    s.layers.push_back({{}, camera_ssrc(), std::nullopt});
    s.extensions.set(rtp::Extension::kVideoOrientation, kOrientationId);
    return s;
  }
  peer::ReceiveSpec audio_slot() const {
    peer::ReceiveSpec s;
    s.slot = SlotId("a");
    s.codecs = {opus(options_.opus_fmtp)};
    s.ssrc = audio_slot_ssrc();
    s.extensions.set(rtp::Extension::kCsrcAudioLevel, Loudspeaker::kLevelsId);
    return s;
  }
  peer::ReceiveSpec video_slot() const {
    peer::ReceiveSpec s;
    s.slot = SlotId("v");
    s.kind = MediaKind::kVideo;
    s.codecs = {video_codec(options_.video_codec)};
    s.ssrc = video_slot_ssrc();
    return s;
  }

  void send_rtp(Ssrc ssrc, PayloadType type, uint16_t& sequence, bool marker, RtpTimestamp timestamp,
                std::span<const uint8_t> extensions, std::span<const uint8_t> payload) {
    const rtp::HeaderFields header{marker, type, SeqNum(sequence++), timestamp, ssrc};
    world_.send(address_, sealed_rtp(world_.backend(), *session_, header, extensions, {}, payload));
  }
  template <class T>
  void send_rtcp(const T& packet) {
    world_.send(address_, sealed_rtcp(*session_, packet));
  }
  void send_reports(Timestamp now) {
    if (microphone_)
      send_rtcp(rtcp::SenderReport{microphone_ssrc(), world_.ntp().at(now), microphone_->rtp_at(now), 1, 1, {}});
    if (camera_) send_rtcp(rtcp::SenderReport{camera_ssrc(), world_.ntp().at(now), camera_->rtp_at(now), 1, 1, {}});
    if (loudspeaker_ && !loudspeaker_->packets().empty())
      send_rtcp(rtcp::ReceiverReport{
          Ssrc(1), {{audio_slot_ssrc(), fraction_lost_, 0, loudspeaker_->packets().back().sequence.value(), 0, 0, 0}}});
    if (display_ && display_->needs_keyframe()) send_rtcp(rtcp::Pli{Ssrc(1), video_slot_ssrc()});
  }
  void receive_rtcp(std::vector<uint8_t>& datagram) {
    open_rtcp(*session_, datagram, [&](const rtcp::PacketView& packet) {
      if (packet.type == rtcp::kTypePayloadFeedback && packet.format == rtcp::kFormatPli && camera_) {
        camera_->request_keyframe();
        ++keyframes_asked_;
      }
      const auto report = packet.type == rtcp::kTypeSenderReport ? rtcp::SenderReport::parse(packet) : std::nullopt;
      if (report && report->sender == audio_slot_ssrc()) audio_timing_ = Timing{report->ntp, report->rtp};
      if (report && report->sender == video_slot_ssrc()) video_timing_ = Timing{report->ntp, report->rtp};
    });
  }

  World& world_;
  std::string id_;
  Options options_;
  Endpoint address_;
  uint32_t ssrc_base_;
  std::unique_ptr<srtp::Session> session_;
  std::optional<Microphone> microphone_;
  std::optional<Camera> camera_;
  std::optional<Loudspeaker> loudspeaker_;
  std::optional<Display> display_;
  Timestamp next_report_;
  uint16_t audio_sequence_ = 1000, video_sequence_ = 2000;
  uint8_t fraction_lost_ = 0;
  uint64_t ip_bytes_ = 0, keyframes_asked_ = 0;
  std::optional<Timing> audio_timing_, video_timing_;
};

// A room that mixes, with as good a network as there is unless the test says otherwise.
inline World::Options mixing_world(room::RoomMode mode = room::RoomMode::kMcu) {
  World::Options options;
  options.up.delay = options.down.delay = TimeDelta::zero();
  options.room.mode = mode;
  options.room.limits.participants = 1000;
  return options;
}

// The room's statistics of one kind.
inline std::vector<room::StatsEntry> stats_of(World& world, room::StatsEntry::Type type, MediaKind kind) {
  auto all = std::get<std::vector<room::StatsEntry>>(world.apply(room::DescribeStats{World::room(), std::nullopt}));
  std::erase_if(all, [&](const room::StatsEntry& e) { return e.type != type || e.kind != kind; });
  return all;
}

}  // namespace tutti::test
