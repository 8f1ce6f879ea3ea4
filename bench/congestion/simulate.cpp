#include "congestion/simulate.hpp"

#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <utility>
#include <vector>

#include "congestion/curves_svg.hpp"
#include "congestion/document.hpp"
#include "congestion/result_table.hpp"
#include "support/congestion/case_runner.hpp"
#include "support/congestion/room_stage.hpp"

namespace tutti::bench {
namespace {

constexpr size_t kMostBytes = 40 * 1024;  // of a file that everybody clones

struct Suite {
  std::string name, prefix, title;
  test::CongestionResult (*run)(const test::CongestionCase&);
  uint64_t seeds;  // over which figures are averaged
};
const std::vector<Suite>& suites() {
  static const std::vector<Suite> all = {{"room", "room-", "the whole room", &test::run_rooms, 8},
                                         {"estimator", "estimator-", "the estimator alone", &test::run_estimators, 10}};
  return all;
}

std::vector<test::CongestionCase> all_cases() {
  auto cases = test::rfc8867_cases();
  for (auto& c : test::everyday_cases()) cases.push_back(std::move(c));
  return cases;
}

// With one flow its estimate too; with more there would be no telling them apart.
std::vector<Panel> panels(const test::CongestionResult& result) {
  std::vector<test::Curve> rates;
  for (const auto& c : result.rates) {
    if (result.what.media.size() <= 1 || !c.name.starts_with("estimate")) rates.push_back(c);
  }
  return {{"Mbit/s", std::move(rates)}, {"queueing delay, ms", result.queue}};
}

test::CongestionResult run(const Suite& suite, test::CongestionCase what) {
  std::vector<test::CongestionResult> results;
  for (what.seed = 1; what.seed <= suite.seeds; ++what.seed) results.push_back(suite.run(what));
  return test::mean_of(results);
}

std::string curves(const Suite& suite, const test::CongestionResult& r) {
  std::string svg =
      curves_svg(r.what.id + ": " + r.what.title + " (" + suite.title + ")", r.what.seconds, panels(r));
  if (svg.size() > kMostBytes) throw std::runtime_error("the curves of " + r.what.id + " take more than 40 KiB");
  return svg;
}

std::string table_of(const Suite& suite, const std::string& directory) {
  std::vector<test::CongestionResult> results;
  for (const auto& c : all_cases()) {
    results.push_back(run(suite, c));
    if (!directory.empty()) write_text(directory + "/" + suite.prefix + c.id + ".svg", curves(suite, results.back()));
  }
  return result_table(results);
}

// The document with all tables new.
std::string renewed(std::string document, const std::string& directory) {
  for (const Suite& suite : suites()) {
    auto with = with_table(document, suite.name, table_of(suite, directory));
    if (!with) throw std::runtime_error("the document has no place for the table \"" + suite.name + "\"");
    document = std::move(*with);
  }
  return document;
}

}  // namespace

int simulate(const std::string& out, const std::string& only) {
  std::filesystem::create_directories(out);
  if (only.empty()) {
    const std::string document = out + "-control.md";
    write_text(document, renewed(read_text(document), out));
    return 0;
  }
  for (const Suite& suite : suites()) {
    std::vector<test::CongestionResult> results;
    for (const auto& c : all_cases()) {
      if (c.id != only && only != "all") continue;
      results.push_back(run(suite, c));
      write_text(out + "/" + suite.prefix + c.id + ".svg", curves(suite, results.back()));
    }
    std::cout << suite.title << '\n' << result_table(results);
  }
  return 0;
}

int check_document(const std::string& path) {
  const std::string text = read_text(path), wanted = renewed(text, {});
  if (text == wanted) return 0;
  std::cerr << path << " does not say what the simulation gives; put it right with: make congestion\nIt should be:\n"
            << wanted;
  return 1;
}

}  // namespace tutti::bench
