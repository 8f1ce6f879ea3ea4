#include "peer/loss_gate.hpp"

#include <algorithm>

namespace tutti::peer {
namespace {

// Reports of audio come every 5 s from browsers, transport-wide feedback 20 times a second: each counts by its time.
constexpr TimeDelta kSmoothing = TimeDelta::seconds(3);
constexpr double kMaxWeight = 0.5;

}  // namespace

void LossGate::on_loss(Timestamp now, double share) {
  const double weight = std::clamp((now - last_) / kSmoothing, 0.0, kMaxWeight);
  last_ = now;
  loss_ += weight * (share - loss_);
  if (loss_ >= thresholds_.off) high_at_ = now;
  if (loss_ >= thresholds_.on) on_ = true;
  if (now - high_at_ >= thresholds_.hold) on_ = false;
}

}  // namespace tutti::peer
