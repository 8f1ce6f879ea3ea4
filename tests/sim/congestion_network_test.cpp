// The network that congestion control is judged on is itself judged: the bottleneck's queue, the paths' jitter, and TCP
// against TCP.
#include <catch2/catch.hpp>

#include "support/bottleneck.hpp"
#include "support/congestion/flow_meter.hpp"
#include "support/tcp_flow.hpp"

using namespace tutti;
using namespace tutti::test;

namespace {

constexpr Timestamp kBegin = Timestamp::from_ms(1000);
constexpr DataSize kPacket = DataSize::bytes(1250);  // 10 ms at 1 Mbit/s

Timestamp at_ms(int64_t ms) { return kBegin + TimeDelta::millis(ms); }

// TCP flows that share one link of 2 Mbit/s.
struct TcpLink {
  explicit TcpLink(size_t flows, TcpFlow::Control control)
      : link(RateSchedule({{kBegin, DataRate::kbps(2000)}}), TimeDelta::millis(300)) {
    for (size_t i = 0; i < flows; ++i) {
      paths.push_back(std::make_unique<NetworkPath>(NetworkPath::Conditions{}, &link, 2 * i + 1));
      paths.push_back(std::make_unique<NetworkPath>(NetworkPath::Conditions{}, nullptr, 2 * i + 2));
      meters.push_back(std::make_unique<FlowMeter>(kBegin));
      const auto count = [m = meters.back().get()](Timestamp now, DataSize size, TimeDelta waited) {
        m->on_delivered(now, size, waited, true);
      };
      tcp.push_back(std::make_unique<TcpFlow>(*paths[2 * i], *paths[2 * i + 1], control, count));
      loop.attach(*tcp.back());
    }
  }
  Bottleneck link;
  std::vector<std::unique_ptr<NetworkPath>> paths;
  std::vector<std::unique_ptr<FlowMeter>> meters;
  std::vector<std::unique_ptr<TcpFlow>> tcp;
  EventLoop loop;
};

}  // namespace

TEST_CASE("a bottleneck serves in order, at its rate, through a change of rate", "[sim][congestion]") {
  Bottleneck link(RateSchedule({{kBegin, DataRate::kbps(1000)}, {at_ms(15), DataRate::kbps(500)}}),
                  TimeDelta::millis(300));
  CHECK(link.send(kBegin, kPacket)->leaves == at_ms(10));
  // Half of the second one goes at half the rate.
  const auto second = link.send(kBegin, kPacket);
  CHECK(second->waited == TimeDelta::millis(10));
  CHECK(second->leaves == at_ms(25));
  CHECK(link.queue(at_ms(5)) == TimeDelta::millis(20));
  CHECK(link.send(at_ms(100), kPacket)->leaves == at_ms(120));
  CHECK(link.rate().carried(kBegin, at_ms(25)) == kPacket + kPacket);
}

TEST_CASE("a queue that holds 300 ms drops at its tail", "[sim][congestion]") {
  Bottleneck link(RateSchedule({{kBegin, DataRate::kbps(1000)}}), TimeDelta::millis(300));
  int carried = 0;
  for (int i = 0; i < 100; ++i) carried += link.send(kBegin, kPacket).has_value();
  CHECK(carried == 31);
  CHECK_FALSE(link.send(at_ms(5), kPacket));
  CHECK(link.send(at_ms(10), kPacket));
}

TEST_CASE("jitter delays by up to its maximum and reorders nothing, and loss is what it says", "[sim][congestion]") {
  NetworkPath path({TimeDelta::millis(50), TimeDelta::millis(30), 0.02}, nullptr, 7);
  Timestamp last;
  int lost = 0;
  double jitter = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto arrival = path.send(at_ms(40 * i), kPacket);
    if (!arrival) {
      ++lost;
      continue;
    }
    REQUIRE(arrival->at >= last);
    REQUIRE(arrival->at >= at_ms(40 * i + 50));
    REQUIRE(arrival->at <= at_ms(40 * i + 80));
    last = arrival->at;
    jitter += (arrival->at - at_ms(40 * i + 50)).seconds_f() * 1000;
  }
  CHECK(lost > 150);
  CHECK(lost < 250);
  CHECK(jitter / (10'000 - lost) == Approx(15).margin(0.5));
}

TEST_CASE("a long TCP flow fills a link and its queue", "[sim][congestion]") {
  const auto control = GENERATE(TcpFlow::Control::kReno, TcpFlow::Control::kCubic);
  TcpLink sim(1, control);
  sim.tcp[0]->start(kBegin, TcpFlow::kEndless);
  sim.loop.run_until(at_ms(60'000));
  CHECK(sim.meters[0]->rate(at_ms(5000), at_ms(60'000)).bps() > 1'900'000);
  std::vector<TimeDelta> waits;
  sim.meters[0]->collect_waits(at_ms(5000), at_ms(60'000), waits);
  CHECK(percentile(std::move(waits), 0.95) > TimeDelta::millis(250));
}

TEST_CASE("TCP flows that come one after another share a link", "[sim][congestion]") {
  const auto control = GENERATE(TcpFlow::Control::kReno, TcpFlow::Control::kCubic);
  TcpLink sim(3, control);
  for (size_t i = 0; i < 3; ++i) {
    sim.tcp[i]->start(sim.loop.now(), TcpFlow::kEndless);
    sim.loop.run_until(sim.loop.now() + TimeDelta::seconds(10));
  }
  sim.loop.run_until(at_ms(240'000));
  std::vector<DataRate> rates;
  for (const auto& m : sim.meters) rates.push_back(m->rate(at_ms(60'000), at_ms(240'000)));
  CHECK(jain_index(rates) > 0.85);
}

TEST_CASE("a short TCP flow delivers all of its file, also on a lossy link", "[sim][congestion]") {
  Bottleneck link(RateSchedule({{kBegin, DataRate::kbps(2000)}}), TimeDelta::millis(300));
  NetworkPath data({TimeDelta::millis(50), TimeDelta::millis(30), 0.05}, &link, 1),
      acks({TimeDelta::millis(50), TimeDelta::millis(30), 0.05}, nullptr, 2);
  int64_t delivered = 0;
  TcpFlow tcp(data, acks, TcpFlow::Control::kCubic, [&](Timestamp, DataSize, TimeDelta) { ++delivered; });
  EventLoop loop;
  loop.attach(tcp);
  const int64_t segments = TcpFlow::segments(DataSize::bytes(500'000));
  tcp.start(kBegin, segments);
  loop.run_until(at_ms(60'000));
  CHECK(tcp.is_done());
  CHECK(delivered >= segments);
  CHECK(delivered < segments * 12 / 10);  // an acknowledgement that is lost is a segment sent twice
}
