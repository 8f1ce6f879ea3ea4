#include "media/jitter/arrival_line.hpp"

#include <algorithm>

namespace tutti::jitter {
namespace {

constexpr TimeDelta kWindow = TimeDelta::seconds(2);
// In discontinuous transmission few packets come. One alone would be the line by definition, so these stay somewhat
// longer.
constexpr TimeDelta kWindowOfFew = TimeDelta::seconds(30);
constexpr size_t kFew = 16;

}  // namespace

TimeDelta ArrivalLine::add(Timestamp arrival, TimeDelta transit) {
  const bool had_base = size_ > 0;
  const TimeDelta before = base_;
  bool base_gone = false;
  const auto drop_oldest = [&] {
    base_gone |= at(0).transit == base_;
    first_ = (first_ + 1) % kCapacity;
    --size_;
  };
  if (size_ == kCapacity) drop_oldest();
  while (size_ > 0 && arrival - at(0).arrival > (size_ > kFew ? kWindow : kWindowOfFew)) drop_oldest();

  entries_[(first_ + size_) % kCapacity] = {arrival, transit};
  ++size_;
  if (!had_base || transit <= base_) {
    base_ = transit;
  } else if (base_gone) {
    base_ = transit;
    for_each_transit([&](TimeDelta t) { base_ = std::min(base_, t); });
  }
  return had_base ? std::max(TimeDelta::zero(), base_ - before) : TimeDelta::zero();
}

}  // namespace tutti::jitter
