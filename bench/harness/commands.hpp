// What tutti-bench does for each of its commands. Each returns an exit status; what went wrong has been printed.
#pragma once

#include "harness/command_line.hpp"
#include "harness/scenario.hpp"

namespace tutti::bench {

constexpr int kExitGood = 0, kExitFailed = 1, kExitUsage = 2, kExitInvalid = 3;

int list_scenarios();
// `words`: the command line as typed, for the reports.
int run_once(const CommandLine& line, const std::vector<std::string>& words);
int find_knee(const CommandLine& line, const std::vector<std::string>& words);
int compare_targets(const CommandLine& line, const std::vector<std::string>& words);
int run_standard_set(const CommandLine& line, const std::vector<std::string>& words);
int fit_model(const CommandLine& line);
int size_fleet(const CommandLine& line);

// A scenario by the name that `list` shows, or by its file's.
[[nodiscard]] Result<Scenario> find_scenario(const std::string& name);

}  // namespace tutti::bench
