// Measurement: what a crowd did, and what the server spent on it, between two moments, as a Step. One thread, the
// crowd's.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "harness/crowd.hpp"
#include "harness/result.hpp"
#include "harness/target.hpp"

namespace tutti::bench {

class Measurement {
 public:
  // `rss_before`: the server's memory before anybody joined. Borrows the rest.
  Measurement(const Scenario& scenario, Target& target, Crowd& crowd, uint64_t rss_before)
      : scenario_(scenario), target_(target), crowd_(crowd), rss_before_(rss_before) {}

  // `duration`: about how long it will be.
  void begin(TimeDelta duration);
  // Waits a moment for what is still on its way.
  void end();
  // Once it has ended. Without `joins`.
  Step step();
  // What is known of joins by now: first packets come after the last one is in.
  void add_joins(Step& step) const;

 private:
  // What had been used up at one moment.
  struct Snapshot {
    ProcessFigures server;
    double own_cpu_s = 0;
    uint64_t drops = 0, refused = 0;
    Timestamp at;
  };
  Snapshot snapshot();
  void add_loss(Step& step);
  void add_mixes(Step& step);

  const Scenario& scenario_;
  Target& target_;
  Crowd& crowd_;
  uint64_t rss_before_;
  std::vector<std::pair<std::string, double>> counters_before_, counters_after_;
  Snapshot before_, after_;
  Tally ended_;        // the crowd's, when it ended
  Timestamp counted_;  // when what was still on its way had been waited for
};

}  // namespace tutti::bench
