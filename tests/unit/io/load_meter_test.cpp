#include "tutti/io/load_meter.hpp"

#include <catch2/catch.hpp>

#include "tutti/io/recent_count.hpp"

namespace tutti::io {
namespace {

constexpr Timestamp at(double seconds) { return Timestamp::from_us(static_cast<int64_t>(1e9 + seconds * 1e6)); }

TEST_CASE("who has not been looked at yet has used nothing", "[io][load]") {
  LoadMeter meter;
  CHECK(meter.cores() == 0);
  CHECK(meter.work(TimeDelta::millis(20)).packets_in_per_s == 0);
  // What was used before is not of the window.
  meter.add(at(0), {TimeDelta::seconds(100), 1000, 1000});
  CHECK(meter.cores() == 0);
}

TEST_CASE("use shows as its mean over the window", "[io][load]") {
  LoadMeter meter;
  TimeDelta cpu;
  for (int beat = 0; beat <= 40; ++beat) {
    meter.add(at(beat * 0.5), {cpu});
    // Idle until 5 s, then half a core, from 15 s on idle again.
    const double now = beat * 0.5;
    if (now == 5) CHECK(meter.cores() == Approx(0));
    if (now == 6) CHECK(meter.cores() == Approx(0.1));
    if (now >= 10 && now <= 15) CHECK(meter.cores() == Approx(0.5));
    if (now == 17.5) CHECK(meter.cores() == Approx(0.25));
    if (now == 20) CHECK(meter.cores() == Approx(0));
    if (now >= 5 && now < 15) cpu += TimeDelta::millis(250);
  }
}

TEST_CASE("right after the start the time before counts as idle", "[io][load]") {
  LoadMeter meter;
  meter.add(at(0), {});
  meter.add(at(0.5), {TimeDelta::millis(500)});
  CHECK(meter.cores() == Approx(0.1));
}

TEST_CASE("beats that come late make no window too long", "[io][load]") {
  LoadMeter meter;
  for (int second = 0; second <= 20; second += 2)
    meter.add(at(second), {TimeDelta::seconds(second < 12 ? 0 : second - 12)});
  // 14 to 20: the shortest time of beats that covers five seconds.
  CHECK(meter.cores() == Approx(1));
}

TEST_CASE("counters become rates in the quantities of the cost model", "[io][load]") {
  Counters counters;
  LoadMeter meter;
  meter.add(at(0), LoadMeter::Totals::of(TimeDelta::zero(), counters));
  counters.add(Counter::kRtpReceived, 500);
  counters.add(Counter::kRtpForwarded, 1000);
  counters.add(Counter::kRtxSent, 50);
  counters.add(Counter::kAudioFramesEncoded, 4 * 250);
  counters.add(Counter::kPixelsDecoded, 50'000'000);
  counters.add(Counter::kPixelsComposed, 100'000'000);
  counters.add(Counter::kPixelsEncoded, 150'000'000);
  meter.add(at(5), LoadMeter::Totals::of(TimeDelta::seconds(1), counters));
  const Workload work = meter.work(TimeDelta::millis(20));
  CHECK(work.packets_in_per_s == Approx(100));
  CHECK(work.packets_out_per_s == Approx(210));
  CHECK(work.audio_mixes == Approx(4));
  CHECK(work.decoded_mpix_per_s == Approx(10));
  CHECK(work.composed_mpix_per_s == Approx(20));
  CHECK(work.encoded_mpix_per_s == Approx(30));
  CHECK(meter.cores() == Approx(0.2));
}

TEST_CASE("who came lately counts the less the longer ago it was", "[io][load]") {
  RecentCount count(TimeDelta::seconds(5));
  CHECK(count.weight(at(0)) == 0);
  for (int i = 0; i < 100; ++i) count.add(at(0));
  CHECK(count.weight(at(0)) == Approx(100));
  CHECK(count.weight(at(2.5)) == Approx(50));
  count.add(at(2.5));
  CHECK(count.weight(at(4.5)) == Approx(10 + 0.6));
  CHECK(count.weight(at(5)) == Approx(0.5));
  CHECK(count.weight(at(7.5)) == 0);
  CHECK(count.weight(at(1000)) == 0);
}

}  // namespace
}  // namespace tutti::io
