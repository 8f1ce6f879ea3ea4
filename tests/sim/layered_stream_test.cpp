// What real encoders send in one stream of several layers, on its way through a room to receivers that differ.
#include <catch2/catch.hpp>

#include "support/frame_graph.hpp"
#include "support/recorded_publisher.hpp"
#include "support/unit_decoder.hpp"
#include "tutti/wire/payload/vp9.hpp"

using namespace tutti;
using namespace tutti::test;

namespace {

// A receiver with one slot that keeps what it gets.
class Receiver final : public World::Client {
 public:
  Receiver(World& world, const Recording& recording, bool reads_descriptors, uint16_t max_height = 1080)
      : world_(world), address_(world.make_address()), codec_(recording.publish.codec.codec), assembler_(codec_, {}) {
    world.attach(*this, address_);
    peer::ReceiveSpec slot;
    slot.slot = SlotId("0");
    slot.kind = MediaKind::kVideo;
    slot.codecs = {recording.publish.codec};
    slot.ssrc = Ssrc(5001);
    if (reads_descriptors) slot.extensions = recording.publish.extensions;
    room::KeyedJoin join;
    join.remote = address_;
    join.receive.push_back(slot);
    room::SubscriptionChange watch;
    watch.slot = slot.slot;
    watch.track = room::TrackChoice{room::TrackChoice::Kind::kTrack, {ParticipantId("ada"), "camera"}};
    watch.max_height = max_height;
    join_plain(world, "grace", std::move(join), {watch});
  }
  ~Receiver() override { world_.detach(*this); }

  Timestamp next_deadline() const override { return Timestamp::never(); }
  void handle_deadline(Timestamp) override {}
  void receive(Timestamp, std::vector<uint8_t> datagram) override {
    if (rtp::is_rtcp(datagram)) return;
    const auto packet = rtp::parse(datagram);
    if (const auto vp9 = payload::Vp9Descriptor::parse(packet->payload); codec_ == Codec::kVp9 && vp9)
      descriptors.push_back(*vp9);
    assembler_.insert({numbers_.unwrap(packet->sequence), packet->timestamp, {}, packet->marker, packet->payload},
                      units);
  }
  room::SlotInfo info() { return world_.describe("grace").slots[0]; }

  std::vector<video::AssembledFrame> units;
  std::vector<payload::Vp9Descriptor> descriptors;  // of each packet

 private:
  World& world_;
  Endpoint address_;
  Codec codec_;
  video::FrameAssembler assembler_;
  SeqNumUnwrapper numbers_;
};

}  // namespace

TEST_CASE("who does not read the dependency descriptor is sent the lowest spatial layer of AV1 alone",
          "[sim][layers]") {
  const auto name = GENERATE(std::string("av1_l3t3"), std::string("av1_l3t3_key"));
  CAPTURE(name);
  World world({});
  RecordedPublisher publisher(world, "ada", name);
  Receiver receiver(world, publisher.recording(), false);
  world.run_for(TimeDelta::seconds(6));
  UnitDecoder decoder(Codec::kAv1);
  CHECK(receiver.units.size() > 90);
  for (const auto& unit : receiver.units) {
    const auto decoded = decoder.decode(unit.bytes);
    REQUIRE(decoded.error.empty());
    REQUIRE(decoded.pictures.size() == 1);
    REQUIRE(decoded.pictures[0].height == 136);  // AV1 codes in multiples of eight
  }
  // Nor is anything counted that it cannot be sent.
  const room::SlotInfo info = receiver.info();
  CHECK(info.layer->spatial == 0);
  CHECK(info.ideal->spatial == 0);
}

TEST_CASE("who reads the dependency descriptor is sent all spatial layers of AV1", "[sim][layers]") {
  World world({});
  RecordedPublisher publisher(world, "ada", "av1_l3t3");
  Receiver receiver(world, publisher.recording(), true);
  world.run_for(TimeDelta::seconds(5));
  UnitDecoder decoder(Codec::kAv1);
  uint32_t height = 0;
  for (const auto& unit : receiver.units) {
    for (const PictureSum& picture : decoder.decode(unit.bytes).pictures) height = std::max(height, picture.height);
  }
  CHECK(height == 540);
  CHECK(receiver.info().ideal->spatial == 2);
}

// The lower layer of its picture had gone without a marker by then, and what has no end is never decoded.
TEST_CASE("a picture without the layer that is shown is followed by a keyframe that the viewer need not ask for",
          "[sim][layers]") {
  const auto name = GENERATE(std::string("av1_l3t3"), std::string("vp9_l3t3"));
  CAPTURE(name);
  World world({});
  RecordedPublisher publisher(world, "ada", name);
  const FrameGraph graph(publisher.recording());
  // The first of its kind that comes a second after a keyframe.
  size_t skipped = 0;
  for (size_t i = 0; i < graph.frames.size() && skipped == 0; ++i) {
    const auto& frame = graph.frames[i];
    const bool is_it = frame.spatial == 1 && frame.temporal == 0 &&
                       publisher.sent_at(frame.packets.front()) > world.now() + TimeDelta::seconds(1);
    if (is_it && graph.frames[i + 1].spatial == 2) skipped = i;
  }
  REQUIRE(skipped > 0);
  publisher.leaves_out = [&](size_t packet) { return graph.frame_of[packet] == skipped; };
  Receiver receiver(world, publisher.recording(), true, 300);
  const Timestamp at = publisher.sent_at(graph.frames[skipped].packets.front());
  world.run_until(at);
  publisher.asked.clear();
  world.run_for(TimeDelta::millis(500));
  REQUIRE_FALSE(publisher.asked.empty());
  CHECK(publisher.asked.front() - at < TimeDelta::millis(250));
}

// Found with Chromium, which decodes nothing more where picture ids leap.
TEST_CASE("a slot that changes between a VP9 track and a VP9 mix counts its pictures on", "[sim][layers][mixing]") {
  World::Options options;
  options.room.mode = room::RoomMode::kHybrid;
  World world(options);
  RecordedPublisher publisher(world, "ada", "vp9_l2t2");
  Receiver receiver(world, publisher.recording(), true);
  room::SubscriptionChange change;
  change.slot = SlotId("0");
  const auto choose = [&](room::TrackChoice choice) {
    change.track = std::move(choice);
    world.apply(room::SetSubscriptions{World::room(), ParticipantId("grace"), false, {change}});
  };
  world.run_for(TimeDelta::millis(1500));
  const size_t forwarded = receiver.descriptors.size();
  choose({room::TrackChoice::Kind::kMix, {}});
  world.run_for(TimeDelta::millis(1500));
  const size_t mixed = receiver.descriptors.size();
  choose({room::TrackChoice::Kind::kTrack, {ParticipantId("ada"), "camera"}});
  world.run_for(TimeDelta::millis(1900));
  REQUIRE(forwarded > 20);
  REQUIRE(mixed > forwarded + 20);
  REQUIRE(receiver.descriptors.size() > mixed + 20);
  for (size_t i = 1; i < receiver.descriptors.size(); ++i) {
    CAPTURE(i, forwarded, mixed);
    const auto step = (*receiver.descriptors[i].picture_id - *receiver.descriptors[i - 1].picture_id) & 0x7FFF;
    REQUIRE(step <= 1);
  }
}
