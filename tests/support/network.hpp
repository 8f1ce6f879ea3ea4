// Hop: one direction of a simulated network path in virtual time. Each datagram is lost, delayed, jittered (and so
// reordered), held back for longer (reordered for certain) or doubled by chances drawn from a seed, and waits its turn
// where the hop has a rate. It says when copies arrive; who asks keeps the datagrams.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "tutti/base/random.hpp"
#include "tutti/base/units.hpp"

namespace tutti::test {

struct HopConditions {
  double loss = 0;
  double duplication = 0;
  double reordering = 0;  // chance of being held back by `held_back`
  TimeDelta delay = TimeDelta::millis(20);
  TimeDelta jitter;  // added, uniformly from zero
  TimeDelta held_back = TimeDelta::millis(15);
  std::optional<DataRate> rate;
  TimeDelta max_queue = TimeDelta::millis(200);  // what would wait longer for its turn is dropped
};

class Hop {
 public:
  Hop(HopConditions conditions, SeededRandom& random) : conditions_(conditions), random_(random) {}

  void set(const HopConditions& conditions) { conditions_ = conditions; }
  // When copies of a datagram sent now arrive: none if it is lost, two if it is doubled.
  std::vector<Timestamp> send(Timestamp now, size_t bytes) {
    ++sent_;
    Timestamp leaves = now;
    if (conditions_.rate) {
      free_at_ = std::max(free_at_, now);
      if (free_at_ - now > conditions_.max_queue) return lose();
      free_at_ = free_at_ + TimeDelta::micros(static_cast<int64_t>(bytes) * 8'000'000 / conditions_.rate->bps());
      leaves = free_at_;
    }
    if (random_.unit() < conditions_.loss) return lose();
    std::vector<Timestamp> arrivals = {arrival(leaves)};
    if (random_.unit() < conditions_.duplication) arrivals.push_back(arrival(leaves));
    return arrivals;
  }
  uint64_t sent() const { return sent_; }
  uint64_t lost() const { return lost_; }

 private:
  std::vector<Timestamp> lose() {
    ++lost_;
    return {};
  }
  Timestamp arrival(Timestamp leaves) {
    const auto jitter = static_cast<int64_t>(random_.unit() * static_cast<double>(conditions_.jitter.us()));
    const bool held = random_.unit() < conditions_.reordering;
    return leaves + conditions_.delay + TimeDelta::micros(jitter) + (held ? conditions_.held_back : TimeDelta::zero());
  }

  HopConditions conditions_;
  SeededRandom& random_;
  Timestamp free_at_;
  uint64_t sent_ = 0, lost_ = 0;
};

}  // namespace tutti::test
