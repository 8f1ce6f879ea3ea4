// Packets are kept for retransmission, and for no longer: the pool stays small and is empty in the end, however people
// leave.
#include <catch2/catch.hpp>
#include <iostream>

#include "support/keyed_client.hpp"
#include "support/webrtc_client.hpp"

using namespace tutti;
using namespace tutti::test;

namespace {

World::Options bad_network(uint64_t seed) {
  World::Options options;
  options.seed = seed;
  options.up = options.down = {0.05, 0.01, 0.02, TimeDelta::millis(20), TimeDelta::millis(5)};
  return options;
}

struct Call {
  explicit Call(uint64_t seed, TimeDelta length) : world(bad_network(seed)) {
    for (const char* id : {"a", "b", "c", "d"}) {
      clients.push_back(std::make_unique<WebrtcClient>(world, id));
      clients.back()->join();
    }
    for (const Timestamp end = world.now() + length; world.now() < end; world.run_for(TimeDelta::millis(100))) {
      most = std::max(most, in_use());
    }
    REQUIRE(in_use() > 0);
  }
  size_t in_use() { return world.rooms().packets().in_use(); }

  World world;
  std::vector<std::unique_ptr<WebrtcClient>> clients;
  size_t most = 0;
};

}  // namespace

TEST_CASE("what a call keeps does not grow with its length", "[sim][memory]") {
  // The first seconds need as much as all the others. (One world at a time: libsrtp is initialised once.)
  const size_t at_first = Call(1, TimeDelta::seconds(5)).most;
  const size_t most = Call(1, TimeDelta::seconds(60)).most;
  std::cout << "four browsers: at most " << most << " packets kept, " << at_first << " of them in the first seconds\n";
  // Two seconds of four cameras of 60 packets, a second of four microphones of 64 at most, and what is in the pipeline.
  CHECK(most < 4 * (2 * 60 + 64) + 100);
  CHECK(most < at_first + 50);
}

TEST_CASE("packets are let go a moment after the last one came, though everybody stays", "[sim][memory]") {
  Call call(2, TimeDelta::seconds(5));
  for (auto& c : call.clients) c->stop_publishing();
  call.world.run_for(TimeDelta::millis(2'300));
  CHECK(call.in_use() == 0);
  CHECK(call.world.rooms().participant_count() == 4);
}

TEST_CASE("nothing is kept of those who left, by whichever way", "[sim][memory]") {
  const int way = GENERATE(0, 1, 2, 3, 4);
  INFO("way " << way);
  Call call(3, TimeDelta::seconds(5));
  switch (way) {
    case 0:
      for (const char* id : {"a", "b", "c", "d"})
        call.world.apply(room::RemoveParticipant{World::room(), ParticipantId(id)});
      break;
    case 1:
      call.world.apply(room::DeleteRoom{World::room()});
      break;
    case 2:
      for (auto& c : call.clients) c->close();
      // A close_notify may be lost.
      call.world.run_for(TimeDelta::seconds(31));
      break;
    case 3:
      for (auto& c : call.clients) c->vanish();
      call.world.run_for(TimeDelta::seconds(31));
      break;
    case 4:
      call.world.rooms().close_all(call.world.now());
      break;
  }
  // What is under way goes out; nothing but that needs time.
  call.world.run_for(TimeDelta::micros(0));
  CHECK(call.in_use() == 0);
  CHECK(call.world.rooms().participant_count() == 0);
  CHECK(call.world.rooms().track_count() == 0);
}

TEST_CASE("a pool that is used up costs packets, not the room", "[sim][memory]") {
  World::Options options = bad_network(4);
  options.rooms.max_packets = 64;
  World world(std::move(options));
  WebrtcClient a(world, "a"), b(world, "b");
  a.join();
  b.join();
  world.run_for(TimeDelta::seconds(5));
  CHECK(world.rooms().packets().in_use() <= 64);
  CHECK(world.rooms().counters().get(DropReason::kPoolExhausted) > 0);
  a.stop_publishing();
  b.stop_publishing();
  world.run_for(TimeDelta::seconds(3));
  CHECK(world.rooms().packets().in_use() == 0);
}

TEST_CASE("a subscriber behind a narrow link costs the room no more memory", "[sim][memory]") {
  World::Options options;
  options.seed = 5;
  // Half of what two cameras need: queues fill up, most is lost, everything is asked for again.
  options.down.rate = DataRate::kbps(400);
  World world(std::move(options));
  WebrtcClient a(world, "a"), b(world, "b");
  a.join();
  b.join();
  size_t most = 0;
  for (int i = 0; i < 300; ++i) {
    world.run_for(TimeDelta::millis(100));
    most = std::max(most, world.rooms().packets().in_use());
  }
  CHECK(world.down().lost() > 1000);
  CHECK(most < 2 * (2 * 60 + 64) + 100);
  CHECK(world.rooms().participant_count() == 2);
}
