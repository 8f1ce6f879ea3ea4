// Time to the first picture for who joins a call under way, and what it costs the publisher, with the last keyframe from the track's
// cache and without.
#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>

#include "support/sim_publisher.hpp"
#include "support/sim_subscriber.hpp"

using namespace tutti;
using namespace tutti::test;

namespace {

struct Outcome {
  TimeDelta median, longest;
  uint64_t keyframes = 0;  // asked of the publisher for the newcomers
  uint64_t fast_starts = 0;
};

// A viewer who is there already, then `newcomers`, one every `apart`. 30 ms each way.
Outcome join(TimeDelta fast_start, size_t newcomers, TimeDelta apart, const char* rid) {
  World::Options options;
  options.up.delay = options.down.delay = TimeDelta::millis(30);
  options.rooms.fast_start = fast_start;
  World world(options);
  SimPublisher publisher(world, "p0");
  std::vector<std::unique_ptr<SimSubscriber>> viewers;
  std::vector<Timestamp> joined;
  const auto add = [&] {
    room::SubscriptionChange wish;
    wish.track = room::TrackChoice{room::TrackChoice::Kind::kTrack, {ParticipantId("p0"), "cam"}};
    wish.rid = Rid::make(rid);
    const auto index = static_cast<uint32_t>(viewers.size() + 1);
    viewers.push_back(std::make_unique<SimSubscriber>(world, "p" + std::to_string(index), index, wish));
    joined.push_back(world.now());
  };
  add();
  world.run_for(TimeDelta::seconds(10));
  const uint64_t before = publisher.keyframes_asked();
  for (size_t i = 0; i < newcomers; ++i) {
    add();
    world.run_for(apart);
  }
  world.run_for(TimeDelta::seconds(3));

  Outcome outcome;
  outcome.keyframes = publisher.keyframes_asked() - before;
  outcome.fast_starts = world.rooms().counters().get(Counter::kFastStarts);
  std::vector<TimeDelta> waits;
  for (size_t i = 1; i < viewers.size(); ++i) {
    const auto result = viewers[i]->finish(world.now());
    INFO(viewers[i]->first_fault());
    CHECK(viewers[i]->first_fault().empty());
    CHECK(result.missing == 0);
    REQUIRE(viewers[i]->first_picture_at());
    waits.push_back(*viewers[i]->first_picture_at() - joined[i]);
  }
  std::sort(waits.begin(), waits.end());
  outcome.median = waits[waits.size() / 2];
  outcome.longest = waits.back();
  return outcome;
}

void print(const char* what, const Outcome& with, const Outcome& without) {
  for (const auto& [name, o] : {std::pair{"with", with}, std::pair{"without", without}})
    std::cout << what << ", " << name << " fast start: first picture after " << o.median.us() / 1000.0 << " ms (median), " << o.longest.us() / 1000.0
              << " ms (longest); keyframes asked of the publisher: " << o.keyframes << "\n";
}

}  // namespace

TEST_CASE("who joins soon after another has a picture in one trip, and the publisher is not asked again", "[sim][fast-start]") {
  const auto with = join(TimeDelta::seconds(2), 20, TimeDelta::millis(70), "h");
  const auto without = join(TimeDelta::zero(), 20, TimeDelta::millis(70), "h");
  print("20 joins, one every 70 ms", with, without);
  CHECK(without.fast_starts == 0);
  CHECK(without.keyframes >= 3);
  // The one that is there, and one for who asked while it was on its way.
  CHECK(with.keyframes <= 2);
  CHECK(with.fast_starts >= 18);
  CHECK(with.median <= TimeDelta::millis(35));
  CHECK(with.median < without.median / 3);
}

TEST_CASE("a keyframe that is too old, or too far back to send in a moment, is asked for anew", "[sim][fast-start]") {
  const auto alone = join(TimeDelta::seconds(2), 3, TimeDelta::seconds(5), "q");
  CHECK(alone.fast_starts == 0);
  CHECK(alone.keyframes == 3);
  // 1.5 Mbit/s: beyond what is sent to a path that nobody knows after 1.4 s.
  const auto large = join(TimeDelta::seconds(2), 2, TimeDelta::millis(1700), "f");
  CHECK(large.fast_starts == 0);
}
