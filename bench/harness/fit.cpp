#include "harness/fit.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "harness/least_squares.hpp"
#include "harness/runner.hpp"

namespace tutti::bench {
namespace {

// To five digits, more than any of it is known to.
double rounded(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.5g", value);
  return std::strtod(text, nullptr);
}

// Fills in the terms' costs and the constant; gives what is left unexplained.
template <class Terms, class Costs>
double fit_terms(const Terms& terms, const std::vector<io::Workload>& work, const std::vector<double>& measured,
                 Costs& costs) {
  std::vector<std::vector<double>> rows;
  for (const io::Workload& w : work) {
    auto& row = rows.emplace_back();
    for (const auto& term : terms) row.push_back(w.*term.quantity);
    row.push_back(1);
  }
  const Fit fit = fit_non_negative(rows, measured, static_cast<int>(terms.size()));
  for (size_t j = 0; j < terms.size(); ++j) costs.*terms[j].cost = rounded(fit.coefficients[j]);
  costs.constant = rounded(fit.coefficients.back());

  return rounded(fit.residual);
}

}  // namespace

io::Workload workload_of(const Step& s) {
  return {.packets_in_per_s = s.packets_in_per_s,
          .packets_out_per_s = s.packets_out_per_s,
          .participants = static_cast<double>(s.participants),
          .audio_mixes = s.audio_mixes,
          .decoded_mpix_per_s = s.decoded_mpix_per_s,
          .composed_mpix_per_s = s.composed_mpix_per_s,
          .encoded_mpix_per_s = s.encoded_mpix_per_s,
          .tracks = static_cast<double>(s.tracks),
          .rooms = static_cast<double>(s.rooms)};
}

Result<io::CostModel> fit_cost_model(const std::vector<Report>& reports) {
  io::CostModel model;
  std::vector<io::Workload> work;
  std::vector<double> cores, bytes;
  for (const Report& report : reports) {
    for (const Step& step : report.steps) {
      // Handshakes are no term of the model; and what did not hold is less work than it was meant to be.
      if (!step.invalid.empty() || step.joins || !why_not(step, report.limits).empty()) continue;
      work.push_back(workload_of(step));
      cores.push_back(step.cpu_cores);
      bytes.push_back(step.rss_kib * 1024);
    }
    model.machine = report.facts.machine;
    model.commit = report.facts.commit;
    model.date = std::max(model.date, report.facts.date);
    if (model.suite.empty()) model.suite = report.suite;
  }
  if (work.empty()) return invalid("there is no valid step that holds in these results to fit a model to");
  model.residual.cpu_cores = fit_terms(io::kCpuTerms, work, cores, model.cpu);
  fit_terms(io::kMemoryTerms, work, bytes, model.memory);
  return model;
}

}  // namespace tutti::bench
