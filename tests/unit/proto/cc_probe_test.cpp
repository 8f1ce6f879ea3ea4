// When and how fast to probe, what comes of it, and when the application is the limit. Behaviours of libwebrtc's
// probe_controller_unittest, probe_bitrate_estimator_unittest and alr_detector_unittest.
#include <catch2/catch.hpp>
#include <vector>

#include "proto/cc/alr_detector.hpp"
#include "proto/cc/probe_controller.hpp"
#include "proto/cc/probe_rate_estimator.hpp"

using namespace tutti;
using namespace tutti::cc;

namespace {

Timestamp ms(int64_t v) { return Timestamp::from_ms(v); }
DataRate kbps(int64_t v) { return DataRate::kbps(v); }
const EstimatorConfig kConfig = {.start = kbps(300), .min = kbps(10), .max = kbps(10'000)};

std::vector<int64_t> taken_kbps(ProbeController& probes, Timestamp now) {
  std::vector<int64_t> rates;
  while (const auto cluster = probes.take(now)) rates.push_back(cluster->rate.bps() / 1000);
  return rates;
}

// One that has begun, had its first results and is at `estimate`.
ProbeController settled_at(DataRate estimate, DataRate needed, bool limited, std::optional<DataRate> capacity = {}) {
  ProbeController probes(kConfig);
  probes.set_needed(ms(0), needed);
  probes.on_started(ms(0));
  taken_kbps(probes, ms(0));
  probes.set_limited(ms(100), limited);
  probes.on_estimate(ms(2000), estimate, capacity, std::nullopt, ProbeRoom::kFree);
  taken_kbps(probes, ms(2000));
  return probes;
}

struct Gap {
  int sent_us, arrived_us;
};
// Ten packets of 1000 bytes at these distances. The last word about the cluster, in kbit/s.
std::optional<int64_t> probe_result(Gap gap, int packets = 10, size_t min_packets = 5, TimeDelta duration = {}) {
  ProbeRateEstimator rates;
  rates.on_cluster({7, kbps(1000), min_packets, duration});
  std::optional<int64_t> last;
  for (int i = 0; i < packets; ++i) {
    PacketResult packet;
    packet.sent = Timestamp::from_us(gap.sent_us * i);
    packet.arrived = Timestamp::from_us(500'000 + gap.arrived_us * i);
    packet.size = DataSize::bytes(1000);
    packet.probe = 7;
    if (const auto result = rates.on_packet(packet)) last = result->rate.bps() / 1000;
  }
  return last;
}

}  // namespace

TEST_CASE("at the start two clusters go out, at three and six times the start", "[proto][cc]") {
  ProbeController probes(kConfig);
  probes.on_started(ms(0));
  CHECK_FALSE(probes.take(ms(0)));  // nobody needs anything
  probes.set_needed(ms(10), kbps(8000));
  CHECK(taken_kbps(probes, ms(10)) == std::vector<int64_t>{900, 1800});
}

TEST_CASE("a probe goes no further than half above what is needed", "[proto][cc]") {
  ProbeController probes(kConfig);
  probes.set_needed(ms(0), kbps(800));
  probes.on_started(ms(0));
  CHECK(taken_kbps(probes, ms(0)) == std::vector<int64_t>{900, 1200});
  ProbeController modest(kConfig);
  modest.set_needed(ms(0), kbps(100));
  modest.on_started(ms(0));
  CHECK_FALSE(modest.take(ms(0)));
}

TEST_CASE("a probe that passes is followed by one twice as fast, one that does not is not", "[proto][cc]") {
  ProbeController probes(kConfig);
  probes.set_needed(ms(0), kbps(8000));
  probes.on_started(ms(0));
  taken_kbps(probes, ms(0));
  probes.on_estimate(ms(100), kbps(1750), {}, ProbeResult{2, kbps(1750)}, ProbeRoom::kFree);
  CHECK(taken_kbps(probes, ms(100)) == std::vector<int64_t>{3500});
  probes.on_estimate(ms(200), kbps(2500), {}, ProbeResult{3, kbps(2500)}, ProbeRoom::kFree);
  CHECK(taken_kbps(probes, ms(200)).empty());
}

TEST_CASE("while little is sent there is a probe at twice the estimate each five seconds", "[proto][cc]") {
  auto probes = settled_at(kbps(1000), kbps(8000), true);
  CHECK(probes.next_deadline() == ms(5000));
  probes.handle_deadline(ms(4999));
  CHECK_FALSE(probes.take(ms(4999)));
  probes.handle_deadline(ms(5000));
  CHECK(taken_kbps(probes, ms(5000)) == std::vector<int64_t>{2000});
  probes.handle_deadline(ms(10'000));
  CHECK(taken_kbps(probes, ms(10'000)) == std::vector<int64_t>{2000});
}

TEST_CASE("with enough there are no probes, and with no need nothing is due", "[proto][cc]") {
  auto probes = settled_at(kbps(1000), kbps(800), true);
  CHECK(probes.next_deadline() == Timestamp::never());
  probes.handle_deadline(ms(60'000));
  CHECK_FALSE(probes.take(ms(60'000)));
}

TEST_CASE("when more is needed a probe goes out at once, but each second at most", "[proto][cc]") {
  auto probes = settled_at(kbps(1000), kbps(800), true);
  probes.set_needed(ms(3000), kbps(1500));
  CHECK(taken_kbps(probes, ms(3000)) == std::vector<int64_t>{1500});
  probes.set_needed(ms(3100), kbps(4000));
  CHECK_FALSE(probes.take(ms(3100)));
  CHECK(probes.next_deadline() == ms(4000));
  probes.handle_deadline(ms(4001));
  CHECK(taken_kbps(probes, ms(4001)) == std::vector<int64_t>{2000});
}

TEST_CASE("a need that wavers is no request, one that grows bit by bit is", "[proto][cc]") {
  auto probes = settled_at(kbps(1000), kbps(4000), true);
  for (int t = 3000; t < 4900; t += 100) {
    probes.set_needed(ms(t), kbps(t % 200 == 0 ? 3800 : 4200));
    CHECK_FALSE(probes.take(ms(t)));
  }
  for (int need = 3800; need < 4600; need += 100) {
    probes.set_needed(ms(4900), kbps(need));
    CHECK_FALSE(probes.take(ms(4900)));
  }
  probes.set_needed(ms(4900), kbps(4600));
  CHECK(taken_kbps(probes, ms(4900)) == std::vector<int64_t>{2000});
}

TEST_CASE("nothing is probed while the queue or losses are at work", "[proto][cc]") {
  auto probes = settled_at(kbps(1000), kbps(8000), true);
  probes.on_estimate(ms(4000), kbps(1000), {}, {}, ProbeRoom::kNone);
  CHECK(probes.next_deadline() == Timestamp::never());
  probes.handle_deadline(ms(6000));
  CHECK_FALSE(probes.take(ms(6000)));
  probes.on_estimate(ms(7000), kbps(1000), {}, {}, ProbeRoom::kLossRising);
  CHECK(taken_kbps(probes, ms(7000)) == std::vector<int64_t>{1500});
}

TEST_CASE("on a path that is full a probe goes a quarter above its capacity, and is believed up to that alone",
          "[proto][cc]") {
  auto probes = settled_at(kbps(1000), kbps(8000), false, kbps(1200));
  probes.handle_deadline(ms(5000));
  const auto first = probes.take(ms(5000));
  REQUIRE(first);
  CHECK(first->rate == kbps(1500));
  CHECK(first->min_duration == TimeDelta::millis(100));
  CHECK(probes.believed({first->id, kbps(1150)}) == kbps(1140));  // saturated: up to 95 % of the capacity
  CHECK_FALSE(probes.believed({first->id, kbps(900)}));           // a lower one says nothing here
  CHECK(probes.believed({first->id, kbps(1490)}) == kbps(1140));  // passed: the next shows whether that is so

  probes.on_estimate(ms(5300), kbps(1140), kbps(1200), ProbeResult{first->id, kbps(1490)}, ProbeRoom::kFree);
  const auto second = probes.take(ms(5300));
  REQUIRE(second);
  CHECK(second->rate == kbps(2400));
  CHECK(probes.believed({second->id, kbps(1600)}) == kbps(1320));  // saturated: a tenth above the capacity
  CHECK(probes.believed({second->id, kbps(2350)}) == kbps(2350));
}

TEST_CASE("a large drop while little was sent is probed when the queue is gone", "[proto][cc]") {
  auto probes = settled_at(kbps(4000), kbps(8000), true);
  probes.on_estimate(ms(2500), kbps(1000), {}, {}, ProbeRoom::kNone);
  probes.on_estimate(ms(3000), kbps(1000), {}, {}, ProbeRoom::kFree);
  probes.on_recovered(ms(3000));
  CHECK(taken_kbps(probes, ms(3000)) == std::vector<int64_t>{3400});
  auto busy = settled_at(kbps(4000), kbps(8000), false);
  busy.on_estimate(ms(9000), kbps(1000), {}, {}, ProbeRoom::kNone);
  busy.on_recovered(ms(9500));
  CHECK_FALSE(busy.take(ms(9500)));
}

TEST_CASE("clusters that nobody takes get stale, and no id is zero", "[proto][cc]") {
  auto probes = settled_at(kbps(1000), kbps(8000), true);
  probes.handle_deadline(ms(5000));
  CHECK_FALSE(probes.take(ms(7100)));
  for (int64_t t = 10'000; t < 10'000 + 300 * 6000; t += 6000) {
    probes.handle_deadline(ms(t));
    const auto cluster = probes.take(ms(t));
    REQUIRE(cluster);
    CHECK(cluster->id != 0);
  }
}

TEST_CASE("a cluster that comes as fast as it went says that there is room for it", "[proto][cc]") {
  CHECK(probe_result({10'000, 10'000}) == 800);
  CHECK(probe_result({10'000, 8'000}) == 800);   // never more than was sent
  CHECK(probe_result({10'000, 10'800}) == 740);  // a little slower is noise
}

TEST_CASE("a cluster that comes slower shows the capacity, and a little less is believed", "[proto][cc]") {
  CHECK(probe_result({10'000, 20'000}) == 380);
}

TEST_CASE("clusters that came too fast, too slow or in part say nothing", "[proto][cc]") {
  CHECK_FALSE(probe_result({10'000, 4'000}));
  CHECK_FALSE(probe_result({10'000, 150'000}, 10, 10));
  CHECK_FALSE(probe_result({10'000, 10'000}, 3));
  CHECK(probe_result({10'000, 10'000}, 4) == 800);
  // 1 Mbit/s for 100 ms are 12.5 packets.
  CHECK_FALSE(probe_result({10'000, 10'000}, 9, 5, TimeDelta::millis(100)));
  CHECK(probe_result({10'000, 10'000}, 10, 5, TimeDelta::millis(100)) == 800);
}

TEST_CASE("a source that sends less than the estimate for a while is application-limited", "[proto][cc]") {
  AlrDetector alr;
  alr.set_estimate(kbps(1000));
  int t = 0;
  const auto send = [&](int64_t percent, int milliseconds) {
    for (const int end = t + milliseconds; t < end; t += 10) {
      alr.on_sent(ms(t), DataSize::bytes(1250 * percent / 100));
    }
  };
  send(95, 3000);
  CHECK_FALSE(alr.limited());
  send(20, 1500);
  CHECK(alr.limited());
  send(100, 200);
  CHECK(alr.limited());  // a keyframe is no change of mind
  send(100, 2000);
  CHECK_FALSE(alr.limited());
}
