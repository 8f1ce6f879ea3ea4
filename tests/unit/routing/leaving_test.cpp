// A participant that goes away while packets for it are under way.
#include <catch2/catch.hpp>

#include "support/rooms_rig.hpp"
#include "tutti/wire/rtp/header.hpp"

namespace tutti::room {
namespace {

constexpr Ssrc kPublished{1111}, kReceived{5001};
const peer::CodecSpec kOpus = test::opus_spec();

struct Scene : test::RoomsRig {
  Scene() : RoomsRig(config()) { apply(CreateRoom{RoomId("r"), {}, false}); }

  static RoomsConfig config() {
    RoomsConfig config;
    config.allow_plain_rtp = true;
    return config;
  }

  void apply(const Command& command) { REQUIRE(rooms->apply(now, command).has_value()); }
  SrtpMasterKey key() {
    std::array<uint8_t, 28> bytes{};
    random.fill(bytes);
    return SrtpMasterKey(bytes);
  }
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
  track.codec = kOpus;
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
  slot.codecs.push_back(kOpus);
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
  rtp::write_header({false, kOpus.payload_type, SeqNum(1), RtpTimestamp(960), kPublished}, {}, packet);
  scene.rooms->handle_datagram(scene.now, {{0, *publisher.remote}, packet});
  scene.rooms->handle_deadline(scene.now);
  CHECK(scene.rooms->participant_count() == 1);
  CHECK_FALSE(scene.rooms->poll_transmit(scene.now, batch));
  CHECK(scene.rooms->counters().get(Counter::kRtpForwarded) == 1);
  CHECK(scene.rooms->counters().get(DropReason::kSealFailed) == 0);
  batch.clear();
}

}  // namespace tutti::room
