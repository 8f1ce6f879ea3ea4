#include "harness/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace tutti::bench {

// Below 2 * 128 a bucket is a nanosecond; above, the highest eight bits name it.
size_t Histogram::index(uint64_t ns) {
  const int shift = std::max(0, static_cast<int>(std::bit_width(ns)) - (kSubBits + 1));
  return (static_cast<size_t>(shift) << kSubBits) + static_cast<size_t>(ns >> shift);
}

uint64_t Histogram::middle(size_t index) {
  if (index < (2u << kSubBits)) return index;
  const size_t shift = (index >> kSubBits) - 1;
  const uint64_t low = uint64_t{index - (shift << kSubBits)} << shift;
  return low + (uint64_t{1} << shift) / 2;
}

void Histogram::add(int64_t ns) {
  constexpr int64_t kMost = (int64_t{1} << kMaxBits) - 1;
  const int64_t value = std::clamp<int64_t>(ns, 0, kMost);
  ++buckets_[index(static_cast<uint64_t>(value))];
  ++count_;
  max_ = std::max(max_, value);
}

int64_t Histogram::percentile_ns(double share) const {
  if (count_ == 0) return 0;
  const auto rank = static_cast<uint64_t>(std::max(1.0, std::ceil(share * static_cast<double>(count_))));
  uint64_t seen = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= rank) return std::min(static_cast<int64_t>(middle(i)), max_);
  }
  return max_;
}

Spread Histogram::spread() const {
  const auto us = [](int64_t ns) { return static_cast<double>(ns) / 1e3; };
  return {us(percentile_ns(0.5)), us(percentile_ns(0.99)), us(percentile_ns(0.999)), us(max_), count_};
}

}  // namespace tutti::bench
