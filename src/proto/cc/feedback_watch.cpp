#include "proto/cc/feedback_watch.hpp"

#include <algorithm>

namespace tutti::cc {

void FeedbackWatch::on_feedback(Timestamp now, std::span<const PacketResult> packets) {
  Timestamp newest = Timestamp::long_ago();
  for (const PacketResult& packet : packets) {
    if (packet.arrived) newest = std::max(newest, *packet.arrived);
  }
  if (newest == Timestamp::long_ago()) return;
  heard_ = now;
  // Without the time that a packet waited at the receiver for the message to leave; the newest waited least.
  TimeDelta least = TimeDelta::infinite();
  for (const PacketResult& packet : packets) {
    if (packet.arrived && !packet.was_lost) least = std::min(least, (now - packet.sent) - (newest - *packet.arrived));
  }
  if (least.is_finite() && now - measured_ > kMeasured) smooth(std::max(least, TimeDelta::millis(1)));
}

void FeedbackWatch::on_round_trip(Timestamp now, TimeDelta sample) {
  measured_ = now;
  smooth(sample);
}

bool FeedbackWatch::take_decrease(Timestamp now) {
  if (now < next_deadline()) return false;
  decreased_ = now;
  return true;
}

Timestamp FeedbackWatch::next_deadline() const {
  // Silence after which nothing more was sent means nothing.
  if (!heard_ || sent_ - *heard_ + round_trip_.value_or(TimeDelta::zero()) <= kLimit) return Timestamp::never();
  return std::max(sent_, decreased_ + kInterval);
}

// RFC 6298 §2: one eighth of each sample.
void FeedbackWatch::smooth(TimeDelta sample) {
  round_trip_ = round_trip_ ? TimeDelta::micros((round_trip_->us() * 7 + sample.us()) / 8) : sample;
}

}  // namespace tutti::cc
