// What a room that mixes says and refuses, without a packet of media: slots, layouts, voices, limits, and how many encoders there are.
#include <catch2/catch.hpp>

#include "support/world.hpp"

namespace tutti::test {
namespace {

using namespace room;
using Kind = TrackChoice::Kind;

peer::CodecSpec spec(Codec codec, uint8_t payload_type, std::string fmtp = {}) {
  peer::CodecSpec c;
  c.codec = codec;
  c.payload_type = PayloadType(payload_type);
  c.clock_rate_hz = default_clock_rate_hz(codec);
  c.channels = codec == Codec::kOpus ? 2 : 1;
  c.fmtp = std::move(fmtp);
  return c;
}

struct Scene {
  explicit Scene(RoomMode mode, MixingSettings mixing = {}) : world(options(mode, std::move(mixing))) {}
  static World::Options options(RoomMode mode, MixingSettings mixing) {
    World::Options o;
    o.room.mode = mode;
    o.room.limits.participants = 1000;
    o.rooms.mixing = std::move(mixing);
    return o;
  }

  struct Slot {
    peer::CodecSpec codec;
    MediaKind kind = MediaKind::kAudio;
  };
  // Over plain RTP: one audio track if it speaks, one video track if it is seen, and these slots.
  Join join(const std::string& id, std::vector<peer::CodecSpec> slots, bool publishes_video = false) {
    KeyedJoin keyed;
    keyed.encrypted = false;
    keyed.remote = world.make_address();
    auto publish = [&](const char* name, peer::CodecSpec codec) {
      peer::PublishSpec track;
      track.name = name;
      track.kind = kind_of(codec.codec);
      track.codec = codec;
      track.layers.push_back({{}, Ssrc(next_ssrc_++), std::nullopt});
      keyed.publish.push_back(track);
    };
    publish("mic", spec(Codec::kOpus, 111));
    if (publishes_video) publish("cam", spec(Codec::kVp8, 96));
    for (size_t i = 0; i < slots.size(); ++i) {
      peer::ReceiveSpec slot;
      slot.slot = SlotId(std::to_string(i));
      slot.kind = kind_of(slots[i].codec);
      slot.codecs.push_back(slots[i]);
      slot.ssrc = Ssrc(next_ssrc_++);
      keyed.receive.push_back(slot);
    }
    return {World::room(), ParticipantId(id), "", false, keyed, {}};
  }
  std::vector<SlotInfo> enter(const std::string& id, std::vector<peer::CodecSpec> slots, bool publishes_video = false) {
    return std::get<JoinReply>(world.apply(join(id, std::move(slots), publishes_video))).participant.slots;
  }
  Result<Reply> ask(const Command& command) { return world.rooms().apply(world.now(), command); }
  std::string refused(const Command& command) {
    const auto reply = ask(command);
    return reply ? "accepted" : reply.error().type;
  }
  SetSubscriptions change(const std::string& id, const std::string& slot, TrackChoice track, std::optional<std::string> layout = {},
                          std::optional<uint16_t> max_height = {}) {
    SubscriptionChange c;
    c.slot = SlotId(slot);
    c.track = std::move(track);
    c.layout = std::move(layout);
    if (max_height) c.max_height = max_height;
    return {World::room(), ParticipantId(id), false, {c}};
  }
  std::vector<StatsEntry> encoders(MediaKind kind) {
    auto all = std::get<std::vector<StatsEntry>>(world.apply(DescribeStats{World::room(), {}}));
    std::erase_if(all, [&](const StatsEntry& e) { return e.type != StatsEntry::Type::kMixEncoder || e.kind != kind; });
    return all;
  }

  World world;

 private:
  uint32_t next_ssrc_ = 1;
};

const TrackChoice kMix{Kind::kMix, {}}, kOff{Kind::kNone, {}}, kAuto{Kind::kAuto, {}};
peer::CodecSpec opus(std::string fmtp = {}) { return spec(Codec::kOpus, 111, std::move(fmtp)); }
peer::CodecSpec vp8() { return spec(Codec::kVp8, 96); }

}  // namespace

TEST_CASE("in an mcu room the first slot of each kind has the mix, and a forwarded track is a conflict", "[sim][mixing]") {
  Scene scene(RoomMode::kMcu);
  const auto slots = scene.enter("ada", {opus(), vp8(), opus(), vp8()}, true);
  REQUIRE(slots.size() == 4);
  CHECK(slots[0].track == kMix);
  CHECK(slots[0].current->str() == "mix/audio");
  CHECK(slots[1].track == kMix);
  CHECK(slots[1].current->str() == "mix/default");
  CHECK(slots[2].track == kOff);
  CHECK(slots[3].reason == SlotReason::kOff);
  CHECK(scene.refused(scene.change("ada", "2", kAuto)) == "mode-conflict");
  CHECK(scene.refused(scene.change("ada", "2", {Kind::kTrack, {ParticipantId("ada"), "mic"}})) == "mode-conflict");
  CHECK(scene.refused(scene.change("ada", "2", kMix)) == "accepted");
  // Back to what the room gives by itself.
  const auto reset = std::get<std::vector<SlotInfo>>(scene.world.apply(SetSubscriptions{World::room(), ParticipantId("ada"), true, {}}));
  CHECK(reset[2].track == kOff);
  CHECK(reset[0].track == kMix);
}

TEST_CASE("a slot of a hybrid room changes between track and mix, and its neighbour does not notice", "[sim][mixing]") {
  Scene scene(RoomMode::kHybrid);
  scene.enter("ada", {}, true);
  const auto slots = scene.enter("bob", {opus(), vp8()});
  CHECK(slots[0].track == kAuto);
  CHECK(slots[1].current->str() == "ada/cam");
  for (int round = 0; round < 3; ++round) {
    auto now = std::get<std::vector<SlotInfo>>(scene.world.apply(scene.change("bob", "1", kMix)));
    CHECK(now[1].current->str() == "mix/default");
    CHECK(now[0].track == kAuto);
    CHECK(scene.encoders(MediaKind::kVideo).size() == 1);
    now = std::get<std::vector<SlotInfo>>(scene.world.apply(scene.change("bob", "1", {Kind::kTrack, {ParticipantId("ada"), "cam"}})));
    CHECK(now[1].current->str() == "ada/cam");
    scene.world.run_for(TimeDelta::millis(100));
    CHECK(scene.encoders(MediaKind::kVideo).empty());
  }
}

TEST_CASE("an sfu room has no mix and no layouts", "[sim][mixing]") {
  Scene scene(RoomMode::kSfu);
  scene.enter("ada", {opus()});
  CHECK(scene.refused(scene.change("ada", "0", kMix)) == "mode-conflict");
  CHECK(scene.refused(SetLayout{World::room(), "wide", {}}) == "mode-conflict");
}

TEST_CASE("layouts are made, used, refused and deleted", "[sim][mixing]") {
  Scene scene(RoomMode::kMcu);
  scene.enter("ada", {opus(), vp8()}, true);
  CHECK(scene.refused(scene.change("ada", "1", kMix, "wide")) == "layout-not-found");
  Layout wide;
  wide.spec.kind = video::LayoutKind::kSpeaker;
  CHECK(std::get<LayoutInfo>(scene.world.apply(SetLayout{World::room(), "wide", wide})).created);
  CHECK_FALSE(std::get<LayoutInfo>(scene.world.apply(SetLayout{World::room(), "wide", wide})).created);
  CHECK(scene.refused(scene.change("ada", "1", kMix, "wide")) == "accepted");
  scene.world.run_for(TimeDelta::millis(100));
  const auto info = std::get<LayoutInfo>(scene.world.apply(DescribeLayout{World::room(), "wide"}));
  CHECK(info.watchers == 1);
  CHECK(info.encoders == 1);
  CHECK(info.layout == wide);
  CHECK(scene.refused(DeleteLayout{World::room(), "wide"}) == "layout-in-use");
  CHECK(scene.refused(scene.change("ada", "1", kMix, "default")) == "accepted");
  CHECK(scene.refused(DeleteLayout{World::room(), "wide"}) == "accepted");
  CHECK(scene.refused(DescribeLayout{World::room(), "wide"}) == "layout-not-found");
  CHECK(std::get<std::vector<LayoutInfo>>(scene.world.apply(DescribeLayouts{World::room()})).size() == 1);
  for (size_t i = 1; i < kMaxLayouts; ++i) scene.world.apply(SetLayout{World::room(), "l" + std::to_string(i), {}});
  CHECK(scene.refused(SetLayout{World::room(), "more", {}}) == "limit-layouts");
}

TEST_CASE("one picture is encoded once for each codec and size that somebody watches, however many watch", "[sim][mixing]") {
  for (const int watchers : {3, 30, 300}) {
    Scene scene(RoomMode::kMcu);
    scene.enter("camera", {}, true);
    for (int i = 0; i < watchers; ++i) scene.enter("w" + std::to_string(i), {opus(), vp8()});
    scene.world.run_for(TimeDelta::millis(200));
    auto encoders = scene.encoders(MediaKind::kVideo);
    REQUIRE(encoders.size() == 1);
    CHECK(encoders[0].listeners == static_cast<uint64_t>(watchers));
    CHECK(scene.encoders(MediaKind::kAudio).size() == 1);

    scene.world.apply(scene.change("w0", "1", kMix, {}, 360));
    CHECK(scene.encoders(MediaKind::kVideo).size() == 2);
    scene.world.apply(scene.change("w1", "1", kMix, {}, 200));
    CHECK(scene.encoders(MediaKind::kVideo).size() == 3);
    scene.world.apply(scene.change("w0", "1", kOff));
    scene.world.apply(scene.change("w1", "1", kOff));
    scene.world.run_for(TimeDelta::millis(200));
    CHECK(scene.encoders(MediaKind::kVideo).size() == 1);
  }
}

TEST_CASE("who takes only H.264 costs a second encoder, who would take either does not", "[sim][mixing]") {
  Scene scene(RoomMode::kMcu);
  scene.enter("ada", {vp8()}, true);
  scene.enter("bob", {spec(Codec::kH264, 102, "packetization-mode=1;profile-level-id=42e01f")});
  const auto encoders = scene.encoders(MediaKind::kVideo);
  REQUIRE(encoders.size() == 2);
  CHECK(encoders[0].codec != encoders[1].codec);
  // AV1 is not encoded here.
  CHECK(scene.enter("eve", {spec(Codec::kAv1, 45)})[0].reason == SlotReason::kCodec);
}

TEST_CASE("hiding oneself costs a composition for each watcher who is seen", "[sim][mixing]") {
  Scene scene(RoomMode::kMcu);
  Layout layout;
  layout.hide_self = true;
  scene.world.apply(SetLayout{World::room(), "default", layout});
  for (const char* name : {"ada", "bob", "eve"}) scene.enter(name, {opus(), vp8()}, true);
  scene.enter("watcher1", {vp8()});
  scene.enter("watcher2", {vp8()});
  CHECK(scene.encoders(MediaKind::kVideo).size() == 4);
  const auto info = std::get<LayoutInfo>(scene.world.apply(DescribeLayout{World::room(), "default"}));
  CHECK(info.compositions == 4);
  CHECK(info.watchers == 5);
  scene.world.apply(SetLayout{World::room(), "default", {}});
  scene.world.run_for(TimeDelta::millis(200));
  CHECK(scene.encoders(MediaKind::kVideo).size() == 1);
}

TEST_CASE("stereo, another rate and redundancy are classes of their own", "[sim][mixing]") {
  Scene scene(RoomMode::kMcu);
  scene.enter("a", {opus()});
  scene.enter("b", {opus("minptime=10;useinbandfec=1")});
  CHECK(scene.encoders(MediaKind::kAudio).size() == 1);
  scene.enter("c", {opus("stereo=1")});
  scene.enter("d", {opus("maxaveragebitrate=20000")});
  scene.enter("e", {opus("maxaveragebitrate=23000")});
  const auto encoders = scene.encoders(MediaKind::kAudio);
  REQUIRE(encoders.size() == 3);
  std::vector<uint64_t> rates;
  for (const auto& e : encoders) rates.push_back(*e.target_bitrate_bps);
  std::sort(rates.begin(), rates.end());
  CHECK(rates == std::vector<uint64_t>{16'000, 32'000, 64'000});
}

TEST_CASE("listeners who announce whatever they like do not make more than eight classes", "[sim][mixing]") {
  Scene scene(RoomMode::kMcu);
  int n = 0;
  for (const char* rate : {"12000", "16000", "24000", "32000", "48000", "64000", "96000"}) {
    for (const char* stereo : {"0", "1"}) scene.enter("p" + std::to_string(n++), {opus(std::string("stereo=") + stereo + ";maxaveragebitrate=" + rate)});
  }
  const auto encoders = scene.encoders(MediaKind::kAudio);
  CHECK(encoders.size() == 8);
  uint64_t listeners = 0;
  for (const auto& e : encoders) listeners += *e.listeners;
  CHECK(listeners == static_cast<uint64_t>(n));
}

TEST_CASE("who cannot have a picture without itself sees the one that is there", "[sim][mixing]") {
  MixingSettings mixing;
  mixing.max_video_encoders = 2;
  Scene scene(RoomMode::kMcu, mixing);
  for (const char* name : {"ada", "bob", "eve"}) scene.enter(name, {opus(), vp8()}, true);
  Layout layout;
  layout.hide_self = true;
  scene.world.apply(SetLayout{World::room(), "default", layout});
  scene.world.run_for(TimeDelta::millis(200));
  for (const char* name : {"ada", "bob", "eve"}) CHECK(scene.world.describe(name).slots[1].current->str() == "mix/default");
  CHECK(scene.encoders(MediaKind::kVideo).size() == 2);
}

TEST_CASE("who is deaf hears nothing, says so, and hears again", "[sim][mixing]") {
  Scene scene(RoomMode::kMcu);
  scene.enter("ada", {opus()});
  UpdateParticipant update{World::room(), ParticipantId("ada"), {}, {}, {}, {}};
  update.voice.deaf = true;
  update.voice.gain_db = -6;
  auto info = std::get<UpdateReply>(scene.world.apply(update)).participant;
  CHECK(info.slots[0].reason == SlotReason::kDeaf);
  CHECK_FALSE(info.slots[0].current);
  CHECK(info.voice.gain_db == -6);
  CHECK(scene.encoders(MediaKind::kAudio).empty());
  update.voice = {};
  update.voice.deaf = false;
  info = std::get<UpdateReply>(scene.world.apply(update)).participant;
  CHECK(info.slots[0].current->str() == "mix/audio");
  CHECK(info.voice.gain_db == -6);
}

TEST_CASE("beyond the limits of mixing new ones are refused, and those in stay as they are", "[sim][mixing]") {
  MixingSettings mixing;
  mixing.max_members = 3;
  mixing.max_video_encoders = 1;
  Scene scene(RoomMode::kMcu, mixing);
  scene.enter("ada", {opus(), vp8()}, true);
  scene.enter("bob", {opus(), vp8()});
  const auto refused = scene.ask(scene.change("bob", "1", kMix, {}, 360));
  REQUIRE(refused.has_error());
  CHECK(refused.error().kind == ErrorKind::kUnavailable);
  CHECK(refused.error().type == "mixing-overloaded");
  CHECK(scene.world.describe("bob").slots[1].current->str() == "mix/default");
  // Who asks for nothing in particular gets what is there, or is told why not.
  CHECK(scene.enter("eve", {opus(), spec(Codec::kH264, 102, "packetization-mode=1;profile-level-id=42e01f")})[1].reason == SlotReason::kOverloaded);
  const auto full = scene.ask(scene.join("late", {opus()}));
  REQUIRE(full.has_error());
  CHECK(full.error().kind == ErrorKind::kUnavailable);
  CHECK(full.error().type == "mixing-overloaded");
  scene.world.apply(RemoveParticipant{World::room(), ParticipantId("bob")});
  CHECK(scene.refused(scene.join("late", {opus()})) == "accepted");
  CHECK(scene.world.rooms().mixing_load().members == 3);
  scene.world.apply(DeleteRoom{World::room()});
  CHECK(scene.world.rooms().mixing_load().members == 0);
  CHECK(scene.world.rooms().mixing_load().video_encoders == 0);
}

TEST_CASE("a room that is deleted while the codec threads work for it leaves nothing behind", "[sim][mixing]") {
  Scene scene(RoomMode::kMcu);
  scene.enter("ada", {opus(), vp8()}, true);
  scene.world.run_for(TimeDelta::millis(36));
  CHECK(scene.world.jobs().size() > 0);
  scene.world.apply(DeleteRoom{World::room()});
  scene.world.run_for(TimeDelta::millis(200));
  CHECK(scene.world.jobs().size() == 0);
  CHECK(scene.world.rooms().packets().in_use() == 0);
}

}  // namespace tutti::test
