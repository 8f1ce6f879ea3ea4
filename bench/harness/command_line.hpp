// The command line of tutti-bench, as values. Every mistake is named with what would be right.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tutti/base/result.hpp"
#include "tutti/base/srtp_suite.hpp"
#include "tutti/base/units.hpp"

namespace tutti::bench {

struct CommandLine {
  std::string command;  // "run", "knee", "compare", "standard", "fit", "size", "list" or "help"
  std::vector<std::string> operands;

  std::optional<uint32_t> load;
  std::optional<TimeDelta> duration, warm_up;
  uint32_t repeat = 1;
  std::optional<SrtpSuite> suite;
  std::vector<std::string> targets = {"tuttid"};
  std::string binary, srtp;
  std::optional<uint32_t> workers;
  int server_cpu = 1, generator_cpu = 0;
  bool real_time = false;
  uint64_t seed = 1;
  std::string json, html, markdown;

  // Of fit and size.
  std::string model;  // empty: the one that is built in, config/cost-model.json
  std::string scenario;
  std::optional<uint32_t> rooms;
  double limit = 0.8;
  uint32_t cores = 8;
  double gbit = 10, memory_gib = 16;
};

// Of the words behind the program's name.
[[nodiscard]] Result<CommandLine> parse_command_line(const std::vector<std::string>& words);
const char* help_text();

}  // namespace tutti::bench
