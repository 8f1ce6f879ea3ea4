// AIMD with its link capacity, and the acknowledged rate. Behaviours of libwebrtc's aimd_rate_control_unittest,
// link_capacity_estimator, acknowledged_bitrate_estimator_unittest and robust_throughput_estimator_unittest.
#include <catch2/catch.hpp>

#include "proto/cc/acknowledged_rate.hpp"
#include "proto/cc/aimd_rate_control.hpp"
#include "proto/cc/robust_throughput.hpp"

using namespace tutti;
using namespace tutti::cc;

namespace {

Timestamp ms(int64_t v) { return Timestamp::from_ms(v); }
DataRate kbps(int64_t v) { return DataRate::kbps(v); }
EstimatorConfig starting_at(int64_t start) { return {.start = kbps(start), .min = kbps(10), .max = kbps(100'000)}; }

}  // namespace

TEST_CASE("without a known capacity the rate grows by 8 % a second", "[proto][cc]") {
  AimdRateControl aimd(starting_at(1000));
  for (int t = 0; t <= 1000; t += 100) aimd.update(ms(t), PathUse::kNormal, kbps(1000));
  CHECK(aimd.rate().bps() == Approx(1'080'000).epsilon(0.002));
}

TEST_CASE("an overuse takes the rate below what went through, and stays there until the queue is gone", "[proto][cc]") {
  AimdRateControl aimd(starting_at(2000));
  aimd.set_queue(TimeDelta::millis(75));
  aimd.update(ms(0), PathUse::kNormal, kbps(1000));
  aimd.update(ms(100), PathUse::kOver, kbps(1000));
  CHECK(aimd.rate() == kbps(850));
  CHECK(aimd.link_capacity() == kbps(1000));
  aimd.update(ms(200), PathUse::kUnder, kbps(1000));
  aimd.update(ms(900), PathUse::kUnder, kbps(900));
  CHECK(aimd.rate() == kbps(850));
}

TEST_CASE("a decrease is as deep as drains the queue in half a second, between 8 and 30 %", "[proto][cc]") {
  const auto after = [](int queue_ms) {
    AimdRateControl aimd(starting_at(1000));
    aimd.set_queue(TimeDelta::millis(queue_ms));
    aimd.update(ms(100), PathUse::kOver, kbps(1000));
    return aimd.rate();
  };
  CHECK(after(0) == kbps(920));
  CHECK(after(100) == kbps(800));
  CHECK(after(300) == kbps(700));
}

TEST_CASE("a decrease is of what was sent: the part of the rate that nobody used stays", "[proto][cc]") {
  const auto after = [](int64_t sent, int64_t arrived) {
    AimdRateControl aimd(starting_at(1000));
    aimd.set_sent(kbps(sent));
    aimd.update(ms(100), PathUse::kOver, kbps(arrived));
    return aimd.rate().bps();
  };
  CHECK(after(800, 800) == Approx(920'000));
  CHECK(after(800, 400) == Approx(460'000));
  // What was hardly tried is not kept.
  CHECK(after(400, 400) == Approx(400'000 * 1.5 * 0.92));
  CHECK(after(2000, 900) == Approx(828'000));
}

TEST_CASE("an overuse never raises the rate", "[proto][cc]") {
  AimdRateControl aimd(starting_at(500));
  aimd.update(ms(100), PathUse::kOver, kbps(5000));
  CHECK(aimd.rate() == kbps(500));
}

TEST_CASE("near the known capacity the rate grows by about a packet in a response time", "[proto][cc]") {
  AimdRateControl aimd(starting_at(2000));
  aimd.set_round_trip(TimeDelta::millis(100));
  aimd.set_queue(TimeDelta::millis(75));
  aimd.update(ms(0), PathUse::kOver, kbps(2000));
  const DataRate low = aimd.rate();
  for (int t = 100; t <= 1100; t += 100) aimd.update(ms(t), PathUse::kNormal, low);
  // Frames of 7 kB in six packets of 9.4 kbit; one in 400 ms.
  const auto growth = static_cast<double>((aimd.rate() - low).bps());
  CHECK(growth == Approx(23'600).epsilon(0.03));
}

TEST_CASE("small flows grow by 20 kbit/s a second at least", "[proto][cc]") {
  AimdRateControl aimd(starting_at(200));
  aimd.set_round_trip(TimeDelta::millis(500));
  aimd.set_queue(TimeDelta::millis(75));
  aimd.update(ms(0), PathUse::kOver, kbps(200));
  for (int t = 100; t <= 1100; t += 100) aimd.update(ms(t), PathUse::kNormal, kbps(190));
  CHECK(aimd.rate().bps() == Approx(170'000 + 20'000).epsilon(0.01));
}

TEST_CASE("more than the link ever carried makes it another link", "[proto][cc]") {
  AimdRateControl aimd(starting_at(1000));
  aimd.update(ms(0), PathUse::kOver, kbps(1000));
  REQUIRE(aimd.link_capacity());
  aimd.update(ms(100), PathUse::kNormal, kbps(1000));
  CHECK(aimd.link_capacity());
  aimd.update(ms(200), PathUse::kNormal, kbps(1300));
  CHECK_FALSE(aimd.link_capacity());
}

TEST_CASE("the rate grows no further than half above what goes through", "[proto][cc]") {
  AimdRateControl aimd(starting_at(300));
  for (int t = 0; t < 60'000; t += 100) aimd.update(ms(t), PathUse::kNormal, kbps(300));
  CHECK(aimd.rate() == kbps(460));
  CHECK(aimd.held_by_throughput());
}

TEST_CASE("a second decrease waits for a round trip, unless far less goes through", "[proto][cc]") {
  AimdRateControl aimd(starting_at(1000));
  aimd.set_round_trip(TimeDelta::millis(150));
  aimd.update(ms(1000), PathUse::kOver, kbps(1000));
  CHECK_FALSE(aimd.may_fall(ms(1100), kbps(800)));
  CHECK(aimd.may_fall(ms(1100), kbps(300)));
  CHECK(aimd.may_fall(ms(1150), kbps(800)));
}

TEST_CASE("the rate stays between the least and the most of the configuration", "[proto][cc]") {
  AimdRateControl aimd({.start = kbps(100), .min = kbps(50), .max = kbps(200)});
  aimd.set_rate(ms(0), kbps(5000));
  CHECK(aimd.rate() == kbps(200));
  aimd.update(ms(100), PathUse::kOver, kbps(1));
  CHECK(aimd.rate() == kbps(50));
}

TEST_CASE("the acknowledged rate is known after half a second and follows a change", "[proto][cc]") {
  AcknowledgedRate rate;
  int t = 0;
  for (; t < 490; t += 10) rate.on_packet(ms(t), DataSize::bytes(1250));
  CHECK_FALSE(rate.rate());
  for (; t < 2000; t += 10) rate.on_packet(ms(t), DataSize::bytes(1250));
  REQUIRE(rate.rate());
  CHECK(rate.rate()->bps() == Approx(1'000'000).epsilon(0.03));
  for (; t < 6000; t += 10) rate.on_packet(ms(t), DataSize::bytes(500));
  CHECK(rate.rate()->bps() == Approx(400'000).epsilon(0.1));
}

TEST_CASE("one odd window moves the acknowledged rate little, one expected moves it much", "[proto][cc]") {
  const auto after_odd_window = [](bool expected) {
    AcknowledgedRate rate;
    int t = 0;
    for (; t < 3000; t += 10) rate.on_packet(ms(t), DataSize::bytes(1250));
    if (expected) rate.expect_change();
    for (; t < 3160; t += 10) rate.on_packet(ms(t), DataSize::bytes(2500));
    return rate.rate()->bps();
  };
  CHECK(after_odd_window(false) < 1'200'000);
  CHECK(after_odd_window(true) > 1'300'000);
}

TEST_CASE("throughput is the same however packets are bunched", "[proto][cc]") {
  RobustThroughput smooth, bunched;
  for (int i = 0; i < 200; ++i) {
    smooth.on_packet(ms(10 * i), ms(10 * i + 500), DataSize::bytes(1000));
    bunched.on_packet(ms(40 * (i / 4)), ms(40 * (i / 4) + 500 + i % 4), DataSize::bytes(1000));
  }
  REQUIRE(smooth.rates());
  CHECK(smooth.rates()->lesser().bps() == Approx(800'000).epsilon(0.02));
  CHECK(bunched.rates()->lesser().bps() == Approx(800'000).epsilon(0.12));
}

TEST_CASE("throughput sees through a delay spike", "[proto][cc]") {
  RobustThroughput throughput;
  for (int i = 0; i < 200; ++i) {
    // Packets of 200 ms wait until its end, then come at once.
    const int arrives = i >= 150 && i < 170 ? 1700 + i - 150 : 10 * i;
    throughput.on_packet(ms(10 * i), ms(arrives + 500), DataSize::bytes(1000));
    if (i > 50) CHECK(throughput.rates()->lesser().bps() == Approx(800'000).epsilon(0.15));
  }
}

TEST_CASE("throughput is never above what was sent", "[proto][cc]") {
  RobustThroughput throughput;
  // A queue that empties: received twice as fast.
  for (int i = 0; i < 50; ++i) throughput.on_packet(ms(20 * i), ms(2000 + 10 * i), DataSize::bytes(1000));
  CHECK(throughput.rates()->lesser().bps() <= 410'000);
}

TEST_CASE("throughput needs ten packets, and forgets everything when the receiver's clock is set back", "[proto][cc]") {
  RobustThroughput throughput;
  for (int i = 0; i < 9; ++i) throughput.on_packet(ms(20 * i), ms(20 * i + 5000), DataSize::bytes(1000));
  CHECK_FALSE(throughput.rates());
  throughput.on_packet(ms(180), ms(5180), DataSize::bytes(1000));
  CHECK(throughput.rates());
  throughput.on_packet(ms(200), ms(200), DataSize::bytes(1000));
  CHECK_FALSE(throughput.rates());
}
