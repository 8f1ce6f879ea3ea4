#include <catch2/catch.hpp>
#include <map>

#include "api/command_reader.hpp"

using namespace tutti;
using namespace tutti::api;

namespace {

const RoomId kRoom("r");
const ParticipantId kAda("ada");

// Every mistake that the reader found: pointer to detail.
template <class T>
std::map<std::string, std::string> mistakes(const Read<T>& read) {
  std::map<std::string, std::string> out;
  if (read) return out;
  for (const FieldError& e : read.error().errors) out[e.pointer] = e.detail;
  if (out.empty()) out["-"] = read.error().detail;
  return out;
}

std::vector<std::string> join_pointers(std::string_view body) {
  std::vector<std::string> out;
  for (const auto& [pointer, detail] : mistakes(read_join(body, kRoom, {}))) out.push_back(pointer);
  return out;
}

std::vector<std::string> only(std::string pointer) { return {std::move(pointer)}; }

}  // namespace

TEST_CASE("a room without settings has the configured ones", "[api][commands]") {
  ReaderLimits limits;
  limits.room_defaults.limits.participants = 7;
  const auto command = read_create_room("{}", RoomId(), limits);
  REQUIRE(command.has_value());
  CHECK(command->room.empty());
  CHECK_FALSE(command->match_existing);
  CHECK(command->config == limits.room_defaults);
}

TEST_CASE("a room is read with all its settings", "[api][commands]") {
  const auto command =
      read_create_room(R"({"id": "hall", "mode": "mcu", "codecs": {"audio": ["opus"], "video": ["av1", "VP8"]},
      "limits": {"participants": 10, "slots": 4}, "empty_timeout_s": 5})",
                       RoomId(), {});
  REQUIRE(command.has_value());
  CHECK(command->room == RoomId("hall"));
  CHECK(command->config.mode == room::RoomMode::kMcu);
  CHECK(command->config.video_codecs == std::vector{Codec::kAv1, Codec::kVp8});
  CHECK(command->config.limits == room::RoomLimits{10, 16, 4});
  CHECK(command->config.empty_timeout == TimeDelta::seconds(5));
}

TEST_CASE("each mistake in a room's settings is named by its pointer", "[api][commands]") {
  const auto found = mistakes(
      read_create_room(R"({"id": "mix", "mode": "mesh", "codecs": {"audio": ["VP8"], "video": ["VP8", "VP8"], "x": 1},
      "limits": {"participants": 101, "tracks": 0, "slots": "many"}, "empty_timeout_s": -1, "a/b~c": 1})",
                       RoomId(), {}));
  for (const char* pointer : {"/id", "/mode", "/codecs/audio/0", "/codecs/video/1", "/codecs/x", "/limits/participants",
                              "/limits/tracks", "/limits/slots", "/empty_timeout_s", "/a~1b~0c"}) {
    INFO(pointer);
    CHECK(found.count(pointer) == 1);
  }
  CHECK(found.size() == 10);
}

TEST_CASE("PUT takes no id in the body, and finds a room made alike", "[api][commands]") {
  CHECK(mistakes(read_create_room(R"({"id": "x"})", kRoom, {})).count("/id") == 1);
  const auto command = read_create_room("{}", kRoom, {});
  REQUIRE(command.has_value());
  CHECK(command->match_existing);
}

TEST_CASE("a change of a room names only what changes", "[api][commands]") {
  const auto command = read_update_room(R"({"limits": {"tracks": 3}})", kRoom, {});
  REQUIRE(command.has_value());
  CHECK(command->limits.tracks == 3u);
  CHECK_FALSE(command->limits.participants);
  CHECK_FALSE(command->empty_timeout);
  CHECK(mistakes(read_update_room(R"({"mode": "sfu"})", kRoom, {})).count("/mode") == 1);
}

TEST_CASE("a browser's join is read", "[api][commands]") {
  const auto join = read_join(R"({"id": "ada", "name": "Ada \u2665", "transport": {"kind": "webrtc", "offer": "v=0"},
      "publish": [{"mid": "0", "id": "mic", "source": "microphone"}],
      "subscriptions": [{"slot": "2", "track": "auto"}, {"slot": "3", "track": "bob/cam", "max_height": 360, "rid": "h",
                         "temporal": 1, "max_fps": 15, "priority": 0, "visible": false, "paused": true}, {"slot": "4", "track": null, "max_height": null, "max_fps": null,
                         "priority": null}]})",
                              kRoom, {});
  REQUIRE(join.has_value());
  CHECK(join->participant == kAda);
  const auto& webrtc = std::get<room::WebrtcJoin>(join->transport);
  CHECK(webrtc.offer == "v=0");
  REQUIRE(webrtc.publish.size() == 1);
  CHECK(webrtc.publish[0].mid.view() == "0");
  CHECK(webrtc.publish[0].id == "mic");
  REQUIRE(join->subscriptions.size() == 3);
  CHECK(join->subscriptions[0].track->kind == room::TrackChoice::Kind::kAuto);
  const room::SubscriptionChange& cam = join->subscriptions[1];
  CHECK(cam.track->track == TrackId{ParticipantId("bob"), "cam"});
  CHECK(cam.max_height == std::optional(std::optional<uint16_t>(360)));
  CHECK(cam.temporal == std::optional(std::optional<uint8_t>(1)));
  CHECK(cam.max_fps == std::optional(std::optional<uint16_t>(15)));
  CHECK(cam.priority == std::optional(std::optional<uint8_t>(0)));
  CHECK(cam.visible == false);
  CHECK(cam.paused == true);
  CHECK(join->subscriptions[2].track->kind == room::TrackChoice::Kind::kNone);
  REQUIRE(join->subscriptions[2].max_height.has_value());
  CHECK_FALSE(join->subscriptions[2].max_height->has_value());
  CHECK_FALSE(join->subscriptions[0].max_height);
}

TEST_CASE("each mistake in a join is named by its pointer", "[api][commands]") {
  const std::string offer = R"("transport": {"kind": "webrtc", "offer": "v=0"})";
  CHECK(join_pointers("{}") == only("/transport"));
  CHECK(join_pointers("[]") == only(""));
  CHECK(join_pointers(R"({"transport": {"offer": "v=0"}})") == only("/transport/kind"));
  CHECK(join_pointers(R"({"transport": {"kind": "sip"}, "publish": [], "receive": []})") == only("/transport/kind"));
  CHECK(join_pointers(R"({"transport": {"kind": "webrtc"}})") == only("/transport/offer"));
  CHECK(join_pointers(R"({"transport": {"kind": "webrtc", "offer": ""}})") == only("/transport/offer"));
  CHECK(join_pointers(R"({"transport": {"kind": "webrtc", "offer": "v=0", "suite": "x"}})") ==
        only("/transport/suite"));
  CHECK(join_pointers("{" + offer + R"(, "receive": []})") == only("/receive"));
  CHECK(join_pointers("{" + offer + R"(, "id": "a b"})") == only("/id"));
  CHECK(join_pointers("{" + offer + R"(, "id": "auto"})") == only("/id"));
  CHECK(join_pointers("{" + offer + R"(, "id": ")" + std::string(65, 'a') + "\"}") == only("/id"));
  CHECK(join_pointers("{" + offer + R"(, "name": "a\nb"})") == only("/name"));
  CHECK(join_pointers("{" + offer + R"(, "name": ")" + std::string(129, 'a') + "\"}") == only("/name"));
  CHECK(join_pointers("{" + offer + R"(, "replace": 1})") == only("/replace"));
  CHECK(join_pointers("{" + offer + R"(, "publish": [{"id": "mic"}]})") == only("/publish/0/mid"));
  CHECK(join_pointers("{" + offer + R"(, "publish": [{"mid": "0", "id": "m"}, {"mid": "1", "id": "m"}]})") ==
        only("/publish/1/id"));
  CHECK(join_pointers("{" + offer + R"(, "subscriptions": [{"track": "auto"}]})") == only("/subscriptions/0/slot"));
  CHECK(join_pointers("{" + offer + R"(, "subscriptions": [{"slot": "1"}, {"slot": "1"}]})") ==
        only("/subscriptions/1/slot"));
  CHECK(join_pointers("{" + offer + R"(, "subscriptions": [{"slot": "1", "track": "cam"}]})") ==
        only("/subscriptions/0/track"));
  CHECK(
      join_pointers(
          "{" + offer +
          R"(, "subscriptions": [{"slot": "1", "max_height": 0.5, "temporal": 8, "rid": "", "max_fps": 0, "priority": 101, "visible": 1}]})") ==
      std::vector<std::string>{"/subscriptions/0/max_fps", "/subscriptions/0/max_height", "/subscriptions/0/priority",
                               "/subscriptions/0/rid", "/subscriptions/0/temporal", "/subscriptions/0/visible"});
}

TEST_CASE("an offer over the limit is refused", "[api][commands]") {
  ReaderLimits limits;
  limits.max_sdp_bytes = 10;
  CHECK(read_join(R"({"transport": {"kind": "webrtc", "offer": "0123456789"}})", kRoom, limits).has_value());
  CHECK(mistakes(read_join(R"({"transport": {"kind": "webrtc", "offer": "0123456789a"}})", kRoom, limits))
            .count("/transport/offer") == 1);
}

TEST_CASE("one answer names sixteen mistakes at most", "[api][commands]") {
  std::string body = "{\"x0\": 0";
  for (int i = 1; i < 40; ++i) body += ", \"x" + std::to_string(i) + "\": 0";
  const auto read = read_update_room(body + "}", kRoom, {});
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().errors.size() == 16);
}

TEST_CASE("a change of a participant mutes, renames and offers again", "[api][commands]") {
  const auto change = read_update_participant(
      R"({"name": "A", "publish": [{"id": "mic", "muted": true}, {"id": "screen", "mid": "7", "source": "screen"}],
          "transport": {"offer": "v=0"}})",
      kRoom, kAda, {});
  REQUIRE(change.has_value());
  CHECK(change->name == "A");
  REQUIRE(change->mute.size() == 1);
  CHECK(change->mute[0].name == "mic");
  CHECK(change->mute[0].muted);
  REQUIRE(change->offer);
  REQUIRE(change->offer->publish.size() == 1);
  CHECK(change->offer->publish[0].source == "screen");
  CHECK_FALSE(change->congestion_log);
  CHECK(read_update_participant(R"({"congestion_log": true})", kRoom, kAda, {})->congestion_log == true);
}

TEST_CASE("a change of a participant sets only what it names of the voice", "[api][commands]") {
  const auto read = [](std::string_view body) { return read_update_participant(body, kRoom, kAda, {}); };
  const auto none = read("{}");
  REQUIRE(none.has_value());
  CHECK_FALSE(none->voice.gain_db);
  const auto some = read(R"({"voice": {"gain_db": -3.5, "deaf": false}})");
  REQUIRE(some.has_value());
  CHECK(some->voice.gain_db == -3.5);
  CHECK(some->voice.deaf == false);
  CHECK_FALSE(some->voice.gain_control);
  CHECK_FALSE(some->voice.noise_suppression);
  const auto rest = read(R"({"voice": {"gain_db": 20, "gain_control": true, "noise_suppression": true}})");
  REQUIRE(rest.has_value());
  CHECK(rest->voice.gain_db == 20);
  CHECK(rest->voice.gain_control == true);
  CHECK(rest->voice.noise_suppression == true);
}

TEST_CASE("a gain is a number from -60 to 20 and nothing else", "[api][commands]") {
  for (const char* gain : {"-60.01", "20.0001", "1e999", "-1e999", "18446744073709551615", "\"0\"", "null", "true"}) {
    INFO(gain);
    const auto found =
        mistakes(read_update_participant(R"({"voice": {"gain_db": )" + std::string(gain) + "}}", kRoom, kAda, {}));
    REQUIRE(found.size() == 1);
    CHECK((found.count("-") == 1 || found.at("/voice/gain_db") == "must be a number from -60 to 20"));
  }
  for (const char* gain : {"-60", "-6e1", "20", "0", "-0.0", "1e-300"}) {
    INFO(gain);
    CHECK(read_update_participant(R"({"voice": {"gain_db": )" + std::string(gain) + "}}", kRoom, kAda, {}).has_value());
  }
  // JSON has no such values.
  for (const char* gain : {"NaN", "Infinity", "-Infinity"}) {
    CHECK(mistakes(read_update_participant(R"({"voice": {"gain_db": )" + std::string(gain) + "}}", kRoom, kAda, {}))
              .count("-") == 1);
  }
}

TEST_CASE("each mistake in a change of a participant is named by its pointer", "[api][commands]") {
  const auto pointers = [](std::string_view body) { return mistakes(read_update_participant(body, kRoom, kAda, {})); };
  CHECK(pointers(R"({"publish": [{"id": "mic"}]})").count("/publish/0/muted") == 1);
  CHECK(pointers(R"({"publish": [{"muted": true}]})").count("/publish/0/id") == 1);
  CHECK(pointers(R"({"publish": [{"id": "s", "mid": "7"}]})").count("/publish/0/mid") == 1);
  CHECK(pointers(R"({"transport": {"kind": "webrtc", "offer": "v=0"}})").count("/transport/kind") == 1);
  CHECK(pointers(R"({"id": "bob"})").count("/id") == 1);
  CHECK(pointers(R"({"congestion_log": 1})").count("/congestion_log") == 1);
  CHECK(pointers(R"({"voice": true})").count("/voice") == 1);
  CHECK(pointers(R"({"voice": {"deaf": 1}})").count("/voice/deaf") == 1);
  CHECK(pointers(R"({"voice": {"gain_control": "on"}})").count("/voice/gain_control") == 1);
  CHECK(pointers(R"({"voice": {"noise_suppression": null}})").count("/voice/noise_suppression") == 1);
  CHECK(pointers(R"({"voice": {"gain": 1}})").count("/voice/gain") == 1);
}

TEST_CASE("subscriptions are set or changed", "[api][commands]") {
  const auto put = read_subscriptions(R"({"subscriptions": [{"slot": "0", "track": "mix", "layout": "default"}]})",
                                      kRoom, kAda, true);
  REQUIRE(put.has_value());
  CHECK(put->replace_all);
  CHECK(put->changes[0].layout == "default");
  CHECK(mistakes(read_subscriptions("{}", kRoom, kAda, false)).count("/subscriptions") == 1);
  CHECK(mistakes(read_subscriptions(R"({"subscriptions": {}})", kRoom, kAda, false)).count("/subscriptions") == 1);
}
