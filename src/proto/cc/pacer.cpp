#include "tutti/proto/cc/pacer.hpp"

#include <algorithm>

namespace tutti::cc {
namespace {
// A rate to divide by, whatever the estimate says.
constexpr DataRate kLowest = DataRate::kbps(10);
constexpr TimeDelta kLeastTimeLeft = TimeDelta::millis(1);

DataRate percent_of(DataRate rate, int64_t percent) {
  return std::max(kLowest, DataRate::bps(rate.bps() * percent / 100));
}
}  // namespace

void Pacer::update(const Estimate& estimate, DataSize waiting, TimeDelta oldest) {
  const DataRate target = estimate.target;
  burst_ = estimate.link_capacity ? kBurst : kFreeBurst;
  if (estimate.queue > kStandingQueue) {
    rate_ = std::max(kLowest, target);
    burst_ = kBurst;
    return;
  }
  rate_ = percent_of(target, kFactorPercent);
  if (estimate.link_capacity)
    rate_ = std::clamp(*estimate.link_capacity * kOverCapacity, percent_of(target, kLeastPercent), rate_);
  if (waiting == DataSize()) return;
  // As libwebrtc's PacingController: what waits now is to be gone before its oldest has waited too long.
  const DataRate draining = waiting / std::max(kQueueTime - oldest, kLeastTimeLeft);
  rate_ = std::clamp(draining, rate_, DataRate::bps(rate_.bps() * kMaxRaisePercent / 100));
}

void Pacer::on_sent(Timestamp now, DataSize size) {
  busy_until_ = std::min(std::max(busy_until_, now) + time_of(size), now + kMaxDebt);
}

}  // namespace tutti::cc
