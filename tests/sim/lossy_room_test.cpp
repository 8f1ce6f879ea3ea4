// Ten minutes of a room in virtual time: one publisher with three layers, twenty subscribers, 40 ms round trip and 5 %
// loss each way on every hop. The same code as the daemon runs, from a seed.
#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>

#include "support/sim_publisher.hpp"
#include "support/sim_subscriber.hpp"

using namespace tutti;
using namespace tutti::test;

namespace {

constexpr uint32_t kSubscribers = 20;

class LossyRoom {
 public:
  LossyRoom(uint64_t seed, const HopConditions& conditions)
      : world(World::Options{seed, conditions, conditions, {}}), publisher(world, "p0") {
    for (uint32_t i = 1; i <= kSubscribers; ++i) {
      room::SubscriptionChange wish;
      wish.track = room::TrackChoice{room::TrackChoice::Kind::kTrack, {ParticipantId("p0"), "cam"}};
      wish.rid = Rid::make(SimPublisher::kRids[i % 3]);
      subscribers.push_back(std::make_unique<SimSubscriber>(world, "p" + std::to_string(i), i, wish));
    }
  }

  // Every two seconds somebody wants another layer, or fewer temporal layers.
  void run(TimeDelta duration) {
    const Timestamp end = world.now() + duration;
    while (world.now() < end) {
      world.run_until(std::min(end, world.now() + TimeDelta::seconds(2)));
      const auto temporal = static_cast<uint8_t>(world.random().below(4));
      wish(1 + static_cast<uint32_t>(world.random().below(kSubscribers)), world.random().below(3),
           temporal == 3 ? std::nullopt : std::optional(temporal));
    }
  }
  void wish(uint32_t subscriber, size_t layer, std::optional<uint8_t> temporal) {
    room::SubscriptionChange change;
    change.slot = SlotId("0");
    change.rid = Rid::make(SimPublisher::kRids[layer]);
    change.temporal = temporal;
    room::SetSubscriptions set;
    set.room = World::room();
    set.participant = ParticipantId("p" + std::to_string(subscriber));
    set.changes = {change};
    world.apply(set);
  }

  World world;
  SimPublisher publisher;
  std::vector<std::unique_ptr<SimSubscriber>> subscribers;
};

}  // namespace

TEST_CASE("ten minutes, three layers and twenty subscribers with 5 % loss on every hop lose under 0.1 %", "[sim]") {
  const uint64_t seed = 20261121;
  LossyRoom sim(seed, {0.05, 0.002, 0.002, TimeDelta::millis(20), TimeDelta::millis(4)});
  sim.run(TimeDelta::seconds(600));

  uint64_t expected = 0, left = 0, late = 0, retransmitted = 0;
  int most_asks = 0;
  for (auto& s : sim.subscribers) {
    const auto result = s->finish(sim.world.now());
    INFO(s->first_fault());
    CHECK(s->first_fault().empty());
    CHECK(result.expected > 10'000);
    CHECK(result.residual() < 0.001);
    CHECK(s->round_trip_time() < TimeDelta::millis(60));
    expected += result.expected;
    left += result.missing + result.late;
    late += result.late;
    retransmitted += s->rtx_received();
    most_asks = std::max(most_asks, s->most_asks());
  }
  std::cout << "seed " << seed << ": " << expected << " packets expected by subscribers, " << left
            << " not there after 400 ms, " << late << " of these came later ("
            << 100.0 * static_cast<double>(left) / static_cast<double>(expected) << " %), " << retransmitted
            << " retransmissions received, at most " << most_asks << " questions for one packet, "
            << sim.publisher.resent() << " packets resent and " << sim.publisher.keyframes_asked()
            << " keyframes asked of the publisher\n";
  // Three retries after the first question, and the packet is still in time.
  CHECK(most_asks >= 4);
  // One publisher, twenty viewers, a switch every two seconds: requests are merged, not multiplied.
  CHECK(sim.publisher.keyframes_asked() < 1500);
  CHECK(sim.world.rooms().packets().in_use() < 2000);
  for (uint32_t i = 0; i <= kSubscribers; ++i)
    sim.world.apply(room::RemoveParticipant{World::room(), ParticipantId("p" + std::to_string(i))});
  CHECK(sim.world.rooms().packets().in_use() == 0);
}

TEST_CASE("without loss nothing is retransmitted and nothing is missing", "[sim]") {
  LossyRoom sim(7, {});
  sim.run(TimeDelta::seconds(20));
  for (auto& s : sim.subscribers) {
    const auto result = s->finish(sim.world.now());
    INFO(s->first_fault());
    CHECK(s->first_fault().empty());
    CHECK(result.missing + result.late == 0);
    CHECK(s->rtx_received() == 0);
    CHECK(s->packets() > 400);
  }
}

TEST_CASE("a layer that is asked for is seen within a second, up and down, with 5 % loss on every hop", "[sim]") {
  LossyRoom sim(11, {0.05, 0.002, 0.002, TimeDelta::millis(20), TimeDelta::millis(4)});
  sim.world.run_for(TimeDelta::seconds(2));
  for (const size_t layer : {2, 0, 1, 2, 1, 0}) {
    for (uint32_t i = 1; i <= kSubscribers; ++i) sim.wish(i, layer, std::nullopt);
    const auto everybody_sees_it = [&] {
      return std::all_of(sim.subscribers.begin(), sim.subscribers.end(),
                         [&](const auto& s) { return s->last_height() == 180u << layer; });
    };
    CHECK(sim.world.run(sim.world.now() + TimeDelta::seconds(1), everybody_sees_it));
    sim.world.run_for(TimeDelta::seconds(2));
  }
}
