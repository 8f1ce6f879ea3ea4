#include "harness/impairment.hpp"

#include <catch2/catch.hpp>

namespace tutti::bench {
namespace {

TEST_CASE("losses and doubles come as often as they should, and the same from the same seed", "[bench][impairment]") {
  const Impairment what{0.1, TimeDelta::millis(20), TimeDelta::millis(5), 0.05};
  Impairer one(what, 7), same(what, 7);
  int lost = 0, twice = 0;
  for (int i = 0; i < 10'000; ++i) {
    const Fate fate = one.draw(), again = same.draw();
    REQUIRE(fate.copies == again.copies);
    lost += fate.copies == 0;
    twice += fate.copies == 2;
    for (size_t c = 0; c < fate.copies; ++c) {
      REQUIRE(fate.delays[c] == again.delays[c]);
      REQUIRE(fate.delays[c] >= TimeDelta::millis(20));
      REQUIRE(fate.delays[c] <= TimeDelta::millis(25));
    }
  }
  CHECK(lost > 900);
  CHECK(lost < 1'100);
  CHECK(twice > 350);
  CHECK(twice < 550);
}

TEST_CASE("a good network changes nothing", "[bench][impairment]") {
  Impairer none({}, 1);
  CHECK_FALSE(none.active());
  const Fate fate = none.draw();
  CHECK(fate.copies == 1);
  CHECK(fate.delays[0] == TimeDelta::zero());
}

TEST_CASE("one setting does not change what another one does", "[bench][impairment]") {
  Impairer loses({0.1, {}, {}, 0}, 3), loses_and_delays({0.1, TimeDelta::millis(1), TimeDelta::millis(9), 0}, 3);
  for (int i = 0; i < 1'000; ++i) REQUIRE(loses.draw().copies == loses_and_delays.draw().copies);
}

TEST_CASE("what is delayed comes out when it is due, in order", "[bench][impairment]") {
  DelayQueue queue;
  CHECK(queue.next() == Timestamp::never());
  CHECK_FALSE(queue.pop(Timestamp::from_ms(1'000)));
  const std::vector<uint8_t> a = {1}, b = {2}, c = {3};
  queue.push(Timestamp::from_ms(30), 300, a);
  queue.push(Timestamp::from_ms(10), 100, b);
  queue.push(Timestamp::from_ms(10), 101, c);
  CHECK(queue.next() == Timestamp::from_ms(10));
  CHECK_FALSE(queue.pop(Timestamp::from_ms(9)));
  CHECK(queue.pop(Timestamp::from_ms(20))->bytes == b);
  const auto second = queue.pop(Timestamp::from_ms(20));
  CHECK(second->bytes == c);
  CHECK(second->wall_ns == 101);
  CHECK_FALSE(queue.pop(Timestamp::from_ms(20)));
  CHECK(queue.pop(Timestamp::from_ms(30))->bytes == a);
}

}  // namespace
}  // namespace tutti::bench
