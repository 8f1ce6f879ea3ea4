// The whole estimator in a closed loop: issue's bounds over round trips of 20 to 300 ms, with feedback each 50 or 100
// ms.
#include <catch2/catch.hpp>
#include <vector>

#include "support/estimator_loop.hpp"

using namespace tutti;
using namespace tutti::test;

namespace {

struct Path {
  int round_trip, feedback;
};
Path any_path() { return GENERATE(Path{20, 100}, Path{50, 50}, Path{100, 100}, Path{200, 50}, Path{300, 100}); }
LoopPath path_of(Path p, DataRate rate) {
  LoopPath path;
  path.rate = rate;
  path.round_trip = TimeDelta::millis(p.round_trip);
  path.feedback = TimeDelta::millis(p.feedback);
  return path;
}
TimeDelta s(int64_t v) { return TimeDelta::seconds(v); }
constexpr uint64_t kSeeds = 3;

double jain(const std::vector<double>& rates) {
  double sum = 0, squares = 0;
  for (const double r : rates) {
    sum += r;
    squares += r * r;
  }
  return sum * sum / (static_cast<double>(rates.size()) * squares);
}

}  // namespace

TEST_CASE("a link is used to 85 % and more, with a queue of 100 ms at most", "[proto][cc][loop]") {
  const Path p = any_path();
  const int kbps = GENERATE(600, 1000, 4000);
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    EstimatorLoop loop(path_of(p, DataRate::kbps(kbps)), {{}}, seed);
    loop.run(s(60));
    CAPTURE(p.round_trip, p.feedback, kbps, seed);
    CHECK(loop.mean_arrived_kbps(s(45)) >= 0.85 * kbps);
    CHECK(loop.queue_ms_p95(s(45)) <= 100);
  }
}

TEST_CASE("a link that falls to 600 kbit/s is followed within 3 s, one restored within 10 s", "[proto][cc][loop]") {
  const Path p = any_path();
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    CAPTURE(p.round_trip, p.feedback, seed);
    EstimatorLoop loop(path_of(p, DataRate::kbps(4000)), {{}}, seed);
    loop.run(s(30));
    CHECK(loop.time_to(Timestamp::from_ms(10'000), 3600) <= s(10));
    const Timestamp fell = loop.now();
    loop.path().rate = DataRate::kbps(600);
    loop.run(s(20));
    CHECK(loop.time_to(fell, 600, true) <= s(3));
    CHECK(loop.mean_arrived_kbps(s(15)) >= 0.85 * 600);
    const Timestamp restored = loop.now();
    loop.path().rate = DataRate::kbps(4000);
    loop.run(s(20));
    CHECK(loop.time_to(restored, 3600) <= s(10));
  }
}

TEST_CASE("2 % of random loss leaves 80 % of the link and more", "[proto][cc][loop]") {
  const Path p = any_path();
  const int kbps = GENERATE(1000, 4000);
  LoopPath path = path_of(p, DataRate::kbps(kbps));
  path.loss = 0.02;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    EstimatorLoop loop(path, {{}}, seed);
    loop.run(s(60));
    CAPTURE(p.round_trip, p.feedback, kbps, seed);
    CHECK(loop.mean_target_kbps(s(45)) >= 0.8 * kbps);
  }
}

TEST_CASE("two flows share a link after a minute, whoever came first", "[proto][cc][loop]") {
  const Path p = any_path();
  double sum = 0;
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    LoopSource late;
    late.starts = s(10);
    EstimatorLoop loop(path_of(p, DataRate::kbps(3000)), {{}, late}, seed);
    loop.run(s(120));
    const double a = loop.mean_arrived_kbps(s(60), 0), b = loop.mean_arrived_kbps(s(60), 1);
    CHECK(a + b >= 0.85 * 3000);
    sum += jain({a, b});
  }
  CAPTURE(p.round_trip, p.feedback);
  CHECK(sum / 4 >= 0.9);
}

TEST_CASE("a source that sends little learns by probes what it could, and no more than it needs", "[proto][cc][loop]") {
  const Path p = any_path();
  LoopSource source;
  source.most = DataRate::kbps(500);
  source.needed = DataRate::kbps(1500);
  EstimatorLoop loop(path_of(p, DataRate::kbps(4000)), {source}, 1);
  loop.run(s(10));
  CHECK(loop.estimator().estimate().application_limited);
  CHECK(loop.estimator().estimate().target >= DataRate::kbps(1500));
  CHECK(loop.estimator().estimate().target <= DataRate::kbps(1500) * 1.7);
  // More is wanted: probes ask for it at once.
  const Timestamp asked = loop.now();
  loop.source().needed = DataRate::kbps(3000);
  loop.run(s(5));
  CHECK(loop.time_to(asked, 2900) <= s(3));
  CHECK(loop.queue_ms_p95(s(15)) <= 30);
}

TEST_CASE("a source that never needs more than it sends is never probed", "[proto][cc][loop]") {
  LoopSource source;
  source.most = source.needed = DataRate::kbps(200);
  EstimatorLoop loop(path_of({50, 100}, DataRate::kbps(4000)), {source}, 1);
  cc::EstimatorLog log(source.config, loop.now(), 100'000);
  loop.estimator().record_to(&log);
  loop.run(s(30));
  int probes = 0;
  for (size_t i = 0; i < log.size(); ++i) {
    if (std::holds_alternative<cc::ProbeRecord>(log[i].what)) ++probes;
  }
  CHECK(probes == 0);
}

TEST_CASE("a full queue at the start does not become the measure", "[proto][cc][loop]") {
  // Far too much at once: 600 kbit/s and probes at six times that over a link of 300.
  const Path p = any_path();
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    EstimatorLoop loop(path_of(p, DataRate::kbps(300)), {{}}, seed);
    loop.run(s(60));
    CAPTURE(p.round_trip, p.feedback, seed);
    CHECK(loop.mean_arrived_kbps(s(45)) >= 0.85 * 300);
    CHECK(loop.queue_ms_p95(s(45)) <= 250);
  }
}
