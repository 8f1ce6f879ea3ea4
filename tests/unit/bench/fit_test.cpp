#include "harness/fit.hpp"

#include <catch2/catch.hpp>

#include "harness/least_squares.hpp"
#include "support/result_text.hpp"
#include "tutti/base/random.hpp"

namespace tutti::bench {
namespace {

double uniform(SeededRandom& random, double low, double high) { return low + (high - low) * random.unit(); }

TEST_CASE("coefficients that made the data are found again", "[bench][fit]") {
  SeededRandom random(1);
  // Rates and counts: columns a million apart in size.
  const std::vector<double> truth = {2e-6, 1.5e-6, 0, 0.01};
  std::vector<std::vector<double>> rows;
  std::vector<double> b;
  for (int i = 0; i < 40; ++i) {
    rows.push_back({uniform(random, 0, 5'000), uniform(random, 0, 500'000), uniform(random, 0, 1'000), 1});
    double sum = 0;
    for (size_t j = 0; j < truth.size(); ++j) sum += truth[j] * rows.back()[j];
    b.push_back(sum);
  }
  const Fit fit = fit_non_negative(rows, b, 3);
  for (size_t j = 0; j < truth.size(); ++j) CHECK(fit.coefficients[j] == Approx(truth[j]).epsilon(1e-4).margin(1e-9));
  CHECK(fit.residual == Approx(0).margin(1e-6));
}

TEST_CASE("noise leaves a residual of its own size", "[bench][fit]") {
  SeededRandom random(2);
  std::vector<std::vector<double>> rows;
  std::vector<double> b;
  for (int i = 0; i < 400; ++i) {
    const double x = uniform(random, 0, 100);
    rows.push_back({x, 1});
    b.push_back(3 * x + 5 + uniform(random, -1, 1));
  }
  const Fit fit = fit_non_negative(rows, b, 1);
  CHECK(fit.coefficients[0] == Approx(3).epsilon(0.01));
  CHECK(fit.coefficients[1] == Approx(5).epsilon(0.1));
  CHECK(fit.residual == Approx(0.577).epsilon(0.1));  // of a uniform error of 1: 1 / sqrt(3)
}

TEST_CASE("what would cost less than nothing costs nothing", "[bench][fit]") {
  // b falls with the second column.
  const Fit fit = fit_non_negative({{1, 1}, {2, 5}, {3, 2}, {4, 9}}, {2 - 0.1, 4 - 0.5, 6 - 0.2, 8 - 0.9});
  CHECK(fit.coefficients[1] == 0);
  CHECK(fit.coefficients[0] > 1.5);
  CHECK(fit.residual > 0);
}

TEST_CASE("a column that never varies gets nothing unless it is the constant", "[bench][fit]") {
  const std::vector<std::vector<double>> rows = {{1, 7, 1}, {2, 7, 1}, {3, 7, 1}};
  const Fit fit = fit_non_negative(rows, {3, 5, 7}, 2);
  CHECK(fit.coefficients[0] == Approx(2));
  CHECK(fit.coefficients[1] == 0);
  CHECK(fit.coefficients[2] == Approx(1));
}

TEST_CASE("nothing to fit is no crash", "[bench][fit]") {
  CHECK(fit_non_negative({}, {}).coefficients.empty());
  CHECK_FALSE(fit_cost_model({}));
}

Report steps_at(const io::CostModel& truth) {
  SeededRandom random(3);
  Report report;
  report.facts.machine = "a machine";
  report.facts.date = "2026-11-21T00:00:00Z";
  for (int i = 0; i < 30; ++i) {
    Step s;
    s.packets_in_per_s = uniform(random, 0, 10'000);
    s.packets_out_per_s = uniform(random, 0, 100'000);
    s.participants = random.below(1'000);
    s.audio_mixes = static_cast<double>(random.below(40));
    s.tracks = random.below(100);
    s.rooms = random.below(50);
    s.cpu_cores = truth.cpu_cores(workload_of(s));
    s.rss_kib = truth.memory_bytes(workload_of(s)) / 1024;
    report.steps.push_back(s);
  }
  return report;
}

TEST_CASE("a model is fitted over the steps of reports, those that are invalid, do not hold or are joins left out",
          "[bench][fit]") {
  io::CostModel truth;
  truth.cpu = {2e-6, 1.5e-6, 1e-5, 2e-4, 0, 0, 0, 0.002};
  truth.memory = {10'000, 200'000, 5'000, 2e7};
  Report report = steps_at(truth);
  report.steps[4].invalid = "the generator was late";
  report.steps[4].cpu_cores = 99;
  report.steps[5].joins = JoinPhases{};
  report.steps[5].cpu_cores = 99;
  report.steps[6].loss = 0.5;
  report.steps[6].cpu_cores = 99;
  const auto model = fit_cost_model({report});
  REQUIRE(model);
  CHECK(model->cpu.packets_in_per_s == Approx(2e-6).epsilon(1e-3));
  CHECK(model->cpu.packets_out_per_s == Approx(1.5e-6).epsilon(1e-3));
  CHECK(model->cpu.audio_mixes == Approx(2e-4).epsilon(1e-3));
  CHECK(model->cpu.decoded_mpix_per_s == 0);
  CHECK(model->memory.participants == Approx(10'000).epsilon(1e-3));
  CHECK(model->memory.constant == Approx(2e7).epsilon(1e-3));
  CHECK(model->residual.cpu_cores == Approx(0).margin(1e-6));
  CHECK(model->machine == "a machine");
}

}  // namespace
}  // namespace tutti::bench
