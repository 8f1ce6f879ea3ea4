// A keyed participant whose address nobody told is found by its first packet, and by nothing that others send. RFC 7362
// §4 has what goes wrong where any packet will do.
#include <catch2/catch.hpp>

#include "support/keyed_client.hpp"

using namespace tutti;
using namespace tutti::test;

namespace {

constexpr Ssrc kSsrc{1111};
constexpr uint32_t kRate = 20;

struct Scene {
  Scene() : world(options()) {}
  static World::Options options() {
    World::Options o;
    o.rooms.unknown_source_rate = kRate;
    return o;
  }
  void deliver(const Endpoint& from, std::vector<uint8_t> bytes) {
    world.send(from, std::move(bytes));
    world.run_for(TimeDelta::millis(20));
  }
  // Looks like the participant's, and is nobody's.
  std::vector<uint8_t> forged(Ssrc ssrc = kSsrc) {
    std::vector<uint8_t> out(100);
    world.random().fill(out);
    rtp::write_header({false, PayloadType(111), SeqNum(1), RtpTimestamp(960), ssrc}, {}, out);
    return out;
  }
  uint64_t count(DropReason reason) { return world.rooms().counters().get(reason); }
  uint64_t count(Counter counter) { return world.rooms().counters().get(counter); }

  World world;
  Endpoint here = world.make_address(), elsewhere = world.make_address();
};

}  // namespace

TEST_CASE("the first packet that authenticates tells the address", "[sim][learning]") {
  Scene s;
  KeyedClient client(s.world, "k", kSsrc);
  client.join();
  CHECK(s.world.describe("k").transport.state == room::TransportState::kNew);
  s.deliver(s.elsewhere, s.forged());
  s.deliver(s.elsewhere, std::vector<uint8_t>(40, 0x80));
  CHECK_FALSE(client.learned());
  s.deliver(s.here, client.packet());
  CHECK(client.learned() == s.here);
  CHECK(s.world.describe("k").transport.state == room::TransportState::kConnected);
  CHECK(s.count(Counter::kRtpReceived) == 1);
}

TEST_CASE("a learned address is moved by nothing", "[sim][learning]") {
  Scene s;
  KeyedClient client(s.world, "k", kSsrc);
  client.join();
  const auto first = client.packet();
  s.deliver(s.here, first);
  REQUIRE(client.learned() == s.here);
  const auto second = client.packet();
  s.deliver(s.elsewhere, s.forged());
  s.deliver(s.elsewhere, first);            // replayed
  s.deliver(s.elsewhere, second);           // overheard, and faster than the original
  s.deliver(s.elsewhere, client.packet());  // the keys are right: it has moved, and nobody was told
  s.deliver({s.here.ip, static_cast<uint16_t>(s.here.port + 1)}, client.packet());
  CHECK(client.learned() == s.here);
  CHECK(s.count(DropReason::kUnknownSource) == 5);
  s.deliver(s.here, second);
  CHECK(s.count(Counter::kRtpReceived) == 2);
}

TEST_CASE("a forged source address with unauthentic bytes changes nothing and stops nothing", "[sim][learning]") {
  Scene s;
  KeyedClient client(s.world, "k", kSsrc);
  client.join();
  s.deliver(s.here, client.packet());
  for (int i = 0; i < 50; ++i) s.deliver(s.here, s.forged());
  s.deliver(s.here, client.packet());
  CHECK(client.learned() == s.here);
  // The forged ones bear a number that was here already: they are dropped before they are opened.
  CHECK(s.count(DropReason::kRtpDuplicate) == 50);
  CHECK(s.count(Counter::kRtpReceived) == 2);
}

TEST_CASE("an unknown packet is tried against four that wait, and the fifth has its turn when one of them is found",
          "[sim][learning]") {
  Scene s;
  std::vector<std::unique_ptr<KeyedClient>> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(std::make_unique<KeyedClient>(s.world, "k" + std::to_string(i), kSsrc));
    clients.back()->join();
  }
  const Endpoint nobody = s.world.make_address();
  s.deliver(nobody, s.forged());
  CHECK(s.count(DropReason::kSrtpAuth) == 4);

  std::vector<Endpoint> addresses;
  size_t found = 0;
  // Whoever is among the four is found at once; the one that is not, in the second round.
  for (int round = 0; round < 2; ++round) {
    for (size_t i = 0; i < clients.size(); ++i) {
      if (round == 0) addresses.push_back(s.world.make_address());
      if (!clients[i]->learned()) s.deliver(addresses[i], clients[i]->packet());
      if (clients[i]->learned()) CHECK(clients[i]->learned() == addresses[i]);
    }
    found = static_cast<size_t>(
        std::count_if(clients.begin(), clients.end(), [](auto& c) { return c->learned().has_value(); }));
    CHECK(found >= 4);
  }
  CHECK(found == 5);
}

TEST_CASE("a source that fails too often is not tried for the rest of a second, others are", "[sim][learning]") {
  Scene s;
  KeyedClient a(s.world, "a", kSsrc), b(s.world, "b", Ssrc(2222));
  a.join();
  b.join();
  for (uint32_t i = 0; i < kRate + 10; ++i) s.world.send(s.elsewhere, s.forged());
  s.world.run_for(TimeDelta::millis(20));
  CHECK(s.count(DropReason::kSrtpAuth) == kRate);
  CHECK(s.count(DropReason::kLearnLimited) == 10);
  // Another port of the same host makes no difference, and right keys do not help: they are not tried.
  s.deliver({s.elsewhere.ip, 6000}, a.packet());
  CHECK_FALSE(a.learned());
  s.deliver(s.here, b.packet());
  CHECK(b.learned() == s.here);
  s.world.run_for(TimeDelta::seconds(1));
  s.deliver({s.elsewhere.ip, 6000}, a.packet());
  CHECK(a.learned() == Endpoint{s.elsewhere.ip, 6000});
}

TEST_CASE("a keyed participant is gone one timeout after its last authentic packet", "[sim][learning]") {
  Scene s;
  KeyedClient client(s.world, "k", kSsrc);
  client.join({}, TimeDelta::seconds(5));
  s.deliver(s.here, client.packet());
  s.world.run_for(TimeDelta::seconds(3));
  s.deliver(s.here, client.packet());
  const Timestamp last = s.world.now();
  s.world.run_for(TimeDelta::seconds(2));
  s.deliver(s.here, s.forged());
  s.world.run_until(last + TimeDelta::seconds(5) - TimeDelta::micros(1));
  CHECK(s.world.has_participant("k"));
  s.world.run_for(TimeDelta::micros(1));
  CHECK_FALSE(s.world.has_participant("k"));
  CHECK(s.world.left("k") == room::LeaveReason::kTimeout);
  // Its address is free again.
  KeyedClient other(s.world, "o", kSsrc);
  other.join(s.here);
  s.deliver(s.here, other.packet());
  CHECK(s.world.describe("o").transport.state == room::TransportState::kConnected);
}
