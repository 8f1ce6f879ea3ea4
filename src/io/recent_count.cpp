#include "tutti/io/recent_count.hpp"

namespace tutti::io {

void RecentCount::add(Timestamp now) {
  const int64_t number = now.us() / step_.us();
  Step& step = steps_[static_cast<size_t>(number % kSteps)];
  if (step.number != number) step = {number, 0};
  ++step.count;
}

double RecentCount::weight(Timestamp now) const {
  const int64_t number = now.us() / step_.us();
  double sum = 0;
  for (const Step& step : steps_) {
    const int64_t age = number - step.number;
    if (step.number >= 0 && age < kSteps) sum += step.count * static_cast<double>(kSteps - age) / kSteps;
  }
  return sum;
}

}  // namespace tutti::io
