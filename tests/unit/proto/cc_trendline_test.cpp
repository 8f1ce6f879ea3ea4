// Groups, the line through their delays, and its threshold. Behaviours of libwebrtc's inter_arrival_delta_unittest and
// trendline_estimator_unittest.
#include <catch2/catch.hpp>

#include "proto/cc/inter_arrival.hpp"
#include "proto/cc/queue_delay.hpp"
#include "proto/cc/trendline_estimator.hpp"
#include "tutti/base/random.hpp"

using namespace tutti;
using namespace tutti::cc;

namespace {

Timestamp ms(int64_t v) { return Timestamp::from_ms(v); }

// Groups 10 ms apart whose delay grows by `slope` for each ms that passes.
void feed(TrendlineEstimator& line, Timestamp& arrived, int groups, double slope, double noise_ms = 0,
          uint64_t seed = 1) {
  SeededRandom random(seed);
  double last_noise = 0;
  for (int i = 0; i < groups; ++i) {
    const double noise = noise_ms * (random.unit() - 0.5);
    const TimeDelta sent = TimeDelta::millis(10);
    const auto gap = sent + TimeDelta::seconds_f(10e-3 * slope + (noise - last_noise) * 1e-3);
    last_noise = noise;
    arrived = arrived + gap;
    line.on_group({sent, gap}, arrived);
  }
}

}  // namespace

TEST_CASE("packets sent within 5 ms are one group", "[proto][cc]") {
  InterArrival groups;
  CHECK_FALSE(groups.on_packet(ms(100), ms(0), ms(50)));
  CHECK_FALSE(groups.on_packet(ms(100), ms(5), ms(56)));   // the same
  CHECK_FALSE(groups.on_packet(ms(100), ms(20), ms(70)));  // the second; one alone says nothing
  const auto deltas = groups.on_packet(ms(100), ms(40), ms(95));
  REQUIRE(deltas);
  CHECK(deltas->sent == TimeDelta::millis(15));
  CHECK(deltas->arrived == TimeDelta::millis(14));
}

TEST_CASE("packets that arrive as a burst are one group, up to 100 ms of them", "[proto][cc]") {
  InterArrival groups;
  groups.on_packet(ms(0), ms(0), ms(1000));
  groups.on_packet(ms(0), ms(20), ms(1020));
  // Held up on the way, and let go at once: sent 10 ms apart, arrived 1 ms apart.
  int told = 0;
  for (int i = 1; i <= 20; ++i) {
    if (groups.on_packet(ms(0), ms(20 + 10 * i), ms(1100 + i))) ++told;
  }
  CHECK(told == 1);  // the first of the burst closes the group before it
}

TEST_CASE("packets told of late, or out of order, make no group", "[proto][cc]") {
  InterArrival groups;
  groups.on_packet(ms(0), ms(0), ms(1000));
  groups.on_packet(ms(0), ms(20), ms(1020));
  CHECK_FALSE(groups.on_packet(ms(0), ms(10), ms(1030)));
  const auto deltas = groups.on_packet(ms(0), ms(40), ms(1040));
  REQUIRE(deltas);
  CHECK(deltas->arrived == TimeDelta::millis(20));
}

TEST_CASE("a receiver that sets its clock begins anew", "[proto][cc]") {
  InterArrival groups;
  groups.on_packet(ms(0), ms(0), ms(1000));
  groups.on_packet(ms(20), ms(20), ms(1020));
  groups.on_packet(ms(40), ms(40), ms(5040));
  CHECK_FALSE(groups.on_packet(ms(60), ms(60), ms(5060)));
  CHECK_FALSE(groups.on_packet(ms(80), ms(80), ms(5080)));
  CHECK(groups.on_packet(ms(100), ms(100), ms(5100)));
}

TEST_CASE("a growing queue is overuse, a draining one under-use, a steady one neither", "[proto][cc]") {
  TrendlineEstimator line;
  Timestamp arrived = ms(5000);
  feed(line, arrived, 60, 0);
  CHECK(line.use() == PathUse::kNormal);
  CHECK(line.trend() == Approx(0).margin(1e-6));
  feed(line, arrived, 40, 0.2);
  CHECK(line.use() == PathUse::kOver);
  feed(line, arrived, 40, -0.2);
  CHECK(line.use() == PathUse::kUnder);
  feed(line, arrived, 100, 0);
  CHECK(line.use() == PathUse::kNormal);
}

TEST_CASE("a long queue that does not grow is no overuse", "[proto][cc]") {
  TrendlineEstimator line;
  Timestamp arrived = ms(5000);
  line.on_group({TimeDelta::millis(10), TimeDelta::millis(10)}, arrived);
  feed(line, arrived, 30, 0.3);
  feed(line, arrived, 200, 0);
  CHECK(line.use() == PathUse::kNormal);
}

TEST_CASE("one late group is no overuse", "[proto][cc]") {
  TrendlineEstimator line;
  Timestamp arrived = ms(5000);
  feed(line, arrived, 60, 0);
  bool over = false;
  arrived = arrived + TimeDelta::millis(40);
  line.on_group({TimeDelta::millis(10), TimeDelta::millis(40)}, arrived);
  over = over || line.use() == PathUse::kOver;
  CHECK_FALSE(over);
}

TEST_CASE("the threshold falls on a quiet path and rises with a slope near it", "[proto][cc]") {
  TrendlineEstimator line;
  Timestamp arrived = ms(5000);
  CHECK(line.threshold() == TrendlineEstimator::kInitialThreshold);
  feed(line, arrived, 500, 0);
  CHECK(line.threshold() == Approx(TrendlineEstimator::kMinThreshold));
  // 0.05 of slope is 12 after the gain: above the threshold, but no spike.
  feed(line, arrived, 100, 0.05);
  CHECK(line.threshold() > 10);
}

TEST_CASE("a sudden drop of capacity does not raise the threshold", "[proto][cc]") {
  TrendlineEstimator line;
  Timestamp arrived = ms(5000);
  feed(line, arrived, 500, 0);
  feed(line, arrived, 40, 2);
  CHECK(line.use() == PathUse::kOver);
  CHECK(line.threshold() < line.trend() / 10);
}

TEST_CASE("noise without a queue is no overuse for long", "[proto][cc]") {
  TrendlineEstimator line;
  Timestamp arrived = ms(5000);
  int over = 0;
  for (int i = 0; i < 50; ++i) {
    feed(line, arrived, 20, 0, 3, static_cast<uint64_t>(i));
    if (line.use() == PathUse::kOver) ++over;
  }
  CHECK(over < 10);
}

TEST_CASE("a queue is what even the luckiest packet waited", "[proto][cc]") {
  QueueDelay queue;
  auto feedback = [&, t = 0](std::initializer_list<int> delays) mutable {
    for (const int delay : delays) queue.on_packet(ms(t), ms(t + 7000 + delay));
    queue.end_feedback(ms(t));
    t += 100;
    return queue.standing().ms();
  };
  CHECK(feedback({20, 45, 31}) == 0);
  CHECK(feedback({60, 20, 90}) == 0);
  CHECK(feedback({60, 70, 90}) == 40);
  CHECK(feedback({15, 70}) == 0);  // a shorter path
  CHECK(feedback({60, 70}) == 45);
  // A path that is longer is a queue for as long as the shorter one is remembered.
  for (int i = 0; i < 700; ++i) feedback({60});
  CHECK(feedback({60}) == 0);
}
