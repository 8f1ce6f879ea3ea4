#include "routing/mcu/rung_limit.hpp"

#include <array>
#include <catch2/catch.hpp>

namespace tutti::routing {
namespace {

constexpr std::array<DataRate, 3> kRates = {DataRate::kbps(150), DataRate::kbps(500), DataRate::kbps(1500)};
constexpr Timestamp at(double seconds) { return Timestamp::from_us(static_cast<int64_t>(seconds * 1e6)); }

}  // namespace

TEST_CASE("a watcher begins on the highest rung that its path carries", "[routing][mcu]") {
  RungLimit limit;
  CHECK(limit.top() >= 2);
  CHECK(limit.update(at(0), DataRate::kbps(600), kRates));
  CHECK(limit.top() == 1);
}

TEST_CASE("a rung that the path does not carry any more is left at once, the lowest never", "[routing][mcu]") {
  RungLimit limit;
  CHECK_FALSE(limit.update(at(0), DataRate::kbps(4000), kRates));
  CHECK(limit.top() == 2);
  CHECK(limit.update(at(1), DataRate::kbps(1499), kRates));
  CHECK(limit.top() == 1);
  CHECK(limit.update(at(1.1), DataRate::kbps(20), kRates));
  CHECK(limit.top() == 0);
}

TEST_CASE("a higher rung needs a margin, and a while since the last step down", "[routing][mcu]") {
  RungLimit limit;
  limit.update(at(0), DataRate::kbps(600), kRates);
  CHECK_FALSE(limit.update(at(4.9), DataRate::kbps(4000), kRates));
  CHECK_FALSE(limit.update(at(5.1), DataRate::kbps(1799), kRates));
  CHECK(limit.update(at(5.1), DataRate::kbps(1800), kRates));
  CHECK(limit.top() == 2);
  // Once there, the margin is not needed.
  CHECK_FALSE(limit.update(at(6), DataRate::kbps(1500), kRates));
}

TEST_CASE("steps up that do not last come ever more seldom", "[routing][mcu]") {
  RungLimit limit;
  limit.update(at(0), DataRate::kbps(600), kRates);
  int steps = 0;
  for (int i = 1; i < 600; ++i) {
    // The path seems to carry the rung until the rung is there.
    const DataRate budget = limit.top() == 2 ? DataRate::kbps(1000) : DataRate::kbps(2000);
    steps += limit.update(at(0.5 * i), budget, kRates) && limit.top() == 2;
  }
  CHECK(steps <= 10);  // in five minutes; a fixed wait would have made it 55
  // One that lasts is forgiven.
  limit.update(at(400), DataRate::kbps(2000), kRates);
  CHECK(limit.top() == 2);
  limit.update(at(500), DataRate::kbps(600), kRates);
  CHECK(limit.update(at(505.1), DataRate::kbps(2000), kRates));
}

}  // namespace tutti::routing
