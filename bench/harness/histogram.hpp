// Histogram: how often which time was seen, in log-linear buckets: 128 for each doubling, so that a percentile is
// within 0.8 %. Fixed memory, no allocation for each value. One thread.
#pragma once

#include <array>
#include <cstdint>

#include "harness/result.hpp"

namespace tutti::bench {

class Histogram {
 public:
  // Nanoseconds; what is negative counts as 0, what is above 2^40 (18 minutes) as that.
  void add(int64_t ns);
  void clear() { *this = {}; }

  uint64_t count() const { return count_; }
  // The time that this share (0 to 1) of the values does not exceed; 0 without values.
  int64_t percentile_ns(double share) const;
  // In microseconds.
  Spread spread() const;

 private:
  static constexpr int kSubBits = 7;
  static constexpr int kMaxBits = 40;
  static size_t index(uint64_t ns);
  static uint64_t middle(size_t index);

  uint64_t count_ = 0;
  int64_t max_ = 0;
  std::array<uint32_t, (kMaxBits - kSubBits + 1) << kSubBits> buckets_{};
};

}  // namespace tutti::bench
