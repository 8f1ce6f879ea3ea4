#include "harness/measure.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <thread>

#include "harness/commands.hpp"
#include "harness/machine.hpp"
#include "harness/report.hpp"
#include "harness/report_page.hpp"

namespace tutti::bench {
namespace {

// A socket for each of the people.
void allow_many_files() {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

// Empty if there are several.
std::string suite_of(const Scenario& scenario) {
  std::string suite;
  for (const Role& role : scenario.roles) {
    if (role.transport != TransportKind::kSrtp) continue;
    const std::string own(name(role.suite));
    if (!suite.empty() && suite != own) return {};
    suite = own;
  }
  return suite;
}

std::string processors(int first, uint32_t count) {
  if (first < 0) return "any processor";
  std::string text = "processor " + std::to_string(first);
  if (count > 1) text += " to " + std::to_string(first + static_cast<int>(count) - 1);
  return text;
}

bool write_file(const std::string& file, const std::string& text) {
  if (file.empty()) return true;
  std::ofstream out(file);
  out << text;
  out.close();
  if (!out) fail(file + " cannot be written");
  return static_cast<bool>(out);
}

}  // namespace

int fail(const std::string& why, int status) {
  std::cerr << "tutti-bench: " << why << "\n";
  return status;
}

Result<Scenario> scenario_of(const CommandLine& line) {
  auto found = find_scenario(line.operands[0]);
  if (!found) return found;
  Scenario scenario = *found;
  if (line.duration) scenario.duration = *line.duration;
  if (line.warm_up) scenario.warm_up = *line.warm_up;
  if (line.suite) {
    for (Role& role : scenario.roles) role.suite = *line.suite;
  }
  return line.load ? scenario.at(*line.load) : scenario;
}

RunOptions options_of(const CommandLine& line, const std::string& target) {
  RunOptions options;
  options.target = target;
  options.server.binary = line.binary;
  options.server.srtp = line.srtp;
  options.server.workers = line.workers.value_or(1);
  options.server.cpu = line.server_cpu;
  options.generator.cpu = line.generator_cpu;
  options.generator.seed = line.seed;
  if (line.real_time) {
    // The generator above the server: late sending would be taken for latency.
    options.server.real_time = 1;
    options.generator.real_time = 2;
  }
  if (std::thread::hardware_concurrency() < 2) options.server.cpu = options.generator.cpu = -1;
  return options;
}

Report report_of(const Scenario& scenario, const RunOptions& options, const std::vector<std::string>& words) {
  Report report;
  report.facts = facts_of_this_machine(words);
  const uint32_t workers = std::max(options.server.workers, scenario.server_workers);
  report.facts.pinning = "server on " + processors(options.server.cpu, workers) + ", generator on " +
                         processors(options.generator.cpu, 1) +
                         (options.server.real_time > 0 ? ", both real-time" : "");
  report.scenario = scenario.name;
  report.about = scenario.about;
  report.scaled = scenario.scaled();
  report.suite = suite_of(scenario);
  return report;
}

Result<std::vector<Report>> measure(const CommandLine& line, const std::vector<std::string>& words,
                                    const Scenario& scenario) {
  allow_many_files();
  std::vector<Runner> runners;
  std::vector<Report> reports;
  for (const std::string& target : line.targets) {
    const RunOptions options = options_of(line, target);
    runners.emplace_back(options);
    reports.push_back(report_of(scenario, options, words));
  }
  const bool dots = line.repeat * line.targets.size() > 1;
  for (uint32_t i = 0; i < line.repeat; ++i) {
    for (size_t t = 0; t < runners.size(); ++t) {
      auto step = runners[t].run(scenario);
      if (!step) return step.error();
      reports[t].steps.push_back(std::move(*step));
      reports[t].facts.server = runners[t].server();
      if (dots) std::cerr << "." << std::flush;
    }
  }
  if (dots) std::cerr << "\n";
  return reports;
}

Result<Report> measure_knee(const CommandLine& line, const std::vector<std::string>& words, const Scenario& scenario) {
  allow_many_files();
  const RunOptions options = options_of(line, line.targets[0]);
  Runner runner(options);
  const auto told = [](const Step& step, const std::string& verdict) {
    std::cerr << "load " << figure(step.load) << ": " << figure(step.packets_out_per_s) << " packets/s, "
              << figure(step.cpu_cores, 2) << " cores, " << verdict << "\n";
  };
  auto found = runner.find_knee(scenario, Limits{}, told);
  if (!found) return found;
  Report report = report_of(scenario, options, words);
  report.facts.server = runner.server();
  report.steps = std::move(found->steps);
  report.knee = found->knee;
  report.remark = found->remark;
  return report;
}

bool write_files(const CommandLine& line, const std::vector<Report>& reports) {
  std::string markdown;
  for (const Report& report : reports) markdown += (markdown.empty() ? "" : "\n") + as_markdown(report);
  const bool json = write_file(line.json, to_json(reports));
  const bool html = write_file(line.html, as_page(reports));
  return write_file(line.markdown, markdown) && json && html;
}

std::vector<double> valid(const std::vector<Step>& steps, const std::function<double(const Step&)>& value) {
  std::vector<double> values;
  for (const Step& step : steps) {
    if (step.invalid.empty()) values.push_back(value(step));
  }
  return values;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

Summary summary_of(const Report& report) {
  Summary summary;
  const auto cost = valid(report.steps, [](const Step& s) { return s.cpu_us_per_packet_out; });
  summary.runs = report.steps.size();
  summary.valid = cost.size();
  if (cost.empty()) return summary;
  summary.cost_min = *std::min_element(cost.begin(), cost.end());
  summary.cost = median(cost);
  const auto middle = [&](auto value) { return median(valid(report.steps, value)); };
  summary.packets_out_per_s = middle([](const Step& s) { return s.packets_out_per_s; });
  summary.cores = middle([](const Step& s) { return s.cpu_cores; });
  summary.p50 = middle([](const Step& s) { return s.latency.p50; });
  summary.p99 = middle([](const Step& s) { return s.latency.p99; });
  summary.loss = middle([](const Step& s) { return s.loss; });
  summary.kib_per_participant = middle([](const Step& s) { return s.kib_per_participant; });
  return summary;
}

std::string why_incomparable(const Report& report) {
  size_t valid = 0, failed = 0;
  std::string why;
  for (const Step& step : report.steps) {
    if (!step.invalid.empty()) continue;
    ++valid;
    const std::string reason = why_not(step, report.limits);
    if (reason.empty()) continue;
    ++failed;
    if (why.empty()) why = reason;
  }
  if (valid == 0) return "has no valid run";
  if (2 * failed < valid) return {};
  return "did not hold in " + std::to_string(failed) + " of " + std::to_string(valid) + " valid runs (" + why + ")";
}

Table summaries_table(const std::vector<std::pair<std::string, Summary>>& summaries) {
  Table table;
  table.head = {"",       "out pkt/s", "cores",  "us/pkt out: min", "median",
                "p50 us", "p99 us",    "lost %", "KiB/person",      "valid runs"};
  const auto latency = [](double us) { return us > 0 ? figure(us) : std::string(); };
  for (const auto& [name, s] : summaries) {
    std::vector<std::string> row = {name};
    if (s.valid > 0) {
      row.insert(row.end(),
                 {figure(s.packets_out_per_s), figure(s.cores, 3), figure(s.cost_min, 2), figure(s.cost, 2),
                  latency(s.p50), latency(s.p99), figure(s.loss * 100, 3), figure(s.kib_per_participant, 1)});
    }
    row.resize(table.head.size() - 1);
    row.push_back(std::to_string(s.valid) + "/" + std::to_string(s.runs));
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace tutti::bench
