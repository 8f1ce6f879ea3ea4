// A minute of talk over paths that lose packets at random: what a listener has to conceal, with Opus in RED and
// without.
#include <catch2/catch.hpp>
#include <iostream>

#include "support/sim_talk.hpp"

using namespace tutti;
using namespace tutti::test;

namespace {

struct Talk {
  double up = 0, down = 0;   // loss
  size_t redundant = 0;      // blocks of the talker
  bool accepts_red = false;  // the listener
  uint64_t seed = 20261121;
};

struct Heard {
  double concealed = 0;
  uint64_t red_packets = 0, bytes = 0, recovered = 0;
};

Heard listen(const Talk& talk) {
  World::Options options;
  options.seed = talk.seed;
  for (HopConditions* hop : {&options.up, &options.down}) hop->jitter = TimeDelta::millis(4);
  options.up.loss = talk.up;
  options.down.loss = talk.down;
  World world(options);
  SimListener listener(world, "listener", talk.accepts_red);
  SimTalker talker(world, "talker", talk.redundant);
  // The first reports are of before.
  world.run_for(TimeDelta::seconds(5));
  const uint32_t first = talker.sent();
  world.run_for(TimeDelta::seconds(60));
  const uint32_t last = talker.sent() - 20;
  INFO(listener.first_fault());
  CHECK(listener.first_fault().empty());
  return {listener.concealed(first, last), listener.red_packets(), listener.bytes(),
          world.rooms().counters().get(Counter::kRedRecovered)};
}

}  // namespace

TEST_CASE("at 20 % loss on the way down RED leaves less than a third to conceal", "[sim][red]") {
  const Heard without = listen({.down = 0.2});
  const Heard with = listen({.down = 0.2, .accepts_red = true});
  std::cout << "20 % loss down: " << 100 * without.concealed << " % concealed without RED, " << 100 * with.concealed
            << " % with it, for " << static_cast<double>(with.bytes) / static_cast<double>(without.bytes)
            << " times the bytes\n";
  CHECK(without.concealed > 0.15);
  CHECK(with.concealed < without.concealed / 3);
  CHECK(without.red_packets == 0);
}

TEST_CASE("at 20 % loss on the way up a talker's RED mends what a listener without RED hears", "[sim][red]") {
  const Heard without = listen({.up = 0.2});
  const Heard with = listen({.up = 0.2, .redundant = 2});
  std::cout << "20 % loss up: " << 100 * without.concealed << " % concealed without RED, " << 100 * with.concealed
            << " % with it\n";
  CHECK(without.concealed > 0.15);
  CHECK(with.concealed < without.concealed / 3);
  CHECK(with.recovered > 300);
  CHECK(with.red_packets == 0);
}

TEST_CASE("at 20 % loss both ways RED on both leaves less than a third to conceal", "[sim][red]") {
  const Heard without = listen({.up = 0.2, .down = 0.2});
  const Heard with = listen({.up = 0.2, .down = 0.2, .redundant = 2, .accepts_red = true});
  std::cout << "20 % loss both ways: " << 100 * without.concealed << " % concealed without RED, "
            << 100 * with.concealed << " % with it\n";
  CHECK(without.concealed > 0.3);
  CHECK(with.concealed < without.concealed / 3);
}

TEST_CASE("a listener whose own path loses nothing is sent no RED, whatever the talker's loses", "[sim][red]") {
  CHECK(listen({.up = 0.2, .accepts_red = true}).red_packets == 0);
  const Heard heard = listen({.up = 0.2, .redundant = 2, .accepts_red = true});
  CHECK(heard.red_packets == 0);
  CHECK(heard.recovered > 300);
}
