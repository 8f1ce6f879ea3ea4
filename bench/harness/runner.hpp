// Runner: measures a scenario at one load on a server of its own, or searches for the highest load that holds. Each
// step has a fresh server, so that nothing of one is left in the next.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "harness/generator.hpp"
#include "harness/knee_search.hpp"
#include "harness/result.hpp"
#include "harness/scenario.hpp"
#include "harness/target.hpp"

namespace tutti::bench {

struct RunOptions {
  std::string target = "tuttid";  // or "janus"
  TargetOptions server;
  GeneratorOptions generator;
};

class Runner {
 public:
  explicit Runner(RunOptions options) : options_(std::move(options)) {}

  // Of the scenario at its load.
  Result<Step> run(const Scenario& scenario);
  // Ramp and bisection, then the steps of the report: 25, 50, 75, 100 and 110 % of the knee. `told` is called after
  // each try, with what it showed and what will be done about it.
  Result<Report> find_knee(const Scenario& scenario, const Limits& limits,
                           const std::function<void(const Step&, const std::string&)>& told);

  // What the last server said of itself.
  const std::string& server() const { return server_; }

 private:
  RunOptions options_;
  std::string server_;
};

// Why a step does not hold; empty if it does.
std::string why_not(const Step& step, const Limits& limits);

}  // namespace tutti::bench
