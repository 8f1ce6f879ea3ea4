// What the estimator does with each of its inputs, its log, and what it costs.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "support/estimator_loop.hpp"
#include "tutti/proto/cc/bandwidth_estimator.hpp"
#include "tutti/proto/cc/estimator_log.hpp"

using namespace tutti;
using namespace tutti::cc;
using namespace tutti::test;

namespace {

Timestamp ms(int64_t v) { return Timestamp::from_ms(v); }
DataRate kbps(int64_t v) { return DataRate::kbps(v); }

EstimatorLog recorded_call(TimeDelta length, size_t capacity) {
  LoopPath path;
  path.loss = 0.01;
  EstimatorLoop loop(path, {{}}, 3);
  EstimatorLog log({}, loop.now(), capacity);
  loop.estimator().record_to(&log);
  loop.run(length / 2);
  loop.path().rate = kbps(700);
  loop.run(length / 2);
  loop.estimator().record_to(nullptr);
  return log;
}

}  // namespace

TEST_CASE("before anything is known the estimate is the start", "[proto][cc]") {
  BandwidthEstimator estimator({}, ms(0));
  CHECK(estimator.estimate().target == kbps(600));
  CHECK(estimator.estimate().limited_by == LimitedBy::kStart);
  CHECK_FALSE(estimator.estimate().acknowledged);
  CHECK(estimator.next_deadline() == Timestamp::never());
  CHECK_FALSE(estimator.take_probe(ms(0)));
}

TEST_CASE("REMB caps the estimate, and reports move it where nothing better is offered", "[proto][cc]") {
  BandwidthEstimator estimator({}, ms(0));
  estimator.set_needed(ms(0), kbps(3000));
  estimator.on_remb(ms(100), kbps(400));
  CHECK(estimator.estimate().target == kbps(400));
  CHECK(estimator.estimate().limited_by == LimitedBy::kReceiver);
  estimator.on_remb(ms(200), kbps(2000));
  CHECK(estimator.estimate().target == kbps(2000));
  estimator.on_receiver_report(ms(1000), 0);
  estimator.on_receiver_report(ms(2000), 0.3);
  CHECK(estimator.estimate().target < kbps(1750));
  CHECK(estimator.estimate().limited_by == LimitedBy::kLoss);
  CHECK(estimator.estimate().loss == Approx(0.3));
}

TEST_CASE("reports say nothing beside feedback on packets", "[proto][cc]") {
  EstimatorLoop loop({}, {{}}, 1);
  loop.run(TimeDelta::seconds(5));
  const Estimate before = loop.estimator().estimate();
  loop.estimator().on_receiver_report(loop.now(), 0.9);
  CHECK(loop.estimator().estimate() == before);
  // But the receiver's own word counts.
  loop.estimator().on_remb(loop.now(), kbps(300));
  CHECK(loop.estimator().estimate().target == kbps(300));
}

TEST_CASE("silence while packets are sent takes the estimate down each second", "[proto][cc]") {
  EstimatorLoop loop({}, {{}}, 1);
  loop.run(TimeDelta::seconds(5));
  BandwidthEstimator& estimator = loop.estimator();
  const DataRate before = estimator.estimate().target;
  Timestamp now = loop.now();
  int falls = 0;
  for (const Timestamp end = now + TimeDelta::seconds(6); now < end; now = now + TimeDelta::millis(10)) {
    estimator.on_sent(now, DataSize::bytes(1000));
    if (now < estimator.next_deadline()) continue;
    const DataRate was = estimator.estimate().target;
    estimator.handle_deadline(now);
    if (estimator.estimate().target < was) ++falls;
  }
  CHECK(falls == 4);
  CHECK(estimator.estimate().target < before * 0.42);
  // Silence when nothing is sent means nothing.
  CHECK(estimator.next_deadline() >= now);
}

TEST_CASE("a round trip comes from feedback unless it is measured", "[proto][cc]") {
  LoopPath path;
  path.round_trip = TimeDelta::millis(80);
  EstimatorLoop loop(path, {{}}, 1);
  loop.run(TimeDelta::seconds(5));
  CHECK(loop.estimator().estimate().round_trip.ms() >= 75);
  CHECK(loop.estimator().estimate().round_trip.ms() <= 190);  // feedback is looked at each 100 ms
}

TEST_CASE("a log replayed gives the estimates of the call", "[proto][cc][log]") {
  const EstimatorLog log = recorded_call(TimeDelta::seconds(20), 100'000);
  REQUIRE(log.forgotten() == 0);
  std::vector<TimedEstimate> live;
  for (size_t i = 0; i < log.size(); ++i) {
    if (const auto* e = std::get_if<EstimateRecord>(&log[i].what)) live.push_back({log[i].at, e->estimate});
  }
  REQUIRE(live.size() > 100);
  const auto again = replay(log);
  // A replay tells of each change, also of those between two feedbacks.
  size_t found = 0;
  for (const TimedEstimate& e : again) {
    if (found < live.size() && e.at == live[found].at && e.estimate == live[found].estimate) ++found;
  }
  CHECK(found == live.size());
}

TEST_CASE("a log survives being written and read", "[proto][cc][log]") {
  const EstimatorLog log = recorded_call(TimeDelta::seconds(6), 100'000);
  const std::string text = log.to_json_lines();
  const auto read = EstimatorLog::from_json_lines(text);
  REQUIRE(read);
  CHECK(read->size() == log.size());
  CHECK(read->to_json_lines() == text);
  CHECK(replay(*read).back().estimate == replay(log).back().estimate);
}

TEST_CASE("each kind of record is a line that a reader understands", "[proto][cc][log]") {
  EstimatorLog log({}, ms(1), 10);
  log.add(ms(2), SentRecord{DataSize::bytes(1200)});
  log.add(ms(3), RoundTripRecord{TimeDelta::millis(40)});
  log.add(ms(4), ReceiverReportRecord{0.25});
  log.add(ms(5), RembRecord{kbps(5)});
  log.add(ms(6), NeededRecord{kbps(7)});
  log.add(ms(7), DeadlineRecord{});
  log.add(ms(8), ProbeRecord{{.id = 3, .rate = kbps(900)}});
  CHECK(log.to_json_lines() ==
        "{\"at\":1000,\"kind\":\"config\",\"start\":600000,\"min\":30000,\"max\":100000000,\"forgotten\":0}\n"
        "{\"at\":2000,\"kind\":\"sent\",\"size\":1200}\n"
        "{\"at\":3000,\"kind\":\"round_trip\",\"sample\":40000}\n"
        "{\"at\":4000,\"kind\":\"report\",\"lost\":0.25}\n"
        "{\"at\":5000,\"kind\":\"remb\",\"rate\":5000}\n"
        "{\"at\":6000,\"kind\":\"needed\",\"rate\":7000}\n"
        "{\"at\":7000,\"kind\":\"deadline\"}\n"
        "{\"at\":8000,\"kind\":\"probe\",\"id\":3,\"rate\":900000,\"packets\":5,\"duration\":15000}\n");
}

TEST_CASE("a log keeps the newest and counts what it forgot", "[proto][cc][log]") {
  EstimatorLog log({}, ms(0), 3);
  for (int i = 1; i <= 5; ++i) log.add(ms(i), SentRecord{DataSize::bytes(i)});
  CHECK(log.size() == 3);
  CHECK(log.forgotten() == 2);
  CHECK(log[0].at == ms(3));
  CHECK(log[2].at == ms(5));
}

TEST_CASE("text that is no log is refused, a kind that is not known passed over", "[proto][cc][log]") {
  CHECK_FALSE(EstimatorLog::from_json_lines(""));
  CHECK_FALSE(EstimatorLog::from_json_lines("{\"at\":1,\"kind\":\"sent\",\"size\":3}\n"));
  const std::string head = "{\"at\":0,\"kind\":\"config\",\"start\":1,\"min\":1,\"max\":9,\"forgotten\":0}\n";
  CHECK_FALSE(EstimatorLog::from_json_lines(head + "{\"at\":1,\"kind\":\"sent\"}\n"));
  CHECK_FALSE(EstimatorLog::from_json_lines(head + "garbage\n"));
  const auto log = EstimatorLog::from_json_lines(head + "{\"at\":1,\"kind\":\"from the future\"}\n");
  REQUIRE(log);
  CHECK(log->size() == 0);
}
