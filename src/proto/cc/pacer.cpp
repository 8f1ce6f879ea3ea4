#include "tutti/proto/cc/pacer.hpp"

#include <algorithm>

namespace tutti::cc {
namespace {
constexpr TimeDelta kLeastTimeLeft = TimeDelta::millis(1);
}  // namespace

void Pacer::update(DataRate target, std::optional<DataRate> most, DataSize waiting, TimeDelta oldest) {
  const DataRate twice = std::max(kLowest, DataRate::bps(target.bps() * kFactorPercent / 100));
  const DataRate least = std::max(kLowest, DataRate::bps(target.bps() * kLeastPercent / 100));
  const DataRate paced = most ? std::clamp(*most, least, twice) : twice;
  rate_ = paced;
  if (waiting == DataSize()) return;
  // As libwebrtc's PacingController: what waits now is to be gone before its oldest has waited too long.
  const DataRate draining = waiting / std::max(kQueueTime - oldest, kLeastTimeLeft);
  rate_ = std::clamp(draining, paced, DataRate::bps(paced.bps() * kMaxRaisePercent / 100));
}

void Pacer::on_sent(Timestamp now, DataSize size) {
  busy_until_ = std::min(std::max(busy_until_, now) + time_of(size), now + kMaxDebt);
}

}  // namespace tutti::cc
