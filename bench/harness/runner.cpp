#include "harness/runner.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <set>

namespace tutti::bench {
namespace {

std::string number(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof(text), format, value);
  return text;
}

}  // namespace

std::string why_not(const Step& step, const Limits& limits) {
  std::string why;
  const auto add = [&why](const std::string& reason) { why += (why.empty() ? "" : ", ") + reason; };
  if (step.loss > limits.loss) add(number("%.2f %% lost", step.loss * 100));
  if (step.latency.p99 > limits.latency_p99_us) add(number("p99 of latency %.1f ms", step.latency.p99 / 1'000));
  if (step.late_mixes > limits.late_mixes) add(std::to_string(step.late_mixes) + " mixes late");
  if (step.mixes_arrived < limits.mixes * step.mixes_due) {
    add(number("only %.2f %% of the mixes due", step.mixes_arrived / step.mixes_due * 100));
  }
  if (step.mix_frames_skipped > 0) add(number("%.0f composed pictures skipped", step.mix_frames_skipped));
  if (step.joins && step.joins->failed > 0) add(std::to_string(step.joins->failed) + " joins failed");
  // The first one who leaves does so an interval after the beginning, and the last one is back after the end.
  if (step.joins && step.joins->joins_per_s * step.seconds + 2 < limits.joins * step.joins->due_per_s * step.seconds) {
    add(number("%.1f joins a second", step.joins->joins_per_s) + number(" of %.0f", step.joins->due_per_s));
  }
  if (step.unreadable > 0) add(std::to_string(step.unreadable) + " packets unreadable");
  return why;
}

Result<Step> Runner::run(const Scenario& scenario) {
  TargetOptions server = options_.server;
  server.workers = std::max(server.workers, scenario.server_workers);
  auto started = options_.target == "janus" ? start_janus(server) : start_tuttid(server);
  if (!started) return started.error();
  const std::unique_ptr<Target> target = std::move(*started);
  server_ = target->describe();
  if (const auto lack = target->lacks(scenario)) {
    return Error{ErrorKind::kUnsupported, "target-lacks", options_.target + " cannot do this scenario: " + *lack, {}};
  }
  Generator generator(scenario, *target, options_.generator);
  if (auto joined = generator.join(); !joined) return joined.error();
  auto step = generator.run(scenario.warm_up, scenario.duration);
  if (!target->running()) {
    return Error{ErrorKind::kUnavailable,
                 "target-ended",
                 "the server ended under a load of " + std::to_string(scenario.load),
                 {}};
  }
  if (step) step->load = scenario.load;
  return step;
}

Result<Report> Runner::find_knee(const Scenario& scenario, const Limits& limits,
                                 const std::function<void(const Step&, const std::string&)>& told) {
  KneeSearch search(scenario.load, scenario.max_load);
  while (const auto load = search.next()) {
    const auto step = run(scenario.at(*load));
    if (!step) {
      // What worked with fewer people and does not with more is a load that does not hold.
      if (!search.knee()) return step.error();
      Step failed;
      failed.load = *load;
      told(failed, step.error().detail);
      search.report(Verdict::kFails);
      continue;
    }
    const std::string why = why_not(*step, limits);
    const Verdict verdict = !step->invalid.empty() ? Verdict::kInvalid
                            : why.empty()          ? Verdict::kHolds
                                                   : Verdict::kFails;
    told(*step, verdict == Verdict::kHolds     ? "holds"
                : verdict == Verdict::kInvalid ? "invalid: " + step->invalid
                                               : why);
    search.report(verdict);
  }
  Report report;
  report.limits = limits;
  report.knee = search.knee();
  if (search.stopped_by_generator())
    report.remark = "above the knee the generator was the bottleneck: the server may hold more";
  if (search.reached_max()) report.remark = "the scenario's max_load holds: the knee is higher";
  if (!report.knee) {
    report.remark = "not even a load of 1 holds";
    return report;
  }
  std::set<uint32_t> loads;
  for (const uint32_t percent : {25u, 50u, 75u, 100u, 110u}) {
    loads.insert(static_cast<uint32_t>(std::max<uint64_t>(1, uint64_t{*report.knee} * percent / 100)));
  }
  for (const uint32_t load : loads) {
    auto step = run(scenario.at(load));
    if (step && !step->invalid.empty()) step = run(scenario.at(load));
    if (!step) return step.error();
    const std::string why = why_not(*step, limits);
    told(*step, !step->invalid.empty() ? "invalid: " + step->invalid : why.empty() ? "holds" : why);
    report.steps.push_back(std::move(*step));
  }
  return report;
}

}  // namespace tutti::bench
