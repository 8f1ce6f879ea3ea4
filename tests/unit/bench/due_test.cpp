#include "harness/due.hpp"

#include <catch2/catch.hpp>

namespace tutti::bench {
namespace {

Timestamp at(int64_t ms) { return Timestamp::from_ms(ms); }

TEST_CASE("a stream that goes on owes nothing", "[bench][due]") {
  CHECK(owed_packets(100, at(9'990), at(0), at(10'000)) == 0);
  CHECK(owed_packets(100, at(9'500), at(0), at(10'000)) == 0);
}

TEST_CASE("a stream that went quiet owes its rate for as long as it is quiet", "[bench][due]") {
  CHECK(owed_packets(100, at(9'000), at(0), at(10'000)) == Approx(100));
  CHECK(owed_packets(180, at(4'000), at(0), at(10'000)) == Approx(1'080));
}

TEST_CASE("a stream that went quiet before the measurement owes all of it, and no more", "[bench][due]") {
  CHECK(owed_packets(100, at(1'000), at(4'000), at(10'000)) == Approx(600));
  CHECK(owed_packets(100, at(3'800), at(4'000), at(4'400)) == Approx(40));
}

TEST_CASE("a slot is due a mix each 20 ms, but for the edges", "[bench][due]") {
  CHECK(due_mixes(TimeDelta::seconds(6)) == Approx(298));
  CHECK(due_mixes(TimeDelta::millis(10)) == 0);
}

}  // namespace
}  // namespace tutti::bench
