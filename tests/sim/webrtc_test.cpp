// WebRTC participants in a room: joining over a bad network, media both ways, ICE restarts, and the three ways to
// leave.
#include <catch2/catch.hpp>
#include <iostream>

#include "support/webrtc_client.hpp"

using namespace tutti;
using namespace tutti::test;

namespace {

const HopConditions kBad = {0.05, 0.01, 0.02, TimeDelta::millis(20), TimeDelta::millis(5)};

World::Options over(const HopConditions& conditions, uint64_t seed) {
  World::Options options;
  options.seed = seed;
  options.up = options.down = conditions;
  return options;
}

}  // namespace

TEST_CASE("a browser is in within seconds however the network treats its checks and its handshake", "[sim][webrtc]") {
  const uint64_t seed = GENERATE(1, 2, 3, 4, 5, 6, 7, 8);
  const double loss = GENERATE(0.0, 0.05, 0.2);
  INFO("seed " << seed << ", loss " << loss);
  World world(over({loss, 0.05, 0.05, TimeDelta::millis(20), TimeDelta::millis(10)}, seed));
  WebrtcClient client(world, "a");
  client.join();
  const Timestamp began = world.now();
  CHECK(world.run(began + TimeDelta::seconds(20), [&] {
    return client.connected() && world.describe("a").transport.state == room::TransportState::kConnected;
  }));
  if (loss == 0) CHECK(world.now() - began < TimeDelta::millis(200));
  if (loss <= 0.05) CHECK(world.now() - began < TimeDelta::seconds(3));
}

TEST_CASE("two browsers see and hear each other over a bad network", "[sim][webrtc]") {
  const uint64_t seed = 20261122;
  World world(over(kBad, seed));
  WebrtcClient a(world, "a"), b(world, "b");
  a.join();
  b.join();
  world.run_for(TimeDelta::seconds(60));
  for (WebrtcClient* c : {&a, &b}) {
    REQUIRE(c->connected());
    const uint64_t missing = c->video.missing(60);
    std::cout << "seed " << seed << ": " << c->video.numbers.size() << " video packets, " << c->video.recovered
              << " of these by RTX, " << missing << " missing; " << c->audio.numbers.size() << " audio packets\n";
    CHECK(c->video.numbers.size() > 60 * 30 * 2 * 9 / 10);
    CHECK(c->video.recovered > 50);
    CHECK(static_cast<double>(missing) < 0.001 * static_cast<double>(c->video.numbers.size()));
    // Audio is not repaired: 5 % are lost on the way up and 5 % on the way down.
    CHECK(c->audio.numbers.size() > 60 * 50 * 8 / 10);
    CHECK(c->audio.twice == 0);
    CHECK(c->video.twice == 0);
    CHECK(c->keyframes_asked() < 30);
  }
}

TEST_CASE("an ICE restart moves a browser to another address and its media goes on", "[sim][webrtc]") {
  World world(over(kBad, 3));
  WebrtcClient a(world, "a"), b(world, "b");
  a.join();
  b.join();
  world.run_for(TimeDelta::seconds(5));
  REQUIRE(b.connected());
  const Endpoint before = a.address();
  CHECK(world.describe("a").transport.remote == before);

  a.restart_ice(true);
  REQUIRE(world.run(world.now() + TimeDelta::seconds(3), [&] { return a.ice_connected(); }));
  CHECK(world.describe("a").transport.remote == a.address());
  CHECK_FALSE(a.address() == before);
  const size_t had = a.video.numbers.size(), seen_of_it = b.video.numbers.size();
  world.run_for(TimeDelta::seconds(5));
  CHECK(a.video.numbers.size() > had + 250);
  CHECK(b.video.numbers.size() > seen_of_it + 250);
  // The old credentials died with the first check under the new ones, the participant lives on.
  world.run_for(TimeDelta::seconds(40));
  CHECK(world.has_participant("a"));
}

TEST_CASE("an ICE restart that never completes leaves media on the old path until consent ends", "[sim][webrtc]") {
  World world(over({}, 4));
  WebrtcClient a(world, "a"), b(world, "b");
  a.join();
  b.join();
  world.run_for(TimeDelta::seconds(2));
  a.restart_ice(false);
  a.stop_checking();
  const Timestamp restarted = world.now();
  const size_t had = a.video.numbers.size();
  world.run_for(TimeDelta::seconds(10));
  CHECK(a.video.numbers.size() > had + 500);
  world.run_until(restarted + TimeDelta::seconds(30) - TimeDelta::micros(1));
  CHECK(world.has_participant("a"));
  world.run_for(TimeDelta::micros(1));
  CHECK_FALSE(world.has_participant("a"));
}

TEST_CASE("who stops checking is gone exactly one consent timeout after the last check came", "[sim][webrtc]") {
  World::Options options = over({}, 5);
  options.rooms.consent_timeout = TimeDelta::seconds(7);
  World world(std::move(options));
  WebrtcClient a(world, "a"), b(world, "b");
  a.join();
  b.join();
  world.run_for(TimeDelta::millis(9'700));
  REQUIRE(a.connected());
  // Media alone is no consent (RFC 7675 §5.1): it goes on here, and counts for nothing.
  a.stop_checking();
  const Timestamp gone = a.last_check() + TimeDelta::millis(20) + TimeDelta::seconds(7);
  world.run_until(gone - TimeDelta::micros(1));
  CHECK(world.has_participant("a"));
  world.run_until(gone);
  CHECK_FALSE(world.has_participant("a"));
  CHECK(world.left("a") == room::LeaveReason::kTimeout);
  CHECK(world.rooms().counters().get(Counter::kConsentExpired) == 1);
  // The other one stays and no longer gets anything of it.
  const size_t had = b.video.numbers.size();
  world.run_for(TimeDelta::seconds(1));
  CHECK(world.has_participant("b"));
  CHECK(b.video.numbers.size() <= had + 2);
  CHECK(world.rooms().track_count() == 2);
}

TEST_CASE("a browser that never says anything is gone after the consent timeout too", "[sim][webrtc]") {
  World world(over({}, 6));
  WebrtcClient a(world, "a");
  a.join();
  a.vanish();
  const Timestamp gone = world.now() + TimeDelta::seconds(30);
  world.run_until(gone - TimeDelta::micros(1));
  CHECK(world.has_participant("a"));
  world.run_until(gone);
  CHECK_FALSE(world.has_participant("a"));
}

TEST_CASE("close_notify removes a browser as soon as it comes", "[sim][webrtc]") {
  World world(over({}, 7));
  WebrtcClient a(world, "a");
  a.join();
  world.run_for(TimeDelta::seconds(3));
  REQUIRE(a.connected());
  a.close();
  const Timestamp comes = world.now() + TimeDelta::millis(20);
  world.run_until(comes - TimeDelta::micros(1));
  CHECK(world.has_participant("a"));
  world.run_until(comes);
  CHECK_FALSE(world.has_participant("a"));
  CHECK(world.left("a") == room::LeaveReason::kLeft);
}

TEST_CASE("who is removed by REST gets a BYE and a close_notify", "[sim][webrtc]") {
  World world(over({}, 8));
  WebrtcClient a(world, "a");
  a.join();
  world.run_for(TimeDelta::seconds(3));
  world.apply(room::RemoveParticipant{World::room(), ParticipantId("a")});
  world.run_for(TimeDelta::millis(20));
  CHECK(a.said_goodbye());
  CHECK(a.dtls_closed());
  CHECK(world.left("a") == room::LeaveReason::kRemoved);
}

TEST_CASE("a stranger's checks, handshakes and media change nothing for a browser", "[sim][webrtc]") {
  World world(over({}, 9));
  WebrtcClient a(world, "a");
  a.join();
  world.run_for(TimeDelta::seconds(3));
  const Endpoint stranger = world.make_address();
  const room::ParticipantInfo info = world.describe("a");

  // Everything that the browser sends, sent again by somebody else; and its check under a wrong password.
  const std::vector<uint8_t> hello = {22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0};
  const std::vector<uint8_t> rtp = [] {
    std::vector<uint8_t> out(120);
    rtp::write_header({false, PayloadType(111), SeqNum(30'000), RtpTimestamp(1), WebrtcClient::kAudio}, {}, out);
    return out;
  }();
  for (int i = 0; i < 50; ++i) {
    world.send(stranger, hello);
    world.send(stranger, rtp);
    world.send(a.address(), hello);  // a forged source
    world.send(a.address(), rtp);
    world.run_for(TimeDelta::millis(10));
  }
  world.run_for(TimeDelta::millis(20));
  CHECK(world.describe("a").transport.remote == info.transport.remote);
  CHECK(world.describe("a").transport.state == room::TransportState::kConnected);
  CHECK(world.rooms().counters().get(DropReason::kUnknownSource) == 100);
  CHECK(world.rooms().counters().get(DropReason::kSrtpAuth) == 50);
}
