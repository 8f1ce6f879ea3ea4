#include "harness/histogram.hpp"

#include <catch2/catch.hpp>

namespace tutti::bench {
namespace {

TEST_CASE("percentiles are within one percent of the values", "[bench][histogram]") {
  Histogram histogram;
  for (int64_t ns = 1'000; ns <= 1'000'000; ns += 1'000) histogram.add(ns);
  CHECK(histogram.count() == 1'000);
  CHECK(static_cast<double>(histogram.percentile_ns(0.5)) == Approx(500'000).epsilon(0.01));
  CHECK(static_cast<double>(histogram.percentile_ns(0.99)) == Approx(990'000).epsilon(0.01));
  const Spread spread = histogram.spread();
  CHECK(spread.p999 == Approx(999).epsilon(0.01));
  CHECK(spread.max == 1'000);
  CHECK(spread.samples == 1'000);
}

TEST_CASE("small values are exact, negative ones are zero and enormous ones are kept", "[bench][histogram]") {
  Histogram histogram;
  CHECK(histogram.percentile_ns(0.5) == 0);
  histogram.add(-5);
  CHECK(histogram.percentile_ns(1) == 0);
  histogram.add(200);
  CHECK(histogram.percentile_ns(1) == 200);
  histogram.add(INT64_MAX);
  CHECK(histogram.percentile_ns(1) > 1'000'000'000'000);
  CHECK(histogram.count() == 3);
}

TEST_CASE("every value is in a bucket whose middle is near it", "[bench][histogram]") {
  for (int64_t ns = 1; ns < (int64_t{1} << 39); ns = ns * 5 / 4 + 1) {
    Histogram histogram;
    histogram.add(ns);
    histogram.add(int64_t{1} << 39);  // so that the maximum does not limit the first
    CHECK(static_cast<double>(histogram.percentile_ns(0.5)) == Approx(static_cast<double>(ns)).epsilon(0.008));
  }
}

}  // namespace
}  // namespace tutti::bench
