#include <algorithm>
#include <filesystem>
#include <iostream>

#include "app/value_text.hpp"
#include "harness/commands.hpp"
#include "harness/scenario.hpp"
#include "harness/table.hpp"

namespace tutti::bench {
namespace {

namespace fs = std::filesystem;

// Where the scenarios are that come with the sources.
constexpr const char* kFolder = TUTTI_SOURCE_DIR "/bench/scenarios";

std::vector<std::string> names() {
  std::vector<std::string> all;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(kFolder, none)) {
    if (entry.path().extension() == ".yaml") all.push_back(entry.path().stem().string());
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::string file_of(const std::string& name) { return std::string(kFolder) + "/" + name + ".yaml"; }

}  // namespace

int list_scenarios() {
  Table table;
  table.head = {"scenario", "load", "counts", ""};
  int status = kExitGood;
  for (const std::string& name : names()) {
    const auto scenario = read_scenario(file_of(name));
    if (!scenario) {
      std::cerr << scenario.error().detail << "\n";
      status = kExitUsage;
      continue;
    }
    table.rows.push_back(
        {name, figure(scenario->load), scenario->scaled(), scenario->about.substr(0, scenario->about.find('\n'))});
  }
  std::cout << for_terminal(table, {2, 3});
  return status;
}

Result<Scenario> find_scenario(const std::string& name) {
  if (name.find('/') != std::string::npos || name.ends_with(".yaml")) return read_scenario(name);
  const std::vector<std::string> known = names();
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    return invalid("there is no scenario " + app::quoted(name, 80) + app::did_you_mean(name, known) +
                   ": tutti-bench list shows them");
  }
  return read_scenario(file_of(name));
}

}  // namespace tutti::bench
