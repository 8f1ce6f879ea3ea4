// What Janus cannot do is said, not measured as something else.
#include "harness/janus_target.hpp"

#include <catch2/catch.hpp>

namespace tutti::bench {
namespace {

Role viewer_of(const std::string& role) {
  Role viewer;
  viewer.name = "viewer";
  viewer.suite = SrtpSuite::kAesCm128HmacSha1_80;
  viewer.watches = {role};
  return viewer;
}

Scenario fan_out() {
  Scenario scenario;
  Role camera;
  camera.name = "camera";
  camera.video = Video{};
  scenario.roles = {camera, viewer_of("camera")};
  return scenario;
}

Scenario audio_bridge() {
  Scenario scenario;
  scenario.mode = "mcu";
  Role talker;
  talker.name = "talker";
  talker.audio = Audio{};
  talker.hears = {"mix"};
  scenario.roles = {talker};
  return scenario;
}

bool mentions(const std::optional<std::string>& text, const std::string& word) {
  return text && text->find(word) != std::string::npos;
}

TEST_CASE("Janus forwards to keys of AES-CM and mixes", "[bench][janus]") {
  CHECK_FALSE(janus_lacks(fan_out()));
  CHECK_FALSE(janus_lacks(audio_bridge()));
}

TEST_CASE("Janus forwards plain RTP of whatever suite the role would have", "[bench][janus]") {
  Scenario scenario = fan_out();
  scenario.roles[1].suite = SrtpSuite::kAeadAes128Gcm;
  scenario.roles[1].transport = TransportKind::kPlain;
  CHECK_FALSE(janus_lacks(scenario));
}

TEST_CASE("Janus has no AES-GCM towards receivers, and a publisher's suite does not matter", "[bench][janus]") {
  Scenario scenario = fan_out();
  scenario.roles[0].suite = SrtpSuite::kAeadAes128Gcm;
  CHECK_FALSE(janus_lacks(scenario));
  scenario.roles[1].suite = SrtpSuite::kAeadAes128Gcm;
  CHECK(mentions(janus_lacks(scenario), "AEAD_AES_128_GCM"));
}

TEST_CASE("Janus lacks what needs signalling, layers, speakers or repairs", "[bench][janus]") {
  Scenario webrtc = fan_out();
  webrtc.roles[1].transport = TransportKind::kWebrtc;
  CHECK(mentions(janus_lacks(webrtc), "WebRTC"));

  Scenario simulcast = fan_out();
  simulcast.roles[0].video->layers.resize(3);
  CHECK(mentions(janus_lacks(simulcast), "simulcast"));

  Scenario speakers = fan_out();
  speakers.roles[1].watches = {"auto"};
  CHECK(mentions(janus_lacks(speakers), "auto"));

  Scenario lossy = fan_out();
  lossy.roles[1].down.loss = 0.01;
  CHECK(mentions(janus_lacks(lossy), "retransmission"));

  Scenario hybrid = fan_out();
  hybrid.mode = "hybrid";
  CHECK(mentions(janus_lacks(hybrid), "hybrid"));
}

TEST_CASE("Janus's bridge composes no picture and answers only who sends", "[bench][janus]") {
  Scenario composed = audio_bridge();
  composed.roles[0].video = Video{};
  CHECK(mentions(janus_lacks(composed), "pictures"));

  Scenario silent = audio_bridge();
  silent.roles[0].audio.reset();
  CHECK(mentions(janus_lacks(silent), "send nothing"));
}

}  // namespace
}  // namespace tutti::bench
