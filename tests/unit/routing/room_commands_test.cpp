// What REST asks of a room: what is refused, how it is told, and what is told to whom when something goes.
#include <algorithm>
#include <catch2/catch.hpp>

#include "support/fixtures.hpp"
#include "support/result_text.hpp"
#include "support/rooms_rig.hpp"

namespace tutti::room {
namespace {

const RoomId kRoom("r");

std::string offer(const std::string& name) { return test::fixture("offers/" + name + ".sdp"); }

struct Scene : test::RoomsRig {
  explicit Scene(RoomConfig room = {}, bool plain_rtp = true) : RoomsRig(config(plain_rtp)) {
    ok(CreateRoom{kRoom, std::move(room), false});
  }

  static RoomsConfig config(bool plain_rtp) {
    RoomsConfig config;
    config.allow_plain_rtp = plain_rtp;
    config.max_rooms = 2;
    return config;
  }

  Result<Reply> ask(const Command& command) {
    auto reply = rooms->apply(now, command);
    peer::SealBatch batch;
    while (rooms->poll_transmit(now, batch)) batch.clear();
    batch.clear();
    return reply;
  }
  Reply ok(const Command& command) {
    auto reply = ask(command);
    REQUIRE(reply);
    return *reply;
  }
  // "kind type pointer" of the error.
  std::string refused(const Command& command) {
    const auto reply = ask(command);
    if (reply) return "accepted";
    const Error& e = reply.error();
    std::string kind;
    switch (e.kind) {
      case ErrorKind::kInvalid: kind = "400 "; break;
      case ErrorKind::kForbidden: kind = "403 "; break;
      case ErrorKind::kUnauthorized: kind = "401 "; break;
      case ErrorKind::kNotFound: kind = "404 "; break;
      case ErrorKind::kConflict: kind = "409 "; break;
      case ErrorKind::kUnsupported: kind = "422 "; break;
      case ErrorKind::kRateLimited: kind = "429 "; break;
      case ErrorKind::kUnavailable: kind = "503 "; break;
      case ErrorKind::kInternal: kind = "500 "; break;
    }
    return kind + e.type + (e.pointer.empty() ? "" : " " + e.pointer);
  }
  template <class T>
  std::vector<T> happened() {
    std::vector<T> found;
    for (Event& event : rooms->take_events()) {
      if (auto* what = std::get_if<T>(&event.what)) found.push_back(std::move(*what));
    }
    return found;
  }
};

// A participant over plain RTP that publishes so many audio tracks and has so many slots; its port tells it apart.
Join plain(const std::string& id, uint16_t port, uint32_t tracks = 0, uint32_t slots = 0) {
  KeyedJoin keyed;
  keyed.encrypted = false;
  keyed.remote = Endpoint{IpAddress::v4({127, 0, 0, 1}), port};
  for (uint32_t i = 0; i < tracks; ++i) {
    peer::PublishSpec track;
    track.name = "t" + std::to_string(i);
    track.codec = test::opus_spec();
    track.layers.push_back({{}, Ssrc(port * 100u + i), std::nullopt});
    keyed.publish.push_back(track);
  }
  for (uint32_t i = 0; i < slots; ++i) {
    peer::ReceiveSpec slot;
    slot.slot = SlotId(std::to_string(i));
    slot.codecs.push_back(test::opus_spec());
    slot.ssrc = Ssrc(port * 100u + 50 + i);
    keyed.receive.push_back(slot);
  }
  return {kRoom, ParticipantId(id), "", false, keyed, {}};
}

Join browser(const std::string& id, const std::string& text, std::vector<peer::PublishName> names = {}) {
  return {kRoom, ParticipantId(id), "", false, WebrtcJoin{text, std::move(names), false}, {}};
}

UpdateParticipant reoffer(const std::string& id, const std::string& text) {
  UpdateParticipant update{kRoom, ParticipantId(id), std::nullopt, {}, {}, WebrtcJoin{text, {}, false}};
  return update;
}

SubscriptionChange wish(const std::string& slot, TrackChoice track) {
  SubscriptionChange change;
  change.slot = SlotId(slot);
  change.track = std::move(track);
  return change;
}

}  // namespace

TEST_CASE("a room's name, number and mode are refused for what they are", "[room][commands]") {
  Scene scene;
  CHECK(scene.refused(CreateRoom{kRoom, {}, false}) == "409 room-exists /id");
  CHECK(scene.refused(CreateRoom{kRoom, {}, true}) == "accepted");
  RoomConfig other;
  other.limits.participants = 3;
  CHECK(scene.refused(CreateRoom{kRoom, other, true}) == "409 room-exists /id");
  RoomConfig mixed;
  mixed.mode = RoomMode::kMcu;
  CHECK(scene.refused(CreateRoom{RoomId("m"), mixed, false}) == "422 mode-unavailable /mode");
  CHECK(scene.refused(CreateRoom{RoomId("second"), {}, false}) == "accepted");
  CHECK(scene.refused(CreateRoom{RoomId("third"), {}, false}) == "403 limit-rooms");
  CHECK(scene.refused(DeleteRoom{RoomId("nowhere")}) == "404 room-not-found");
  CHECK(scene.refused(DescribeTracks{RoomId("nowhere")}) == "404 room-not-found");
}

TEST_CASE("a room that was deleted may be made again at once", "[room][commands]") {
  Scene scene;
  scene.ok(plain("ada", 1001));
  scene.ok(DeleteRoom{kRoom});
  CHECK(scene.refused(DescribeRoom{kRoom}) == "404 room-not-found");
  CHECK(scene.refused(DeleteRoom{kRoom}) == "404 room-not-found");
  CHECK(std::get<RoomInfo>(scene.ok(CreateRoom{kRoom, {}, false})).participants == 0);
}

TEST_CASE("a participant that is not there is not found by any command", "[room][commands]") {
  Scene scene;
  const ParticipantId nobody("nobody");
  CHECK(scene.refused(DescribeParticipant{kRoom, nobody}) == "404 participant-not-found");
  CHECK(scene.refused(RemoveParticipant{kRoom, nobody}) == "404 participant-not-found");
  CHECK(scene.refused(UpdateParticipant{kRoom, nobody, "x", {}, {}, std::nullopt}) == "404 participant-not-found");
  CHECK(scene.refused(RestartIce{kRoom, nobody, "uuuu", "pppppppppppppppppppppp"}) == "404 participant-not-found");
  CHECK(scene.refused(SetSubscriptions{kRoom, nobody, false, {}}) == "404 participant-not-found");
  CHECK(scene.refused(DescribeSubscriptions{kRoom, nobody}) == "404 participant-not-found");
  CHECK(scene.refused(DescribeStats{kRoom, nobody}) == "404 participant-not-found");
}

TEST_CASE("a join that clashes or exceeds a limit changes nothing", "[room][commands]") {
  RoomConfig room;
  room.limits = {2, 1, 2};
  Scene scene(room);
  scene.ok(plain("ada", 1001, 1, 1));
  CHECK(scene.refused(plain("ada", 1002)) == "409 participant-exists /id");
  CHECK(scene.refused(plain("bob", 1001)) == "409 address-in-use /transport/remote");
  CHECK(scene.refused(plain("bob", 1002, 2)) == "403 limit-tracks");
  CHECK(scene.refused(plain("bob", 1002, 0, 3)) == "403 limit-slots");
  Join v6 = plain("bob", 1002);
  std::get<KeyedJoin>(v6.transport).remote = *Endpoint::parse("[2001:db8::1]:1002");
  CHECK(scene.refused(v6) == "422 unreachable /transport/remote");
  Join hidden = plain("bob", 1002, 1);
  std::get<KeyedJoin>(hidden.transport).remote.reset();
  CHECK(scene.refused(hidden) == "400 invalid-request /transport/remote");
  CHECK(scene.rooms->participant_count() == 1);
  scene.ok(plain("bob", 1002));
  CHECK(scene.refused(plain("cyd", 1003)) == "403 limit-participants");
  // Who takes a place needs none.
  Join again = plain("bob", 1002);
  again.replace = true;
  scene.ok(again);
  CHECK(scene.rooms->participant_count() == 2);
}

TEST_CASE("plain RTP is refused unless the configuration allows it", "[room][commands]") {
  Scene scene({}, false);
  CHECK(scene.refused(plain("ada", 1001)) == "403 plain-rtp /transport/kind");
}

TEST_CASE("a subscription names a slot that there is and a track that the room can show", "[room][commands]") {
  Scene scene;
  Join join = plain("ada", 1001, 0, 2);
  join.subscriptions = {wish("0", {TrackChoice::Kind::kAuto, {}}), wish("7", {TrackChoice::Kind::kAuto, {}})};
  CHECK(scene.refused(join) == "400 invalid-request /subscriptions/1/slot");
  join.subscriptions = {wish("1", {TrackChoice::Kind::kMix, {}})};
  CHECK(scene.refused(join) == "409 mode-conflict /subscriptions/0/track");
  CHECK(scene.rooms->participant_count() == 0);
  join.subscriptions.clear();
  scene.ok(join);
  const ParticipantId ada("ada");
  CHECK(scene.refused(SetSubscriptions{kRoom, ada, false, {wish("2", {TrackChoice::Kind::kNone, {}})}}) == "400 invalid-request /subscriptions/0/slot");
  // A track that is not published is waited for.
  const TrackChoice later{TrackChoice::Kind::kTrack, {ParticipantId("bob"), "t0"}};
  auto slots = std::get<std::vector<SlotInfo>>(scene.ok(SetSubscriptions{kRoom, ada, false, {wish("1", later)}}));
  CHECK(slots.at(1).reason == SlotReason::kNotPublished);
  scene.ok(plain("bob", 1002, 1));
  slots = std::get<std::vector<SlotInfo>>(scene.ok(DescribeSubscriptions{kRoom, ada}));
  REQUIRE(slots.at(1).current);
  CHECK(slots.at(1).current->str() == "bob/t0");
}

TEST_CASE("only who joined with an offer can offer again or restart ICE", "[room][commands]") {
  Scene scene;
  scene.ok(plain("ada", 1001, 1));
  CHECK(scene.refused(reoffer("ada", offer("chromium-reoffer-first"))) == "409 not-webrtc /transport/offer");
  CHECK(scene.refused(RestartIce{kRoom, ParticipantId("ada"), "uuuu", "pppppppppppppppppppppp"}) == "409 not-webrtc");
}

TEST_CASE("an offer that is refused leaves the participant as it was", "[room][commands]") {
  Scene scene;
  CHECK(scene.refused(browser("eve", "v=0\r\n")).substr(0, 4) == "400 ");
  CHECK(scene.rooms->participant_count() == 0);
  scene.ok(browser("ada", offer("chromium-reoffer-first")));
  CHECK(scene.refused(reoffer("ada", offer("chromium-recvonly"))) == "409 rejoin");
  CHECK(scene.refused(reoffer("ada", offer("chromium-reoffer-first"))) == "accepted");
}

TEST_CASE("a track that is not published cannot be muted", "[room][commands]") {
  Scene scene;
  scene.ok(plain("ada", 1001, 1));
  UpdateParticipant update{kRoom, ParticipantId("ada"), std::nullopt, {{"t0", true}, {"none", true}}, std::nullopt};
  CHECK(scene.refused(update) == "400 invalid-request /publish/1/id");
  CHECK_FALSE(std::get<std::vector<TrackInfo>>(scene.ok(DescribeTracks{kRoom})).at(0).muted);
}

// Found as a null pointer: the offer had ended the track that the same command muted.
TEST_CASE("a track that an offer ends may be muted by the same command", "[room][commands]") {
  Scene scene;
  const std::string first = offer("chromium-reoffer-first");
  scene.ok(browser("ada", first, {{*Mid::make("0"), "mic", "microphone"}}));
  UpdateParticipant update = reoffer("ada", test::replaced(first, "a=sendonly", "a=inactive"));
  update.mute = {{"mic", true}};
  scene.ok(update);
  CHECK(std::get<std::vector<TrackInfo>>(scene.ok(DescribeTracks{kRoom})).empty());
}

TEST_CASE("a slot shows what its last offer can decode", "[room][commands]") {
  Scene scene;
  scene.ok(browser("ada", offer("chromium-sendonly")));
  const std::string all = offer("chromium-recvonly");
  scene.ok(browser("bob", all));
  const auto reason = [&] {
    const auto bob = std::get<ParticipantInfo>(scene.ok(DescribeParticipant{kRoom, ParticipantId("bob")}));
    return bob.slots.at(1).reason;
  };
  CHECK(reason() == SlotReason::kNone);
  // Ada's camera sends VP8.
  scene.ok(reoffer("bob", test::replaced(all, "a=rtpmap:96 VP8", "a=rtpmap:96 VP0")));
  CHECK(reason() == SlotReason::kCodec);
  scene.ok(reoffer("bob", all));
  CHECK(reason() == SlotReason::kNone);
}

TEST_CASE("m-lines that replace each other do not pile up", "[room][commands]") {
  RoomConfig room;
  room.limits = {10, 2, 4};
  Scene scene(room);
  scene.ok(browser("ada", offer("chromium-reoffer-active")));
  std::string answer = "accepted", mid = "2";
  int rounds = 0;
  for (; rounds < 50 && answer == "accepted"; ++rounds) {
    REQUIRE(scene.refused(reoffer("ada", test::replaced(offer("chromium-reoffer-stopped"), "a=mid:2", "a=mid:" + mid))) == "accepted");
    mid = "m" + std::to_string(rounds);
    const std::string recycled = test::replaced(offer("chromium-reoffer-recycled"), "BUNDLE 0 1 4 3", "BUNDLE 0 1 " + mid + " 3");
    answer = scene.refused(reoffer("ada", test::replaced(recycled, "a=mid:4", "a=mid:" + mid)));
  }
  CHECK(answer == "409 rejoin /transport/offer");
  // Four times the four slots that are allowed, two of which it began with.
  CHECK(rounds == 4 * 4 - 2 + 1);
}

TEST_CASE("who leaves is told nothing of its slots, others are told of theirs", "[room][events]") {
  Scene scene;
  scene.ok(plain("ada", 1001, 1, 1));
  scene.ok(plain("bob", 1002, 1, 1));
  scene.rooms->take_events();
  scene.ok(RemoveParticipant{kRoom, ParticipantId("ada")});
  const auto slots = scene.happened<SlotChanged>();
  REQUIRE_FALSE(slots.empty());
  for (const SlotChanged& change : slots) CHECK(change.participant == ParticipantId("bob"));
  CHECK_FALSE(slots.back().slot.current);
  CHECK(slots.back().slot.reason == SlotReason::kNobodyPublishes);
}

TEST_CASE("a room that ends tells who left and that it ended, and hands out no tracks", "[room][events]") {
  Scene scene;
  for (uint16_t i = 0; i < 5; ++i) scene.ok(plain("p" + std::to_string(i), static_cast<uint16_t>(1001 + i), 1, 2));
  scene.rooms->take_events();
  scene.ok(DeleteRoom{kRoom});
  size_t left = 0, removed = 0, closed = 0, other = 0;
  for (const Event& event : scene.rooms->take_events()) {
    if (std::holds_alternative<ParticipantLeft>(event.what)) {
      ++left;
    } else if (std::holds_alternative<TrackChanged>(event.what)) {
      ++removed;
    } else if (std::holds_alternative<RoomClosed>(event.what)) {
      ++closed;
    } else {
      ++other;
    }
  }
  CHECK(left == 5);
  CHECK(removed == 5);
  CHECK(closed == 1);
  CHECK(other == 0);
}

TEST_CASE("events are numbered without a gap", "[room][events]") {
  Scene scene;
  scene.ok(plain("ada", 1001, 1, 1));
  scene.ok(plain("bob", 1002, 1, 1));
  scene.ok(RemoveParticipant{kRoom, ParticipantId("ada")});
  scene.ok(DeleteRoom{kRoom});
  uint64_t expected = 0;
  for (const Event& event : scene.rooms->take_events()) CHECK(event.number == ++expected);
  CHECK(expected > 5);
}

}  // namespace tutti::room
