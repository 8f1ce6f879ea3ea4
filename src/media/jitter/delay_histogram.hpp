// DelayHistogram: how late packets come, as a distribution that forgets: what was seen two seconds ago counts 1/e. In
// bins of one millisecond. Value; owned by TargetDelay.
#pragma once

#include <array>
#include <cstddef>

#include "tutti/base/units.hpp"

namespace tutti::jitter {

class DelayHistogram {
 public:
  // `duration`: of the packet; a packet of 60 ms makes as much forgotten as three of 20 ms.
  void add(TimeDelta delay, TimeDelta duration);
  // The delay that a share of `q` of the packets keeps within, as the upper edge of its bin; zero while there are none.
  TimeDelta quantile(double q) const;
  void clear();

 private:
  static constexpr size_t kBins = 1024;
  void rescale();

  // Instead of making all bins smaller with each packet, the packets are made heavier.
  std::array<float, kBins> bins_{};
  double total_ = 0;
  double weight_ = 1;
  size_t top_ = 0;  // no bin above it has anything
};

}  // namespace tutti::jitter
