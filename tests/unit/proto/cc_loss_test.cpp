// The loss-based estimator, and the one that has reports alone. Behaviours of libwebrtc's loss_based_bwe_v2_test and
// send_side_bandwidth_estimation_unittest.
#include <catch2/catch.hpp>
#include <vector>

#include "proto/cc/loss_based_estimator.hpp"
#include "proto/cc/report_based_estimator.hpp"
#include "tutti/base/random.hpp"

using namespace tutti;
using namespace tutti::cc;

namespace {

constexpr EstimatorConfig kConfig = {
    .start = DataRate::kbps(600), .min = DataRate::kbps(10), .max = DataRate::kbps(50'000)};
DataRate kbps(int64_t v) { return DataRate::kbps(v); }
Timestamp ms(int64_t v) { return Timestamp::from_ms(v); }

// A source that sends at a rate, a path that loses what it is told to.
class LossyPath {
 public:
  explicit LossyPath(uint64_t seed) : random_(seed) {}
  // Losses at random, and beyond `capacity`.
  void run(LossBasedEstimator& estimator, int milliseconds, DataRate rate, double loss, DataRate capacity,
           DataRate delay_based, bool limited = false) {
    for (int t = 0; t < milliseconds; t += 100) {
      std::vector<PacketResult> packets;
      const int64_t bits = rate.bps() / 10;
      const double over = rate > capacity ? 1 - capacity / rate : 0;
      for (int64_t sent = 0; sent < bits; sent += 9600) {
        PacketResult packet;
        packet.sent = now_ + TimeDelta::millis(100 * sent / bits);
        packet.size = DataSize::bytes(1200);
        if (random_.unit() >= loss && random_.unit() >= over) packet.arrived = packet.sent;
        packets.push_back(packet);
      }
      now_ = now_ + TimeDelta::millis(100);
      estimator.on_feedback(packets, std::min(rate, capacity) * (1 - loss), delay_based, limited);
    }
  }

 private:
  SeededRandom random_;
  Timestamp now_ = ms(1000);
};

}  // namespace

TEST_CASE("without losses the delay decides", "[proto][cc]") {
  LossBasedEstimator loss(kConfig);
  CHECK_FALSE(loss.rate());
  LossyPath path(1);
  path.run(loss, 3000, kbps(1000), 0, kbps(5000), kbps(1200));
  CHECK(loss.state() == LossState::kDelayBased);
  CHECK(loss.rate() == kbps(1200));
  path.run(loss, 500, kbps(1000), 0, kbps(5000), kbps(900));
  CHECK(loss.rate() == kbps(900));
}

TEST_CASE("2 % of random loss leaves the rate at the delay's", "[proto][cc]") {
  const auto seed = GENERATE(1, 2, 3, 4, 5);
  LossBasedEstimator loss(kConfig);
  LossyPath path(static_cast<uint64_t>(seed));
  path.run(loss, 20'000, kbps(1000), 0.02, kbps(5000), kbps(1000));
  CHECK(*loss.rate() >= kbps(950));
  CHECK(loss.average_loss() > 0.008);
}

TEST_CASE("loss of all that is above a bandwidth takes the rate to it", "[proto][cc]") {
  LossBasedEstimator loss(kConfig);
  LossyPath path(2);
  path.run(loss, 3000, kbps(1000), 0, kbps(5000), kbps(2000));
  path.run(loss, 3000, kbps(2000), 0, kbps(1000), kbps(2000));
  CHECK(loss.state() != LossState::kDelayBased);
  CHECK(*loss.rate() < kbps(1300));
  CHECK(*loss.rate() >= kbps(1000));  // never below what goes through
}

TEST_CASE("the rate comes back in steps when the losses end", "[proto][cc]") {
  LossBasedEstimator loss(kConfig);
  LossyPath path(3);
  path.run(loss, 3000, kbps(2000), 0, kbps(5000), kbps(2000));
  path.run(loss, 3000, kbps(2000), 0, kbps(700), kbps(2000));
  REQUIRE(*loss.rate() < kbps(1100));
  // The application follows.
  DataRate last = *loss.rate();
  int steps = 0;
  for (; steps < 60 && *loss.rate() < kbps(2000); ++steps) {
    path.run(loss, 500, *loss.rate(), 0, kbps(5000), kbps(2000));
    CHECK(*loss.rate() <= last * 2.3);
    last = *loss.rate();
  }
  CHECK(steps > 2);
  CHECK(steps < 40);
  CHECK(loss.state() == LossState::kDelayBased);
}

TEST_CASE("the rate comes back also where little is sent", "[proto][cc]") {
  LossBasedEstimator loss(kConfig);
  LossyPath path(3);
  path.run(loss, 3000, kbps(2000), 0, kbps(5000), kbps(2000));
  path.run(loss, 3000, kbps(2000), 0, kbps(700), kbps(2000));
  REQUIRE(*loss.rate() < kbps(1100));
  // The next layer would not fit yet.
  path.run(loss, 30'000, kbps(250), 0, kbps(5000), kbps(2000), true);
  CHECK(*loss.rate() == kbps(2000));
}

TEST_CASE("a loss that is taken back is none", "[proto][cc]") {
  LossBasedEstimator loss(kConfig);
  std::vector<PacketResult> lost, arrived;
  for (int i = 0; i < 100; ++i) {
    for (int k = 0; k < 10; ++k) {
      PacketResult packet;
      packet.sent = ms(1000 + 20 * i + 2 * k);
      packet.size = DataSize::bytes(1000);
      if (k > 0) packet.arrived = packet.sent;
      lost.push_back(packet);
      if (k > 0) continue;
      packet.arrived = packet.sent + TimeDelta::millis(30);
      packet.was_lost = true;
      arrived.push_back(packet);
    }
    loss.on_feedback(lost, kbps(3000), kbps(4000), false);
    loss.on_feedback(arrived, kbps(3000), kbps(4000), false);
    lost.clear();
    arrived.clear();
  }
  CHECK(loss.average_loss() < 0.02);
  CHECK(loss.state() == LossState::kDelayBased);
}

TEST_CASE("one burst of losses alone does not make an average", "[proto][cc]") {
  LossBasedEstimator loss(kConfig);
  LossyPath path(4);
  path.run(loss, 5000, kbps(1000), 0, kbps(5000), kbps(1000));
  path.run(loss, 200, kbps(1000), 0.8, kbps(5000), kbps(1000));
  path.run(loss, 500, kbps(1000), 0, kbps(5000), kbps(1000));
  CHECK(loss.average_loss() < 0.05);
}

TEST_CASE("reports of little loss let the rate grow by 8 % a second, to half above what is needed", "[proto][cc]") {
  ReportBasedEstimator reports(kConfig);
  reports.set_needed(kbps(1000));
  for (int t = 0; t <= 1000; t += 500) reports.on_report(ms(t), 0.01, TimeDelta::millis(50));
  CHECK(reports.rate().bps() == Approx(650'000).epsilon(0.01));
  for (int t = 2000; t <= 60'000; t += 1000) reports.on_report(ms(t), 0.01, TimeDelta::millis(50));
  CHECK(reports.rate() == kbps(1500));
}

TEST_CASE("reports of 2 to 10 % of loss change nothing, of more take half of it off", "[proto][cc]") {
  ReportBasedEstimator reports(kConfig);
  reports.on_report(ms(0), 0.05, TimeDelta::millis(50));
  reports.on_report(ms(1000), 0.09, TimeDelta::millis(50));
  CHECK(reports.rate() == kbps(600));
  reports.on_report(ms(2000), 0.2, TimeDelta::millis(50));
  CHECK(reports.rate() == kbps(540));
  reports.on_report(ms(2100), 0.2, TimeDelta::millis(50));  // of another source, at once
  CHECK(reports.rate() == kbps(540));
  reports.on_report(ms(3000), 0.5, TimeDelta::millis(50));
  CHECK(reports.rate() == kbps(405));
}

TEST_CASE("a rate that was never sent falls from what was", "[proto][cc]") {
  ReportBasedEstimator reports({.start = kbps(8000)});
  for (int t = 0; t < 3000; t += 1000) {
    reports.on_report(ms(t), 0.3, TimeDelta::millis(50));
    for (int i = 0; i < 100; ++i) reports.on_sent(DataSize::bytes(1250));  // 1 Mbit/s
  }
  CHECK(reports.rate() < kbps(1500));
}

TEST_CASE("the receiver's estimate is taken at the start, and later is a cap alone", "[proto][cc]") {
  ReportBasedEstimator reports(kConfig);
  reports.on_remb(ms(100), kbps(2500));
  CHECK(reports.rate() == kbps(2500));
  reports.on_remb(ms(5000), kbps(9000));
  CHECK(reports.rate() == kbps(2500));
  CHECK(reports.receiver_limit() == kbps(9000));
}
