// run, knee, compare and standard.
#include <algorithm>
#include <iostream>

#include "harness/commands.hpp"
#include "harness/measure.hpp"
#include "harness/report.hpp"

namespace tutti::bench {
namespace {

int status_of(const std::vector<Report>& reports) {
  for (const Report& report : reports) {
    // Of several runs one good one is something to read.
    if (summary_of(report).valid > 0) continue;
    return fail("no run of " + report.scenario + " is valid, because of the generator: a lower load may be",
                kExitInvalid);
  }
  return kExitGood;
}

// A few loads of which each stands for one thing that forwarding and mixing cost.
struct Case {
  const char* name;
  const char* scenario;
  uint32_t load;
  std::optional<SrtpSuite> suite;
};
const Case kStandardSet[] = {
    {"video 1 to 50, AES-GCM", "fan-out-video", 50, SrtpSuite::kAeadAes128Gcm},
    {"video 1 to 200, AES-GCM", "fan-out-video", 200, SrtpSuite::kAeadAes128Gcm},
    {"video 1 to 200, AES-CM and SHA-1", "fan-out-video", 200, SrtpSuite::kAesCm128HmacSha1_80},
    {"audio 1 to 200, AES-GCM", "fan-out-audio", 200, SrtpSuite::kAeadAes128Gcm},
    {"200 calls of video, AES-CM to AES-GCM", "relay", 200, std::nullopt},
    {"audio bridge of 300, three talk", "audio-bridge", 297, std::nullopt},
    {"one receiver, idle", "idle-latency", 1, std::nullopt},
};

}  // namespace

int run_once(const CommandLine& line, const std::vector<std::string>& words) {
  const auto scenario = scenario_of(line);
  if (!scenario) return fail(scenario.error().detail, kExitUsage);
  const auto reports = measure(line, words, *scenario);
  if (!reports) return fail(reports.error().detail);
  std::cout << as_terminal_text(reports->front());
  const Summary s = summary_of(reports->front());
  if (s.valid > 1) {
    std::cout << "\nCPU us for each packet out: minimum " << figure(s.cost_min, 2) << ", median " << figure(s.cost, 2)
              << " of " << s.valid << " valid runs of " << s.runs << "\n";
  }
  return write_files(line, *reports) ? status_of(*reports) : kExitFailed;
}

int find_knee(const CommandLine& line, const std::vector<std::string>& words) {
  const auto scenario = scenario_of(line);
  if (!scenario) return fail(scenario.error().detail, kExitUsage);
  const auto report = measure_knee(line, words, *scenario);
  if (!report) return fail(report.error().detail);
  std::cout << as_terminal_text(*report);
  if (!write_files(line, {*report})) return kExitFailed;
  return report->knee ? status_of({*report}) : fail(report->remark);
}

int compare_targets(const CommandLine& line, const std::vector<std::string>& words) {
  const auto scenario = scenario_of(line);
  if (!scenario) return fail(scenario.error().detail, kExitUsage);
  const auto reports = measure(line, words, *scenario);
  if (!reports) return fail(reports.error().detail);
  std::vector<std::pair<std::string, Summary>> summaries;
  for (const Report& report : *reports) {
    std::cout << as_terminal_text(report) << "\n";
    summaries.emplace_back(report.facts.server, summary_of(report));
  }
  std::cout << for_terminal(summaries_table(summaries));
  bool comparable = true;
  for (const Report& report : *reports) {
    const std::string why = why_incomparable(report);
    if (why.empty()) continue;
    comparable = false;
    std::cout << "no ratio: " << report.facts.server << " " << why << "\n";
  }
  const auto& [first_name, first] = summaries.front();
  for (const auto& [name, s] : summaries) {
    if (!comparable || name == first_name || first.cost == 0 || s.cost == 0) continue;
    std::cout << name << " takes " << figure(s.cost / first.cost, 2) << " times the CPU time for each packet out that "
              << first_name << " takes (median)\n";
  }
  return write_files(line, *reports) ? status_of(*reports) : kExitFailed;
}

int run_standard_set(const CommandLine& line, const std::vector<std::string>& words) {
  CommandLine each = line;
  if (!each.duration) each.duration = TimeDelta::seconds(3);
  if (!each.warm_up) each.warm_up = TimeDelta::seconds(1);
  if (each.repeat == 1) each.repeat = 3;
  std::vector<Report> reports;
  std::vector<std::pair<std::string, Summary>> summaries;
  for (const Case& c : kStandardSet) {
    each.operands = {c.scenario};
    each.load = c.load;
    each.suite = c.suite;
    const auto scenario = scenario_of(each);
    if (!scenario) return fail(scenario.error().detail, kExitUsage);
    std::cerr << c.name << " " << std::flush;
    auto measured = measure(each, words, *scenario);
    if (!measured) return fail(measured.error().detail);
    summaries.emplace_back(c.name, summary_of(measured->front()));
    reports.push_back(std::move(measured->front()));
  }
  for (const auto& [name, value] : facts_of(reports.front())) {
    if (name == "server" || name == "pinning" || name == "machine" || name == "kernel" || name == "date") {
      std::cout << name << ": " << value << "\n";
    }
  }
  std::cout << "\n" << for_terminal(summaries_table(summaries));
  return write_files(line, reports) ? status_of(reports) : kExitFailed;
}

}  // namespace tutti::bench
