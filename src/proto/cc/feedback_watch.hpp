// FeedbackWatch: what the coming of feedback itself says: the round trip, and whether packets are still sent long after
// the last word about any, in which case the path is worse than any estimate. libwebrtc RttBasedBackoff. Owned by a
// BandwidthEstimator.
#pragma once

#include <optional>
#include <span>

#include "tutti/base/units.hpp"
#include "tutti/proto/cc/sent_packet_history.hpp"

namespace tutti::cc {

class FeedbackWatch {
 public:
  static constexpr TimeDelta kLimit = TimeDelta::seconds(3);     // round trip and silence together
  static constexpr TimeDelta kInterval = TimeDelta::seconds(1);  // between decreases
  static constexpr double kFactor = 0.8;
  static constexpr TimeDelta kMeasured =
      TimeDelta::seconds(10);  // a measured round trip is better than ours, for so long

  void on_sent(Timestamp now) { sent_ = now; }
  void on_feedback(Timestamp now, std::span<const PacketResult> packets);
  void on_round_trip(Timestamp now, TimeDelta sample);

  // Feedback on packets has come, and not so long ago that reports would be better.
  bool is_alive(Timestamp now) const { return heard_ && now - *heard_ < TimeDelta::seconds(10); }
  bool ever() const { return heard_.has_value(); }
  // Smoothed; nothing before anything is known.
  std::optional<TimeDelta> round_trip() const { return round_trip_; }
  // Whether the rate is to fall by kFactor, now; true once in each kInterval.
  bool take_decrease(Timestamp now);
  Timestamp next_deadline() const;

 private:
  void smooth(TimeDelta sample);
  std::optional<Timestamp> heard_;
  std::optional<TimeDelta> round_trip_;
  Timestamp measured_ = Timestamp::long_ago();
  Timestamp sent_ = Timestamp::long_ago();
  Timestamp decreased_ = Timestamp::long_ago();
};

}  // namespace tutti::cc
