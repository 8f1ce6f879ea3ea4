// LossyLink: one direction of a simulated network hop in virtual time: each datagram is lost, delayed, jittered (and so
// reordered) or duplicated by chances drawn from a seed. Says when it arrives; the caller keeps the queue.
#pragma once

#include <optional>
#include <vector>

#include "tutti/base/random.hpp"
#include "tutti/base/units.hpp"

namespace tutti::test {

struct LinkConditions {
  double loss = 0;
  double duplication = 0;
  TimeDelta delay = TimeDelta::millis(20);
  TimeDelta jitter;  // added, uniformly from zero
};

class LossyLink {
 public:
  LossyLink(LinkConditions conditions, SeededRandom& random) : conditions_(conditions), random_(random) {}

  // The instants at which copies of a datagram sent now arrive: none if it is lost, two if it is doubled.
  std::vector<Timestamp> send(Timestamp now) {
    ++sent_;
    if (random_.unit() < conditions_.loss) {
      ++lost_;
      return {};
    }
    std::vector<Timestamp> arrivals = {arrival(now)};
    if (random_.unit() < conditions_.duplication) arrivals.push_back(arrival(now));
    return arrivals;
  }
  uint64_t sent() const { return sent_; }
  uint64_t lost() const { return lost_; }

 private:
  Timestamp arrival(Timestamp now) {
    return now + conditions_.delay + TimeDelta::micros(static_cast<int64_t>(random_.unit() * static_cast<double>(conditions_.jitter.us())));
  }
  LinkConditions conditions_;
  SeededRandom& random_;
  uint64_t sent_ = 0, lost_ = 0;
};

}  // namespace tutti::test
