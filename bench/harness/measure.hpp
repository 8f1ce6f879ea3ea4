// What the commands that measure have in common: the scenario and the options of a command line, runs with a fresh
// server each, and their middle.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "harness/command_line.hpp"
#include "harness/result.hpp"
#include "harness/runner.hpp"
#include "harness/table.hpp"

namespace tutti::bench {

// Prints it, and gives the status.
int fail(const std::string& why, int status = 1);

// Of the first operand, with what the options change.
[[nodiscard]] Result<Scenario> scenario_of(const CommandLine& line);
RunOptions options_of(const CommandLine& line, const std::string& target);
// With everything but what is measured.
Report report_of(const Scenario& scenario, const RunOptions& options, const std::vector<std::string>& words);

// A report for each target, of --repeat runs. Targets take turns, so that what else the machine does hits all of them;
// a dot on stderr for each run tells that something happens.
[[nodiscard]] Result<std::vector<Report>> measure(const CommandLine& line, const std::vector<std::string>& words,
                                                  const Scenario& scenario);
// A line on stderr for each load that is tried.
[[nodiscard]] Result<Report> measure_knee(const CommandLine& line, const std::vector<std::string>& words,
                                          const Scenario& scenario);
// --json, --html and --markdown. False if one cannot be written, which has been said.
bool write_files(const CommandLine& line, const std::vector<Report>& reports);

// One value of each step that says something about the server.
std::vector<double> valid(const std::vector<Step>& steps, const std::function<double(const Step&)>& value);
double median(std::vector<double> values);  // 0 of nothing

// Several runs at one load as one: medians, and the least CPU time for each packet out.
struct Summary {
  size_t runs = 0, valid = 0;
  double packets_out_per_s = 0, cores = 0, cost_min = 0, cost = 0, p50 = 0, p99 = 0, loss = 0;
  double kib_per_participant = 0;
};
Summary summary_of(const Report& report);
// Why its figures are not to be held against another's: no run is valid, or half of those that are or more do not hold.
// Empty: they are.
std::string why_incomparable(const Report& report);
Table summaries_table(const std::vector<std::pair<std::string, Summary>>& summaries);

}  // namespace tutti::bench
