// What came of a case: the figures of docs/congestion-control.md's table, and the curves.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "support/congestion/congestion_case.hpp"
#include "tutti/base/units.hpp"

namespace tutti::test {

struct Sample {
  double seconds;
  double value;
};
struct Curve {
  std::string name;
  std::vector<Sample> samples;
};

struct CongestionResult {
  CongestionCase what;
  // All shares 0 to 1. Steady state: from 10 s after the rate changed, or a flow began, paused, resumed or ended, to
  // the next such moment.
  double utilisation = 0;           // of the forward link in steady state, by everybody
  double media_share = 0;           // the part of that which is media of ours, without probes' filling and TCP
  TimeDelta queue_p95;              // waiting of our packets, all the time
  double loss = 0;                  // of our packets, all the time
  std::optional<double> jain;       // of our flows' rates while all are there, from 60 s on at the earliest
  std::optional<double> tcp_ratio;  // mean rate of our flows over the mean fair share, where TCP competes
  // Until 90 % of a higher rate is used, and until it is estimated: the longest of the case; infinite if it never is.
  std::optional<TimeDelta> recovery, estimate_recovery;
  double estimate = 0;       // of our flows together over the link's rate, mean in steady state
  std::vector<Curve> rates;  // Mbit/s: "link", "flow 1", "estimate 1", ..., "TCP"
  std::vector<Curve> queue;  // ms
};

// Of the same case with other seeds: the mean of each figure, and the curves of the first.
CongestionResult mean_of(const std::vector<CongestionResult>& results);

}  // namespace tutti::test
