// ForwardScene: rooms with one publisher and N keyed subscribers each, everything of the daemon below `io` (room::Rooms
// with the SFU router and whichever SRTP backend), in memory and in virtual time. What the publishers' side does is
// apart from what the daemon does, so that a benchmark, a count of instructions and a count of allocations each measure
// the latter alone:
//   scene.start();  scene.join_subscribers();
//   for (...) { scene.prepare(false);  scene.receive();  scene.transmit();  scene.keep_house(); }
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "tutti/proto/dtls/certificate.hpp"
#include "tutti/proto/dtls/context.hpp"
#include "tutti/room/rooms.hpp"
#include "tutti/routing/sfu_router.hpp"
#include "tutti/wire/payload/vp8.hpp"
#include "tutti/wire/rtp/extensions.hpp"
#include "tutti/wire/rtp/header.hpp"

namespace tutti::test {

struct ForwardShape {
  MediaKind kind = MediaKind::kVideo;
  std::optional<SrtpSuite> suite;  // none: plain RTP
  size_t subscribers = 1;          // of each room
  size_t rooms = 1;
  bool transport_cc = false;  // both sides number their packets and report on each other's
};

class ForwardScene {
 public:
  using MakeBackend = std::unique_ptr<srtp::Backend> (*)();

  // A publisher's packet, as it stands on the wire.
  struct Prepared {
    Path path;
    size_t size = 0;
    std::array<uint8_t, kMaxDatagram> bytes;
  };

  static constexpr PayloadType kPayloadType{96}, kRtxPayloadType{97};
  static constexpr Ssrc kPublisherSsrc{1111}, kSlotSsrc{5001}, kSlotRtxSsrc{6001};
  static constexpr uint8_t kAudioLevelId = 1, kTransportSequenceId = 3;
  // Enough for a track's cache and the packet pool to be full, and more than a second of either medium.
  static constexpr size_t kWarmUpFrames = 100;

  ForwardScene(const ForwardShape& shape, MakeBackend make_backend)
      : shape_(shape),
        certificate_(dtls::Certificate::self_signed(random_, 1'700'000'000)),
        dtls_(certificate_),
        client_(make_backend()),
        rooms_(config(shape), {&routing::make_sfu_router, nullptr, nullptr}, dtls_, "", make_backend(), jobs_, random_,
               NtpClock{}) {}

  size_t packets_per_frame() const { return shape_.kind == MediaKind::kVideo ? 6 : 1; }
  size_t packet_size() const { return shape_.kind == MediaKind::kVideo ? 1100 : 120; }
  TimeDelta frame_interval() const {
    return shape_.kind == MediaKind::kVideo ? TimeDelta::micros(33'333) : TimeDelta::millis(20);
  }

  // Rooms and publishers, warmed up: nobody receives yet.
  void start() {
    for (size_t r = 0; r < shape_.rooms; ++r) {
      room::CreateRoom create{room_id(r), {}, false};
      create.config.limits.participants = 10'000;
      apply(create);
      join_publisher(r);
    }
    run_frames(kWarmUpFrames);
  }
  void join_subscribers() {
    for (size_t i = 0; i < shape_.rooms * shape_.subscribers; ++i) join_subscriber(i);
    prepare(true);
    run_prepared();
  }
  void run_frames(size_t count) {
    for (size_t i = 0; i < count; ++i) {
      prepare(false);
      run_prepared();
    }
  }

  // Time goes on by a frame, and each publisher has its packets ready. Their encryption is the publishers' own work.
  void prepare(bool keyframe) {
    now_ = now_ + frame_interval();
    timestamp_ += shape_.kind == MediaKind::kVideo ? 3000 : 960;
    ++picture_id_;
    prepared_.resize(shape_.rooms * packets_per_frame());
    auto at = prepared_.begin();
    for (size_t i = 0; i < packets_per_frame(); ++i, ++sequence_) {
      for (Publisher& publisher : publishers_) write_packet(publisher, i, keyframe, *at++);
    }
  }
  // What the daemon does with it, as io::Worker has it do: all of one wake-up goes in, then what it led to comes out.
  void receive() {
    for (Prepared& p : prepared_) deliver(p.path, std::span(p.bytes).first(p.size));
  }
  void transmit() {
    transmit([](std::span<const TransmitSlot>) {});
  }
  // `sink` is given each batch of sealed datagrams.
  template <class Sink>
  void transmit(Sink sink) {
    for (bool more = true; more;) {
      more = rooms_.poll_transmit(now_, batch_);
      sink(std::span<const TransmitSlot>(batch_.datagrams().slots()));
      batch_.clear();
    }
  }
  // Ticks and reports, which do not come with a packet; where subscribers are paced also what leaves between two frames.
  void keep_house() {
    keep_house([](std::span<const TransmitSlot>) {});
  }
  template <class Sink>
  void keep_house(Sink sink) {
    if (rooms_.next_deadline() <= now_) rooms_.handle_deadline(now_);
    transmit(sink);
    const Timestamp frame = now_;
    while (shape_.transport_cc && rooms_.next_deadline() < frame + frame_interval()) {
      now_ = std::max(now_, rooms_.next_deadline());
      rooms_.handle_deadline(now_);
      transmit(sink);
    }
    now_ = frame;
    rooms_.take_events();
  }

  // What receive() will hand over: to be lost, or kept for later.
  std::vector<Prepared>& prepared() { return prepared_; }
  void deliver(const Path& path, std::span<uint8_t> bytes) { rooms_.handle_datagram(now_, {path, bytes}); }

  Path subscriber_path(size_t index) const {
    return {0, {kLoopback, static_cast<uint16_t>(kFirstSubscriberPort + index)}};
  }
  Path publisher_path(size_t room) const { return publishers_[room].path; }
  // The clients' ends of their keys; null by plain RTP.
  std::unique_ptr<srtp::Session> subscriber_session(size_t index) {
    return make_client_session(subscriber_keys_[index]);
  }
  srtp::Session* publisher_session(size_t room) { return publishers_[room].session.get(); }
  Timestamp now() const { return now_; }
  TimeDelta gather_time() const { return rooms_.gather_time(); }
  const Counters& counters() { return rooms_.counters(); }
  uint64_t forwarded() { return rooms_.counters().get(Counter::kRtpForwarded); }

 private:
  static constexpr uint16_t kFirstPublisherPort = 1'000, kFirstSubscriberPort = 10'000;
  static inline const IpAddress kLoopback = IpAddress::v4({127, 0, 0, 1});

  struct Publisher {
    Path path;
    std::unique_ptr<srtp::Session> session;
  };
  // Nothing is decoded here.
  struct NoJobs final : room::JobExecutor {
    void run(std::unique_ptr<room::Job>) override {}
  };

  static room::RoomsConfig config(const ForwardShape& shape) {
    room::RoomsConfig c;
    // The estimate carries the one layer there is from the beginning, so that nobody waits for another keyframe.
    if (shape.transport_cc) c.bandwidth.start = DataRate::kbps(5'000);
    const Endpoint local = *Endpoint::parse("127.0.0.1:40000");
    c.addresses = room::LocalAddresses({{local, local, true}});
    c.allow_plain_rtp = true;
    return c;
  }
  static RoomId room_id(size_t index) { return RoomId("room" + std::to_string(index)); }

  void run_prepared() {
    receive();
    transmit();
    keep_house();
  }

  void apply(const room::Command& command) {
    if (auto reply = rooms_.apply(now_, command); !reply) throw std::runtime_error(reply.error().detail);
    rooms_.take_events();
  }

  SrtpMasterKey random_key() {
    std::vector<uint8_t> bytes(master_key_size(*shape_.suite));
    random_.fill(bytes);
    return SrtpMasterKey(bytes);
  }
  // The keys as the client sees them; nothing by plain RTP.
  std::optional<SrtpKeys> add_keys(room::KeyedJoin& join) {
    join.encrypted = shape_.suite.has_value();
    if (!shape_.suite) return std::nullopt;
    join.suite = *shape_.suite;
    join.receive_key = random_key();
    join.send_key = random_key();
    return SrtpKeys{*shape_.suite, join.receive_key, join.send_key};
  }
  std::unique_ptr<srtp::Session> make_client_session(const std::optional<SrtpKeys>& keys) {
    if (!keys) return nullptr;
    auto session = client_->make_session(*keys);
    if (!session) throw std::runtime_error(session.error().detail);
    return std::move(*session);
  }

  peer::CodecSpec codec() const {
    peer::CodecSpec codec;
    codec.payload_type = kPayloadType;
    codec.transport_cc = shape_.transport_cc;
    if (shape_.kind == MediaKind::kVideo) {
      codec.codec = Codec::kVp8;
      codec.clock_rate_hz = 90'000;
      codec.rtx_payload_type = kRtxPayloadType;
      codec.nack = codec.pli = true;
    } else {
      codec.clock_rate_hz = 48'000;
      codec.channels = 2;
    }
    return codec;
  }
  rtp::ExtensionIds extensions() const {
    rtp::ExtensionIds ids;
    if (shape_.kind == MediaKind::kAudio) ids.set(rtp::Extension::kAudioLevel, kAudioLevelId);
    if (shape_.transport_cc) ids.set(rtp::Extension::kTransportSequenceNumber, kTransportSequenceId);
    return ids;
  }

  void join_publisher(size_t index) {
    room::KeyedJoin join;
    Publisher publisher{{0, {kLoopback, static_cast<uint16_t>(kFirstPublisherPort + index)}}, nullptr};
    publisher.session = make_client_session(add_keys(join));
    join.remote = publisher.path.remote;
    peer::PublishSpec track;
    track.name = "track";
    track.kind = shape_.kind;
    track.codec = codec();
    track.layers.push_back({{}, kPublisherSsrc, std::nullopt});
    track.extensions = extensions();
    join.publish.push_back(track);
    apply(room::Join{room_id(index), ParticipantId("publisher"), "", false, join, {}});
    publishers_.push_back(std::move(publisher));
  }
  void join_subscriber(size_t index) {
    room::KeyedJoin join;
    subscriber_keys_.push_back(add_keys(join));
    join.remote = subscriber_path(index).remote;
    peer::ReceiveSpec slot;
    slot.slot = SlotId("0");
    slot.kind = shape_.kind;
    slot.codecs.push_back(codec());
    slot.ssrc = kSlotSsrc;
    if (shape_.kind == MediaKind::kVideo) slot.rtx_ssrc = kSlotRtxSsrc;
    slot.extensions = extensions();
    join.receive.push_back(slot);
    room::SubscriptionChange change;
    change.slot = slot.slot;
    change.track = room::TrackChoice{room::TrackChoice::Kind::kTrack, {ParticipantId("publisher"), "track"}};
    apply(room::Join{
        room_id(index / shape_.subscribers), ParticipantId("s" + std::to_string(index)), "", false, join, {change}});
  }

  void write_packet(Publisher& publisher, size_t in_frame, bool keyframe, Prepared& out) {
    const bool first = in_frame == 0, last = in_frame + 1 == packets_per_frame();
    rtp::ExtensionWriter extension;
    if (shape_.kind == MediaKind::kAudio) extension.add(kAudioLevelId, std::array<uint8_t, 1>{0x80 | 30});
    if (shape_.transport_cc)
      extension.add(kTransportSequenceId,
                    std::array<uint8_t, 2>{static_cast<uint8_t>(sequence_ >> 8), static_cast<uint8_t>(sequence_)});
    const rtp::HeaderFields header{last, kPayloadType, SeqNum(sequence_), RtpTimestamp(timestamp_), kPublisherSsrc};
    const size_t header_size = rtp::write_header(header, extension.finish(), out.bytes);
    std::array<uint8_t, kMaxDatagram> payload{0x78};  // Opus: CELT, 20 ms
    if (shape_.kind == MediaKind::kVideo) {
      payload::Vp8Descriptor descriptor;
      descriptor.start_of_partition = first;
      descriptor.picture_id = picture_id_ & 0x7FFF;
      descriptor.tl0_pic_idx = static_cast<uint8_t>(picture_id_);
      descriptor.temporal_id = 0;
      payload[descriptor.write(payload)] = keyframe && first ? 0 : 1;
    }
    srtp::SealJob job{
        publisher.session.get(), header_size, {}, std::span(payload).first(packet_size() - header_size), out.bytes, 0};
    client_->seal({&job, 1});
    out.size = job.sealed_size;
    out.path = publisher.path;
  }

  ForwardShape shape_;
  SeededRandom random_{1};
  dtls::Certificate certificate_;
  dtls::Context dtls_;
  std::unique_ptr<srtp::Backend> client_;
  std::vector<Publisher> publishers_;
  std::vector<std::optional<SrtpKeys>> subscriber_keys_;
  std::vector<Prepared> prepared_;
  NoJobs jobs_;
  room::Rooms rooms_;
  peer::SealBatch batch_;
  Timestamp now_ = Timestamp::from_ms(1'000);
  uint16_t sequence_ = 0, picture_id_ = 0;
  uint32_t timestamp_ = 0;
};

}  // namespace tutti::test
