#include "proto/cc/alr_detector.hpp"

#include <algorithm>

namespace tutti::cc {

void AlrDetector::on_sent(Timestamp now, DataSize size) {
  const auto full = static_cast<double>((fill_ * kWindow).bytes());
  if (full <= 0) return;
  const auto filled = static_cast<double>((fill_ * std::min(now - last_, kWindow)).bytes());
  last_ = now;
  budget_ = std::clamp(budget_ + filled - static_cast<double>(size.bytes()), -full, full);
  if (budget_ > full * kEnter) limited_ = true;
  if (budget_ < full * kLeave) limited_ = false;
}

}  // namespace tutti::cc
