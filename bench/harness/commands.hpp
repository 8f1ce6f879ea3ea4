// What tutti-bench does for each of its commands. Each returns an exit status; what went wrong has been printed.
#pragma once

#include "harness/command_line.hpp"

namespace tutti::bench {

constexpr int kGood = 0, kFailed = 1, kUsage = 2, kInvalid = 3;

int list_scenarios();
// `words`: the command line as typed, for the reports.
int run_once(const CommandLine& line, const std::vector<std::string>& words);
int find_knee(const CommandLine& line, const std::vector<std::string>& words);
int compare_targets(const CommandLine& line, const std::vector<std::string>& words);

// A scenario by the name that `list` shows, or by its file's.
[[nodiscard]] Result<struct Scenario> find_scenario(const std::string& name);

}  // namespace tutti::bench
