// RecentCount: how many there were lately, each counting less the longer ago it was: one now, nothing after the window.
// What a LoadMeter of the same window does not show yet of somebody who just came. Bounded, however many come. Sans-IO.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "tutti/base/units.hpp"

namespace tutti::io {

class RecentCount {
 public:
  explicit RecentCount(TimeDelta window) : step_(window / kSteps) {}

  void add(Timestamp now);
  double weight(Timestamp now) const;

 private:
  static constexpr int64_t kSteps = 10;
  struct Step {
    int64_t number = -1;
    uint32_t count = 0;
  };
  TimeDelta step_;
  std::array<Step, kSteps> steps_{};
};

}  // namespace tutti::io
