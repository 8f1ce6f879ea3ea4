// The rungs of a composed picture when the codec pool cannot keep up.
#include <algorithm>
#include <catch2/catch.hpp>

#include "support/studio.hpp"

using namespace tutti;
using namespace tutti::test;

TEST_CASE("a pool that manages every other tick does not starve the rung of half the rate", "[sim][mixing]") {
  World::Options options = Studio::options();
  options.rooms.mixing.rungs = {{640, 360, 30, DataRate::kbps(800)}, {320, 180, 15, DataRate::kbps(250)}};
  options.jobs.threads = 4;
  Studio studio(std::move(options));
  World& world = studio.world;
  // The watchdog's warning is not for whoever runs the tests.
  configure_log(LogLevel::kError, LogFormat::kText);
  studio.join_camera(0);
  MixClient& high = studio.join_watcher();
  MixClient& low = studio.join_watcher(180);
  world.run_for(TimeDelta::seconds(2));
  // Whichever of two ticks it begins with.
  for (int turn = 0; turn < 4; ++turn) {
    INFO("turn " << turn);
    // A little more than a tick.
    world.jobs().set_cost(TimeDelta::micros(36'000), TimeDelta::micros(36'200));
    world.run_for(TimeDelta::millis(500));
    const size_t high_before = high.display().frames().size(), low_before = low.display().frames().size();
    world.run_for(TimeDelta::seconds(2));
    CHECK(high.display().frames().size() - high_before < 32);
    CHECK(low.display().frames().size() - low_before > 25);
    world.jobs().set_cost(TimeDelta::millis(1), TimeDelta::millis(2));
    world.run_for(TimeDelta::millis(533 + 33 * turn));
  }
  configure_log(LogLevel::kWarn, LogFormat::kText);
}
