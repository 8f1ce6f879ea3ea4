// What it costs to forward: one publisher of VP8, N keyed subscribers, everything of the daemon below `io` (room::Rooms
// with the SFU router and the libsrtp2 backend), in memory. Packets of 1,100 bytes come in frames of six, a frame each
// 33 ms of virtual time; the cost is CPU time of this thread. bench/RESULTS.md says how to read the columns.
#include <malloc.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "tutti/base/log.hpp"
#include "tutti/proto/dtls/certificate.hpp"
#include "tutti/proto/dtls/context.hpp"
#include "tutti/room/rooms.hpp"
#include "tutti/routing/sfu_router.hpp"
#include "tutti/wire/payload/vp8.hpp"
#include "tutti/wire/rtp/header.hpp"

namespace tutti {
namespace {

constexpr size_t kPacketSize = 1100;
constexpr size_t kPacketsPerFrame = 6;
constexpr TimeDelta kFrameInterval = TimeDelta::micros(33'333);
constexpr Ssrc kSsrc{1111};
constexpr PayloadType kPayloadType{96};
constexpr size_t kWarmUpFrames = 100;  // fills the track's cache and the packet pool
// The packets that each case sends, so that no case takes more than a second or two.
constexpr size_t kEgressPackets = 300'000;

int64_t cpu_ns() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

// What the process holds from the allocator, whichever library asked for it.
double heap_kib() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd) / 1024;
}

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "bench_forward: %s\n", why.c_str());
  std::exit(1);
}

struct Case {
  const char* name;
  std::optional<SrtpSuite> suite;  // none: plain RTP
  size_t subscribers;
};

struct Figures {
  uint64_t egress = 0, ingress = 0;
  int64_t handle_ns = 0, transmit_ns = 0, housekeeping_ns = 0;
  double kib_per_subscriber = 0;
};

class Scene {
 public:
  Scene(const Case& c, const dtls::Context& dtls)
      : case_(c),
        client_(srtp::make_libsrtp_backend()),
        rooms_(config(), {&routing::make_sfu_router, nullptr, nullptr}, dtls, "", srtp::make_libsrtp_backend(), jobs_, random_,
               NtpClock{}) {}

  Figures run() {
    room::CreateRoom create{RoomId("bench"), {}, false};
    create.config.limits.participants = 10'000;
    apply(create);
    join_publisher();
    for (size_t i = 0; i < kWarmUpFrames; ++i) send_frame(i == 0);

    const double before = heap_kib();
    for (size_t i = 0; i < case_.subscribers; ++i) join_subscriber(i);
    send_frame(true);
    for (size_t i = 0; i < kWarmUpFrames; ++i) send_frame(false);
    const double after = heap_kib();

    figures_ = {};
    const uint64_t egress_before = rooms_.counters().get(Counter::kRtpForwarded);
    const size_t frames = kEgressPackets / kPacketsPerFrame / std::max<size_t>(case_.subscribers, 30);
    for (size_t i = 0; i < frames; ++i) send_frame(false);
    figures_.egress = rooms_.counters().get(Counter::kRtpForwarded) - egress_before;
    figures_.ingress = frames * kPacketsPerFrame;
    if (figures_.egress != figures_.ingress * case_.subscribers) fail("packets were not forwarded to everybody");
    if (case_.subscribers > 0) figures_.kib_per_subscriber = (after - before) / static_cast<double>(case_.subscribers);
    return figures_;
  }

 private:
  static room::RoomsConfig config() {
    room::RoomsConfig c;
    const Endpoint local = *Endpoint::parse("127.0.0.1:40000");
    c.addresses = room::LocalAddresses({{local, local, true}});
    c.allow_plain_rtp = true;
    return c;
  }

  void apply(const room::Command& command) {
    if (auto reply = rooms_.apply(now_, command); !reply) fail(reply.error().detail);
    rooms_.take_events();
  }

  SrtpMasterKey random_key(SrtpSuite suite) {
    std::vector<uint8_t> bytes(master_key_size(suite));
    random_.fill(bytes);
    return SrtpMasterKey(bytes);
  }

  room::KeyedJoin keyed(uint16_t port) {
    room::KeyedJoin join;
    join.encrypted = case_.suite.has_value();
    if (case_.suite) {
      join.suite = *case_.suite;
      join.receive_key = random_key(*case_.suite);
      join.send_key = random_key(*case_.suite);
    }
    join.remote = Endpoint{IpAddress::v4({127, 0, 0, 1}), port};
    return join;
  }

  static peer::CodecSpec vp8() {
    peer::CodecSpec codec;
    codec.codec = Codec::kVp8;
    codec.payload_type = kPayloadType;
    codec.clock_rate_hz = 90'000;
    codec.nack = codec.pli = true;
    return codec;
  }

  void join_publisher() {
    room::KeyedJoin join = keyed(kPublisherPort);
    peer::PublishSpec track;
    track.name = "v";
    track.kind = MediaKind::kVideo;
    track.codec = vp8();
    track.layers.push_back({{}, kSsrc, std::nullopt});
    join.publish.push_back(track);
    if (case_.suite) {
      // The client's side of the same keys.
      auto session = client_->make_session({*case_.suite, join.receive_key, join.send_key});
      if (!session) fail(session.error().detail);
      client_session_ = std::move(*session);
    }
    apply(room::Join{RoomId("bench"), ParticipantId("publisher"), "", false, join, {}});
  }

  void join_subscriber(size_t index) {
    room::KeyedJoin join = keyed(static_cast<uint16_t>(10'000 + index));
    peer::ReceiveSpec slot;
    slot.slot = SlotId("0");
    slot.kind = MediaKind::kVideo;
    slot.codecs.push_back(vp8());
    slot.ssrc = Ssrc(5001);
    join.receive.push_back(slot);
    room::SubscriptionChange change;
    change.slot = slot.slot;
    change.track = room::TrackChoice{room::TrackChoice::Kind::kTrack, {ParticipantId("publisher"), "v"}};
    apply(room::Join{RoomId("bench"), ParticipantId("s" + std::to_string(index)), "", false, join, {change}});
  }

  // What the publisher puts on the wire; its encryption is not part of what is measured.
  std::span<uint8_t> make_packet(size_t in_frame, bool keyframe) {
    const bool first = in_frame == 0, last = in_frame + 1 == kPacketsPerFrame;
    size_t at =
        rtp::write_header({last, kPayloadType, SeqNum(sequence_++), RtpTimestamp(timestamp_), kSsrc}, {}, wire_);
    payload::Vp8Descriptor descriptor;
    descriptor.start_of_partition = first;
    descriptor.picture_id = picture_id_;
    descriptor.tl0_pic_idx = static_cast<uint8_t>(picture_id_);
    descriptor.temporal_id = 0;
    at += descriptor.write(std::span(wire_).subspan(at));
    wire_[at] = keyframe && first ? 0 : 1;
    if (!case_.suite) return std::span(wire_).first(kPacketSize);
    srtp::SealJob job{
        client_session_.get(), at, {}, std::span<const uint8_t>(payload_).first(kPacketSize - at), sealed_, 0};
    std::copy_n(wire_.begin(), at, sealed_.begin());
    std::array<uint8_t, 1> frame_tag{wire_[at]};
    job.prefix = frame_tag;
    job.rest = job.rest.first(job.rest.size() - 1);
    client_->seal({&job, 1});
    return std::span(sealed_).first(job.sealed_size);
  }

  void send_frame(bool keyframe) {
    now_ = now_ + kFrameInterval;
    timestamp_ += 3000;
    picture_id_ = (picture_id_ + 1) & 0x7FFF;
    // As io::Worker does: all of one wake-up goes in, then what it led to comes out.
    for (size_t i = 0; i < kPacketsPerFrame; ++i) {
      const Datagram datagram{{0, {IpAddress::v4({127, 0, 0, 1}), kPublisherPort}}, make_packet(i, keyframe)};
      const int64_t begin = cpu_ns();
      rooms_.handle_datagram(now_, datagram);
      figures_.handle_ns += cpu_ns() - begin;
    }
    int64_t begin = cpu_ns();
    drain();
    figures_.transmit_ns += cpu_ns() - begin;
    // Ticks and reports, which do not come with a packet.
    begin = cpu_ns();
    if (rooms_.next_deadline() <= now_) rooms_.handle_deadline(now_);
    drain();
    rooms_.take_events();
    figures_.housekeeping_ns += cpu_ns() - begin;
  }

  void drain() {
    for (bool more = true; more;) {
      more = rooms_.poll_transmit(now_, batch_);
      batch_.clear();
    }
  }

  static constexpr uint16_t kPublisherPort = 9'999;
  Case case_;
  SeededRandom random_{1};
  std::unique_ptr<srtp::Backend> client_;
  std::unique_ptr<srtp::Session> client_session_;
  // Nothing is decoded here.
  struct NoJobs final : room::JobExecutor {
    void run(std::unique_ptr<room::Job>) override {}
  } jobs_;
  room::Rooms rooms_;
  peer::SealBatch batch_;
  Timestamp now_ = Timestamp::from_ms(1'000);
  uint16_t sequence_ = 0, picture_id_ = 0;
  uint32_t timestamp_ = 0;
  std::array<uint8_t, kMaxDatagram> wire_{}, sealed_{};
  std::array<uint8_t, kPacketSize> payload_{};
  Figures figures_;
};

Figures measure(const Case& c, const dtls::Context& dtls) {
  // On the heap, and gone before the next case, so that the heap's figures are this case's.
  return std::make_unique<Scene>(c, dtls)->run();
}

double per(int64_t total, uint64_t count) { return static_cast<double>(total) / static_cast<double>(count); }

void run() {
  configure_log(LogLevel::kOff, LogFormat::kText);
  SeededRandom random(1);
  const srtp::Library library;
  const auto certificate = dtls::Certificate::self_signed(random, 1'700'000'000);
  const dtls::Context dtls(certificate);
  struct Suite {
    const char* name;
    std::optional<SrtpSuite> suite;
  };
  constexpr std::array<Suite, 3> kSuites{{{"plain RTP", std::nullopt},
                                          {"AEAD_AES_128_GCM", SrtpSuite::kAeadAes128Gcm},
                                          {"AES_CM_128_HMAC_SHA1_80", SrtpSuite::kAesCm128HmacSha1_80}}};
  std::printf("%-24s %5s %12s %12s %10s %12s %14s %12s\n", "suite", "N", "ns/egress", "egress/s", "project ns",
              "write+seal ns", "housekeep. ns", "KiB/subscr.");
  for (const auto& [name, suite] : kSuites) {
    // Parsing, opening and caching a packet that nobody gets: once for each ingress packet, whatever N is.
    const Figures alone = measure({name, suite, 0}, dtls);
    const double open_ns = per(alone.handle_ns, alone.ingress);
    for (const size_t n : {size_t{50}, size_t{200}}) {
      const Figures f = measure({name, suite, n}, dtls);
      const double whole = per(f.handle_ns + f.transmit_ns, f.egress);
      const double project = (per(f.handle_ns, f.ingress) - open_ns) / static_cast<double>(n);
      std::printf("%-24s %5zu %12.0f %12.0f %10.0f %12.0f %14.0f %12.1f\n", name, n, whole, 1e9 / whole, project,
                  per(f.transmit_ns, f.egress), per(f.housekeeping_ns, f.egress), f.kib_per_subscriber);
    }
    std::printf("%-24s %5s %12.0f ns for each ingress packet, received and kept\n", name, "0", open_ns);
  }
}

}  // namespace
}  // namespace tutti

int main() {
  tutti::run();
  return 0;
}
