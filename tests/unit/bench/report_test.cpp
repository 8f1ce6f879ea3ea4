#include "harness/report.hpp"

#include <catch2/catch.hpp>

#include "harness/chart.hpp"
#include "harness/measure.hpp"
#include "harness/report_page.hpp"
#include "harness/runner.hpp"
#include "support/result_text.hpp"

namespace tutti::bench {
namespace {

Report some_report() {
  Report report;
  report.scenario = "fan-out-video";
  report.about = "One camera.\nMany watch.";
  report.scaled = "people";
  report.suite = "AEAD_AES_128_GCM";
  report.facts.server = "tuttid <0.1.0>";
  report.facts.cores = 2;
  report.knee = 100;
  for (const uint32_t load : {50u, 100u}) {
    Step s;
    s.load = load;
    s.participants = load + 1;
    s.packets_out_per_s = 180.0 * load;
    s.cpu_us_per_packet_out = 1.25;
    s.cpu_cores = s.packets_out_per_s * s.cpu_us_per_packet_out / 1e6;
    s.latency = {100, 300, 800, 900, 5'000};
    s.server_counters = {{"dropped_total{queue_full}", 3}, {"packets_sent_total", 9}};
    report.steps.push_back(s);
  }
  report.steps[1].joins = JoinPhases{};
  report.steps[1].joins->joined = 7;
  report.steps[1].joins->dtls = {2'000, 3'000, 3'500, 4'000, 7};
  return report;
}

TEST_CASE("a report is read as it was written", "[bench][report]") {
  const std::string text = to_json({some_report()});
  const auto read = reports_from_json(text);
  REQUIRE(read);
  REQUIRE(read->size() == 1);
  const Report& r = read->front();
  CHECK(r.knee == 100u);
  CHECK(r.facts.server == "tuttid <0.1.0>");
  REQUIRE(r.steps.size() == 2);
  CHECK(r.steps[0].latency.p999 == 800);
  CHECK_FALSE(r.steps[0].joins);
  REQUIRE(r.steps[1].joins);
  CHECK(r.steps[1].joins->dtls.samples == 7);
  CHECK(r.steps[1].server_counters == some_report().steps[1].server_counters);
  // All that was written is read, so a second time gives the same.
  CHECK(to_json(*read) == text);
}

TEST_CASE("a file that is no report is refused", "[bench][report]") {
  CHECK_FALSE(reports_from_json("{"));
  CHECK_FALSE(reports_from_json("3"));
  CHECK_FALSE(reports_from_json(R"({"schema":1})"));
  const auto later = reports_from_json(R"({"schema":2,"reports":[]})");
  REQUIRE_FALSE(later);
  CHECK(later.error().detail == "has schema 2; this tutti-bench reads 1");
}

TEST_CASE("what is not finite is written as null and read as it was", "[bench][report]") {
  Report report = some_report();
  report.steps[0].loss = 0.0 / 0.0;
  const auto read = reports_from_json(to_json({report}));
  REQUIRE(read);
  CHECK(read->front().steps[0].loss == 0);
}

TEST_CASE("the table has a row for each step, and marks the knee and what is invalid", "[bench][report]") {
  Report report = some_report();
  report.steps[0].invalid = "late";
  const Table table = steps_table(report);
  REQUIRE(table.rows.size() == 2);
  for (const auto& row : table.rows) CHECK(row.size() == table.head.size());
  CHECK(table.rows[0].back() == "invalid: late");
  CHECK(table.rows[1].back() == "knee");
  CHECK(joins_table(report).rows.size() == 1);
  const Table generator = generator_table(report);
  CHECK(generator.rows[0].back() == "dropped_total{queue_full} 3");
  CHECK(generator.rows[0].size() == generator.head.size());
}

TEST_CASE("a table is aligned on a terminal and a table in Markdown", "[bench][report]") {
  const Table table{{"name", "us"}, {{"a", "1"}, {"long", "1,000"}}};
  CHECK(for_terminal(table) == "name     us\na         1\nlong  1,000\n");
  CHECK(as_markdown(table) == "| name | us |\n| --- | ---: |\n| a | 1 |\n| long | 1,000 |\n");
}

TEST_CASE("figures have commas between thousands", "[bench][report]") {
  CHECK(figure(999) == "999");
  CHECK(figure(1'000) == "1,000");
  CHECK(figure(1'234'567.891, 2) == "1,234,567.89");
  CHECK(figure(-1'234, 1) == "-1,234.0");
  CHECK(figure(0.0004, 3) == "0.000");
}

TEST_CASE("the page is whole in itself and takes nobody's text for markup", "[bench][report]") {
  const std::string page = as_page({some_report()});
  CHECK(page.find("tuttid &lt;0.1.0&gt;") != std::string::npos);
  CHECK(page.find("<0.1.0>") == std::string::npos);
  CHECK(page.find("<svg") != std::string::npos);
  CHECK(page.find("class=\"knee\"") != std::string::npos);
  for (const char* outside : {"http:", "https:", "src=", "href=", "<script"})
    CHECK(page.find(outside) == std::string::npos);
}

TEST_CASE("an axis has round numbers", "[bench][report]") {
  CHECK(ticks(0, 100, 5) == std::vector<double>{0, 20, 40, 60, 80, 100});
  CHECK(ticks(0, 7, 5) == std::vector<double>{0, 2, 4, 6});
  CHECK(ticks(5, 5, 5) == std::vector<double>{5});
}

TEST_CASE("a step holds within all limits, and otherwise says which it breaks", "[bench][report]") {
  Step step;
  step.loss = 0.001;
  step.latency.p99 = 20'000;
  CHECK(why_not(step, Limits{}).empty());
  step.loss = 0.0011;
  step.latency.p99 = 25'000;
  step.late_mixes = 2;
  step.joins = JoinPhases{};
  step.joins->failed = 1;
  CHECK(why_not(step, Limits{}) == "0.11 % lost, p99 of latency 25.0 ms, 2 mixes late, 1 joins failed");
}

TEST_CASE("a step does not hold that brought fewer joins a second than its load, but for the edges",
          "[bench][report]") {
  Step step;
  step.seconds = 6;
  step.joins = JoinPhases{};
  step.joins->joins_per_s = 390;
  CHECK(why_not(step, Limits{}).empty());  // no load that counts joins
  step.joins->due_per_s = 400;
  CHECK(why_not(step, Limits{}) == "390.0 joins a second of 400");
  step.joins->joins_per_s = 393;
  CHECK(why_not(step, Limits{}).empty());
  step.joins->due_per_s = 1;
  step.joins->joins_per_s = 5.0 / 6;
  CHECK(why_not(step, Limits{}).empty());
}

TEST_CASE("a report compares if more than half of its valid runs hold", "[bench][report]") {
  Report report;
  report.steps.resize(4);
  report.steps[0].invalid = "late";
  CHECK(why_incomparable(report).empty());
  report.steps[1].loss = 0.5;
  CHECK(why_incomparable(report).empty());
  report.steps[2].late_mixes = 1;
  CHECK(why_incomparable(report) == "did not hold in 2 of 3 valid runs (50.00 % lost)");
  for (Step& step : report.steps) step.invalid = "late";
  CHECK(why_incomparable(report) == "has no valid run");
}

TEST_CASE("a step does not hold in which mixes are missing or pictures were skipped", "[bench][report]") {
  Step step;
  step.mixes_due = 10'000;
  step.mixes_arrived = 9'990;
  CHECK(why_not(step, Limits{}).empty());
  step.mixes_arrived = 9'980;
  step.mix_frames_skipped = 3;
  CHECK(why_not(step, Limits{}) == "only 99.80 % of the mixes due, 3 composed pictures skipped");
}

}  // namespace
}  // namespace tutti::bench
