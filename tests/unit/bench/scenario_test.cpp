#include "harness/scenario.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "support/result_text.hpp"

namespace tutti::bench {
namespace {

const std::string kFanOut = R"(# One camera.
# Watched by many.
roles:
  camera:
    video: {bitrate: 2Mbps, fps: 25}
  viewer:
    watches: [camera]
scale: viewer
load: 7
)";

Scenario good(const std::string& text) {
  auto scenario = parse_scenario(text, "dir/s.yaml");
  if (!scenario) FAIL(scenario.error().detail);
  return *scenario;
}

std::string bad(const std::string& text) {
  const auto scenario = parse_scenario(text, "s.yaml");
  REQUIRE_FALSE(scenario);
  return scenario.error().detail;
}

TEST_CASE("a scenario is read with its comment, its roles and its load", "[bench][scenario]") {
  const Scenario s = good(kFanOut);
  CHECK(s.name == "s");
  CHECK(s.about == "One camera.\nWatched by many.");
  REQUIRE(s.roles.size() == 2);
  REQUIRE(s.roles[0].video);
  CHECK(s.roles[0].video->layers[0].bitrate == DataRate::kbps(2'000));
  CHECK(s.roles[0].video->fps == 25);
  CHECK(s.roles[1].watches == std::vector<SlotSource>{"camera"});
  CHECK(s.roles[1].people == 7);
  CHECK(s.mode == "sfu");
}

TEST_CASE("a slot with a count stands for that many", "[bench][scenario]") {
  const Scenario s = good("roles: {a: {people: 4, audio: {}, hears: [3 auto, a]}}\nscale: rooms\nload: 1\n");
  CHECK(s.roles[0].hears == std::vector<SlotSource>{"auto", "auto", "auto", "a"});
}

TEST_CASE("every mistake is named by line, in the order of the file", "[bench][scenario]") {
  CHECK(bad("roles:\n  a:\n    audoi: {}\n    hears: [mix]\n    people: many\nscale: b\nload: 0\n") ==
        "s.yaml:3:5: roles.a.audoi: unknown key (did you mean audio?)\n"
        "s.yaml:4:12: roles.a.hears: a mix needs mode: mcu or hybrid\n"
        "s.yaml:5:13: roles.a.people: expected a whole number from 0 to 10000, found \"many\"\n"
        "s.yaml:6:8: scale: expected rooms, joins-per-second or the name of a role, whose people the load then counts, "
        "found \"b\"\n"
        "s.yaml:7:7: load: expected a whole number from 1 to 1000000, found \"0\"");
}

TEST_CASE("what a scenario cannot do without is asked for", "[bench][scenario]") {
  CHECK(bad("rooms: 3\n") ==
        "s.yaml:1:1: roles: a scenario needs roles: who publishes, who receives\n"
        "s.yaml:1:1: scale: a scenario says what its load counts: rooms, joins-per-second or the name of a role");
  CHECK(bad("roles: {a: {audio: {}}}\nscale: joins-per-second\n") ==
        "s.yaml:1:1: load: a scenario that counts joins says how many a second");
}

TEST_CASE("a scenario without a load begins as it stands", "[bench][scenario]") {
  CHECK(good("rooms: 3\nroles: {a: {people: 5, audio: {}}}\nscale: rooms\n").load == 3);
  CHECK(good("rooms: 3\nroles: {a: {people: 5, audio: {}}}\nscale: a\n").people() == 15);
}

TEST_CASE("a slot that nobody can fill is refused", "[bench][scenario]") {
  const std::string end = "\nscale: rooms\nload: 1\n";
  CHECK(bad("roles: {a: {audio: {}, watches: [a]}}" + end) ==
        "s.yaml:1:33: roles.a.watches: the role a publishes no video");
  CHECK(bad("roles: {talker: {audio: {}, hears: [talkr]}}" + end) ==
        "s.yaml:1:36: roles.talker.hears: there is no role \"talkr\" (did you mean talker?)");
  CHECK(bad("mode: mcu\nroles: {a: {audio: {}, hears: [a]}}" + end) ==
        "s.yaml:2:31: roles.a.hears: a room of mode mcu has nothing but \"mix\" to give");
}

TEST_CASE("a suite belongs to keyed participants only", "[bench][scenario]") {
  const std::string end = "\nscale: rooms\nload: 1\n";
  const std::string text = "roles: {a: {transport: webrtc, suite: AEAD_AES_128_GCM, audio: {}}}" + end;
  CHECK(bad(text).find("roles.a.suite: is for transport srtp") != std::string::npos);
  CHECK(good("roles: {a: {suite: AES_CM_128_HMAC_SHA1_80, audio: {}}}" + end).roles[0].suite ==
        SrtpSuite::kAesCm128HmacSha1_80);
}

TEST_CASE("the load sets what the scenario scales by", "[bench][scenario]") {
  const Scenario fan_out = good(kFanOut);
  CHECK(fan_out.at(50).roles[1].people == 50);
  CHECK(fan_out.at(50).roles[0].people == 1);
  CHECK(fan_out.at(50).load == 50);
  CHECK(fan_out.scaled() == "people of \"viewer\"");

  const Scenario rooms = good("roles: {a: {people: 3, audio: {}}}\nscale: rooms\nload: 2\n");
  CHECK(rooms.rooms == 2);
  CHECK(rooms.at(9).rooms == 9);
  CHECK(rooms.at(9).people() == 27);

  const Scenario joins = good("rooms: 5\nroles: {a: {people: 4, audio: {}}}\nscale: joins-per-second\nload: 10\n");
  CHECK(joins.churn == Approx(0.5));
  CHECK(joins.at(40).churn == Approx(2));
}

TEST_CASE("every scenario that is shipped can be read and says what it stands for", "[bench][scenario]") {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(TUTTI_SOURCE_DIR "/bench/scenarios")) {
    const auto scenario = read_scenario(entry.path().string());
    INFO(entry.path());
    if (!scenario) FAIL_CHECK(scenario.error().detail);
    if (!scenario) continue;
    CHECK(scenario->about.find('\n') != std::string::npos);
    CHECK(scenario->people() > 0);
    names.insert(scenario->name);
  }
  for (const char* name : {"fan-out-video", "fan-out-audio", "meeting", "webinar", "audio-bridge", "composed-meeting",
                           "join-storm", "churn", "small-rooms", "relay", "idle-latency"}) {
    CHECK(names.contains(name));
  }
}

TEST_CASE("the example of the documentation, which has every key, can be read", "[bench][scenario]") {
  std::ifstream in(TUTTI_SOURCE_DIR "/bench/README.md");
  const std::string readme{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const std::string fence = "```yaml\n";
  const size_t begin = readme.find(fence) + fence.size();
  const Scenario s = good(readme.substr(begin, readme.find("```", begin) - begin));
  CHECK(s.people() == 310);
  CHECK(s.roles[1].down.delay == TimeDelta::millis(20));
}

}  // namespace
}  // namespace tutti::bench
