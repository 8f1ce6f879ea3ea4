// tutti-bench: measures a server, and says how many of it somebody needs. `tutti-bench --help` teaches; bench/README.md
// says what the figures mean.
#include <exception>
#include <iostream>

#include "harness/commands.hpp"
#include "tutti/base/log.hpp"
#include "tutti/proto/srtp/session.hpp"

namespace tutti::bench {
namespace {

int serve(const std::vector<std::string>& words) {
  if (words.size() == 1) {
    std::cout << help_text();
    return kExitUsage;
  }
  const auto line = parse_command_line({words.begin() + 1, words.end()});
  if (!line) {
    std::cerr << "tutti-bench: " << line.error().detail << "; tutti-bench --help explains\n";
    return kExitUsage;
  }
  configure_log(LogLevel::kError, LogFormat::kText);
  const srtp::Library srtp_library;
  if (line->command == "list") return list_scenarios();
  if (line->command == "run") return run_once(*line, words);
  if (line->command == "knee") return find_knee(*line, words);
  if (line->command == "compare") return compare_targets(*line, words);
  if (line->command == "standard") return run_standard_set(*line, words);
  if (line->command == "fit") return fit_model(*line);
  if (line->command == "size") return size_fleet(*line);
  std::cout << help_text();
  return kExitGood;
}

}  // namespace
}  // namespace tutti::bench

int main(int argc, char** argv) {
  try {
    return tutti::bench::serve({argv, argv + argc});
  } catch (const std::exception& e) {
    std::cerr << "tutti-bench: " << e.what() << '\n';
    return tutti::bench::kExitFailed;
  }
}
