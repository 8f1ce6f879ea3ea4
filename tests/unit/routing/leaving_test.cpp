// A participant that goes away while packets for it are under way.
#include <catch2/catch.hpp>

#include "support/job_queue.hpp"
#include "tutti/proto/dtls/certificate.hpp"
#include "tutti/room/rooms.hpp"
#include "tutti/routing/sfu_router.hpp"
#include "tutti/wire/rtp/header.hpp"

namespace tutti::room {
namespace {

constexpr Ssrc kPublished{1111}, kReceived{5001};
constexpr PayloadType kOpus{111};

peer::CodecSpec opus() {
  peer::CodecSpec codec;
  codec.payload_type = kOpus;
  codec.clock_rate_hz = 48'000;
  codec.channels = 2;
  return codec;
}

struct Scene {
  Scene() {
    RoomsConfig config;
    const Endpoint local = *Endpoint::parse("127.0.0.1:40000");
    config.addresses = LocalAddresses({{local, local, true}});
    config.allow_plain_rtp = true;
    rooms.emplace(std::move(config), RouterTable{&routing::make_sfu_router, nullptr, nullptr}, dtls, "",
                  srtp::make_libsrtp_backend(), jobs, random, NtpClock{});
    apply(CreateRoom{RoomId("r"), {}, false});
  }

  void apply(const Command& command) { REQUIRE(rooms->apply(now, command).has_value()); }
  SrtpMasterKey key() {
    std::array<uint8_t, 28> bytes{};
    random.fill(bytes);
    return SrtpMasterKey(bytes);
  }

  SeededRandom random{7};
  srtp::Library library;
  dtls::Certificate certificate = dtls::Certificate::self_signed(random, 1'700'000'000);
  dtls::Context dtls{certificate};
  Timestamp now = Timestamp::from_ms(1'000);
  test::JobQueue jobs{now, random, {}};
  std::optional<Rooms> rooms;
};

}  // namespace

// Found as a crash in libsrtp: a page said goodbye in the same wake-up in which media for it had come.
TEST_CASE("a packet is sealed before the keys of the participant that leaves are gone", "[routing][rooms]") {
  Scene scene;
  KeyedJoin publisher;
  publisher.encrypted = false;
  publisher.remote = *Endpoint::parse("127.0.0.1:1001");
  peer::PublishSpec track;
  track.name = "a";
  track.codec = opus();
  track.layers.push_back({{}, kPublished, std::nullopt});
  publisher.publish.push_back(track);
  scene.apply(Join{RoomId("r"), ParticipantId("publisher"), "", false, publisher, {}});

  KeyedJoin subscriber;
  subscriber.receive_key = scene.key();
  subscriber.send_key = scene.key();
  subscriber.remote = *Endpoint::parse("127.0.0.1:1002");
  subscriber.timeout = TimeDelta::seconds(1);
  peer::ReceiveSpec slot;
  slot.slot = SlotId("0");
  slot.codecs.push_back(opus());
  slot.ssrc = kReceived;
  subscriber.receive.push_back(slot);
  SubscriptionChange change;
  change.slot = slot.slot;
  change.track = TrackChoice{TrackChoice::Kind::kTrack, {ParticipantId("publisher"), "a"}};
  scene.apply(Join{RoomId("r"), ParticipantId("subscriber"), "", false, subscriber, {change}});
  peer::SealBatch batch;
  scene.rooms->poll_transmit(scene.now, batch);
  batch.clear();

  scene.now = scene.now + TimeDelta::seconds(1);
  std::array<uint8_t, 60> packet{};
  rtp::write_header({false, kOpus, SeqNum(1), RtpTimestamp(960), kPublished}, {}, packet);
  scene.rooms->handle_datagram(scene.now, {{0, *publisher.remote}, packet});
  scene.rooms->handle_deadline(scene.now);
  CHECK(scene.rooms->participant_count() == 1);
  CHECK_FALSE(scene.rooms->poll_transmit(scene.now, batch));
  CHECK(scene.rooms->counters().get(Counter::kRtpForwarded) == 1);
  CHECK(scene.rooms->counters().get(DropReason::kSealFailed) == 0);
  batch.clear();
}

}  // namespace tutti::room
