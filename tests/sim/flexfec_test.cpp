// Video over a path that is long and loses packets: what a receiver lacks, with FlexFEC and without. Nobody asks for
// anything again.
#include <catch2/catch.hpp>
#include <iostream>

#include "support/sim_fec_viewer.hpp"
#include "support/sim_publisher.hpp"

using namespace tutti;
using namespace tutti::test;

namespace {

struct Seen {
  double missing = 0;
  uint64_t fec_packets = 0, recovered = 0, bytes = 0;
};

Seen watch(double loss, TimeDelta one_way, bool fec, uint64_t seed = 20261121) {
  World::Options options;
  options.seed = seed;
  options.up.delay = options.down.delay = one_way;
  World world(options);
  SimPublisher publisher(world, "p0");
  room::SubscriptionChange wish;
  wish.track = room::TrackChoice{room::TrackChoice::Kind::kTrack, {ParticipantId("p0"), "cam"}};
  wish.rid = Rid::make(SimPublisher::kRids[2]);
  SimFecViewer viewer(world, "viewer", wish, fec);
  world.run_for(TimeDelta::seconds(2));
  HopConditions lossy = options.down;
  lossy.loss = loss;
  world.down().set(lossy);
  world.run_for(TimeDelta::seconds(8));
  viewer.begin();
  world.run_for(TimeDelta::seconds(60));
  INFO(viewer.first_fault());
  CHECK(viewer.first_fault().empty());
  CHECK(world.rooms().counters().get(Counter::kFecSent) >= viewer.fec_packets());
  return {viewer.missing(one_way * 2), viewer.fec_packets(), viewer.recovered(), viewer.bytes()};
}

}  // namespace

TEST_CASE("over a long path FlexFEC gives most lost packets back before they could be asked for", "[sim][fec]") {
  for (const auto& [loss, share] : {std::pair(0.02, 0.25), std::pair(0.05, 0.35), std::pair(0.1, 0.4)}) {
    const Seen without = watch(loss, TimeDelta::millis(150), false);
    const Seen with = watch(loss, TimeDelta::millis(150), true);
    std::cout << 100 * loss << " % loss, 300 ms: " << 100 * without.missing << " % missing without FlexFEC, "
              << 100 * with.missing << " % with it, for "
              << static_cast<double>(with.bytes) / static_cast<double>(without.bytes) << " times the bytes\n";
    CHECK(without.missing > loss * 0.7);
    CHECK(with.missing < without.missing * share);
    CHECK(with.recovered > 20);
    CHECK(without.fec_packets == 0);
  }
}

TEST_CASE("over a short path, or one that loses nothing, no FlexFEC is sent", "[sim][fec]") {
  CHECK(watch(0.05, TimeDelta::millis(20), true).fec_packets == 0);
  CHECK(watch(0, TimeDelta::millis(150), true).fec_packets == 0);
}
