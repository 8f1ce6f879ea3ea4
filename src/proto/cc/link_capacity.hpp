// LinkCapacity: where the path was last found full, and how sure that is: a smoothed rate with its deviation. Beyond
// three deviations the link is another one. draft-ietf-rmcat-gcc-02 §5.5. Owned by an AimdRateControl.
#pragma once

#include <optional>

#include "tutti/base/units.hpp"

namespace tutti::cc {

class LinkCapacity {
 public:
  static constexpr double kOveruseWeight = 0.05;  // of one sample, gcc-02 §5.5: exponential average with 0.95
  // Of the deviation, as variance over rate in kbit/s: 0.4 is 14 kbit/s at 500 kbit/s, 2.5 is 35.
  static constexpr double kMinDeviation = 0.4, kMaxDeviation = 2.5;

  // What went through while the queue grew.
  void on_overuse(DataRate throughput);
  void reset() { kbps_.reset(); }

  std::optional<DataRate> rate() const;
  bool is_below(DataRate rate) const;  // `rate` is more than this link ever carried
  bool is_above(DataRate rate) const;  // `rate` is far less than it carried

 private:
  double deviation_kbps() const;
  std::optional<double> kbps_;
  double deviation_ = kMinDeviation;
};

}  // namespace tutti::cc
