// run, knee and compare.
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <thread>

#include "harness/commands.hpp"
#include "harness/machine.hpp"
#include "harness/report.hpp"
#include "harness/runner.hpp"

namespace tutti::bench {
namespace {

int fail(const std::string& why, int status = kFailed) {
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

// A socket for each of the people, and that before anything fails for want of one.
void allow_many_files() {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

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

Report report_of(const Scenario& scenario, const RunOptions& options, const std::vector<std::string>& words) {
  Report report;
  report.facts = facts_of_this_machine(words);
  const auto cpu = [](int first, uint32_t count) {
    if (first < 0) return std::string("any processor");
    std::string text = "processor " + std::to_string(first);
    if (count > 1) text += " to " + std::to_string(first + static_cast<int>(count) - 1);
    return text;
  };
  const uint32_t workers = std::max(options.server.workers, scenario.server_workers);
  report.facts.pinning = "server on " + cpu(options.server.cpu, workers) + ", generator on " +
                         cpu(options.generator.cpu, 1) + (options.server.real_time > 0 ? ", both real-time" : "");
  report.scenario = scenario.name;
  report.about = scenario.about;
  report.scaled = scenario.scaled();
  report.suite = suite_of(scenario);
  return report;
}

bool write_file(const std::string& file, const std::string& text) {
  if (file.empty()) return true;
  std::ofstream out(file);
  out << text;
  out.close();
  if (!out) fail(file + " cannot be written");
  return static_cast<bool>(out);
}

bool write_files(const CommandLine& line, const std::vector<Report>& reports) {
  std::string markdown;
  for (const Report& report : reports) markdown += (markdown.empty() ? "" : "\n") + as_markdown(report);
  const bool json = write_file(line.json, to_json(reports));
  return write_file(line.markdown, markdown) && json;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

// One value of the steps that say something about the server.
std::vector<double> valid(const std::vector<Step>& steps, double Step::*member) {
  std::vector<double> values;
  for (const Step& step : steps) {
    if (step.invalid.empty()) values.push_back(step.*member);
  }
  return values;
}

// Runs `repeat` times; a dot for each tells that something happens.
Result<Report> measure(const CommandLine& line, const std::vector<std::string>& words, const Scenario& scenario,
                       const std::string& target) {
  const RunOptions options = options_of(line, target);
  Report report = report_of(scenario, options, words);
  Runner runner(options);
  for (uint32_t i = 0; i < line.repeat; ++i) {
    auto step = runner.run(scenario);
    if (!step) return step.error();
    report.steps.push_back(std::move(*step));
    if (line.repeat > 1) std::cerr << "." << std::flush;
  }
  if (line.repeat > 1) std::cerr << "\n";
  report.facts.server = runner.server();
  return report;
}

int status_of(const std::vector<Report>& reports) {
  for (const Report& report : reports) {
    // Of several runs one good one is something to read.
    const bool some =
        std::any_of(report.steps.begin(), report.steps.end(), [](const Step& s) { return s.invalid.empty(); });
    if (!some) return fail("no run is valid: the generator was the bottleneck, so take a lower load", kInvalid);
  }
  return kGood;
}

void print_spread(const Report& report) {
  const auto cost = valid(report.steps, &Step::cpu_us_per_packet_out);
  if (cost.size() < 2) return;
  std::cout << "\nCPU us for each packet out: minimum " << figure(*std::min_element(cost.begin(), cost.end()), 2)
            << ", median " << figure(median(cost), 2) << " of " << cost.size() << " valid runs of "
            << report.steps.size() << "\n";
}

}  // namespace

int run_once(const CommandLine& line, const std::vector<std::string>& words) {
  const auto scenario = scenario_of(line);
  if (!scenario) return fail(scenario.error().detail, kUsage);
  allow_many_files();
  const auto report = measure(line, words, *scenario, line.targets[0]);
  if (!report) return fail(report.error().detail);
  std::cout << as_terminal_text(*report);
  print_spread(*report);
  if (!write_files(line, {*report})) return kFailed;
  return status_of({*report});
}

int find_knee(const CommandLine& line, const std::vector<std::string>& words) {
  const auto scenario = scenario_of(line);
  if (!scenario) return fail(scenario.error().detail, kUsage);
  allow_many_files();
  const RunOptions options = options_of(line, line.targets[0]);
  Runner runner(options);
  const auto told = [](const Step& step, const std::string& verdict) {
    std::cerr << "load " << figure(step.load) << ": " << figure(step.packets_out_per_s) << " packets/s, "
              << figure(step.cpu_cores, 2) << " cores, " << verdict << "\n";
  };
  auto found = runner.find_knee(*scenario, Limits{}, told);
  if (!found) return fail(found.error().detail);
  Report report = report_of(*scenario, options, words);
  report.facts.server = runner.server();
  report.steps = std::move(found->steps);
  report.knee = found->knee;
  report.remark = found->remark;
  std::cout << as_terminal_text(report);
  if (!write_files(line, {report})) return kFailed;
  return report.knee ? status_of({report}) : fail(report.remark);
}

int compare_targets(const CommandLine& line, const std::vector<std::string>& words) {
  const auto scenario = scenario_of(line);
  if (!scenario) return fail(scenario.error().detail, kUsage);
  allow_many_files();
  std::vector<Report> reports;
  for (const std::string& target : line.targets) {
    auto report = measure(line, words, *scenario, target);
    if (!report) return fail(report.error().detail);
    reports.push_back(std::move(*report));
  }
  Table table;
  table.head = {"server", "us/pkt out: min", "median",     "ratio",     "p50 us",
                "p99 us", "lost %",          "KiB/person", "valid runs"};
  double first = 0;
  for (const Report& report : reports) {
    std::cout << as_terminal_text(report) << "\n";
    const auto cost = valid(report.steps, &Step::cpu_us_per_packet_out);
    if (cost.empty()) continue;
    if (first == 0) first = median(cost);
    std::vector<double> p50, p99;
    for (const Step& step : report.steps) {
      if (!step.invalid.empty()) continue;
      p50.push_back(step.latency.p50);
      p99.push_back(step.latency.p99);
    }
    table.rows.push_back({report.facts.server, figure(*std::min_element(cost.begin(), cost.end()), 2),
                          figure(median(cost), 2), figure(first > 0 ? median(cost) / first : 0, 2), figure(median(p50)),
                          figure(median(p99)), figure(median(valid(report.steps, &Step::loss)) * 100, 3),
                          figure(median(valid(report.steps, &Step::kib_per_participant)), 1),
                          std::to_string(cost.size()) + "/" + std::to_string(report.steps.size())});
  }
  std::cout << for_terminal(table);
  if (!write_files(line, reports)) return kFailed;
  return status_of(reports);
}

}  // namespace tutti::bench
