// What a room that mixes has to do, as the counters say it that the cost model is fed with.
#include <catch2/catch.hpp>

#include "support/studio.hpp"

using namespace tutti;
using namespace tutti::test;

namespace {

// Of one counter, from one moment to the next.
class Difference {
 public:
  explicit Difference(World& world) : world_(world), before_(world.rooms().counters()) {}
  double of(Counter counter) const {
    return static_cast<double>(world_.rooms().counters().get(counter) - before_.get(counter));
  }

 private:
  World& world_;
  Counters before_;
};

}  // namespace

TEST_CASE("pixels are counted where they are decoded, composed and encoded", "[sim][mixing]") {
  Studio studio;
  for (size_t n = 0; n < 2; ++n) studio.join_camera(n);
  studio.join_watcher();
  studio.world.run_for(TimeDelta::seconds(3));
  const Difference work(studio.world);
  studio.world.run_for(TimeDelta::seconds(4));
  CHECK(work.of(Counter::kFramesDecoded) > 2 * 4 * 10);
  CHECK(work.of(Counter::kPixelsDecoded) == work.of(Counter::kFramesDecoded) * 320 * 180);
  CHECK(work.of(Counter::kPixelsEncoded) == work.of(Counter::kFramesEncoded) * 640 * 360);
  // Fifteen pictures a second of the first rung.
  CHECK(work.of(Counter::kPixelsComposed) == Approx(4 * 15 * 640 * 360).epsilon(0.05));
  CHECK(work.of(Counter::kPixelsEncoded) == Approx(4 * 15 * 640 * 360).epsilon(0.05));
}

TEST_CASE("where two talk and two only listen, three mixes are encoded", "[sim][mixing]") {
  World world(mixing_world());
  MixClient ada(world, "ada", {}), bob(world, "bob", {});
  MixClient::Options silent;
  silent.microphone.reset();
  MixClient cleo(world, "cleo", silent), dan(world, "dan", silent);
  ada.microphone().play(voice());
  bob.microphone().play(voice());
  world.run_for(TimeDelta::seconds(3));
  const Difference work(world);
  world.run_for(TimeDelta::seconds(4));
  // One without each of the two, one for both listeners, 50 frames a second.
  CHECK(work.of(Counter::kAudioFramesEncoded) / (4 * 50) == Approx(3).epsilon(0.05));
}
