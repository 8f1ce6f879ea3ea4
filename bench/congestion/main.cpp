// tutti-cc: congestion control without a network: the test cases of RFC 8867 in simulation, and replays of recorded
// feedback.
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "congestion/replay.hpp"
#include "congestion/simulate.hpp"

namespace {

constexpr const char* kHelp =
    "tutti-cc simulate --out docs/congestion [--case ID]   plays the cases of RFC 8867: curves into that directory, "
    "tables into\n"
    "                                                      docs/congestion-control.md. With --case (\"all\" for each) "
    "it only prints\n"
    "tutti-cc check docs/congestion-control.md             whether the document's tables are what the code gives\n"
    "tutti-cc replay LOG --html FILE                       a recorded estimator's log through the estimator, plotted\n";

std::string option(const std::vector<std::string>& words, const std::string& name) {
  for (size_t i = 1; i + 1 < words.size(); ++i) {
    if (words[i] == name) return words[i + 1];
  }
  return {};
}

int serve(const std::vector<std::string>& words) {
  const std::string command = words.empty() ? "" : words[0];
  if (const std::string out = option(words, "--out"); command == "simulate" && !out.empty())
    return tutti::bench::simulate(out, option(words, "--case"));
  if (command == "check" && words.size() == 2) return tutti::bench::check_document(words[1]);
  if (const std::string html = option(words, "--html"); command == "replay" && words.size() == 4 && !html.empty())
    return tutti::bench::replay_log(words[1], html);
  std::cerr << kHelp;
  return command == "--help" ? 0 : 2;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return serve({argv + 1, argv + argc});
  } catch (const std::exception& e) {
    std::cerr << "tutti-cc: " << e.what() << '\n';
    return 1;
  }
}
