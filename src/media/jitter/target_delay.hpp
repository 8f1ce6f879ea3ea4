// TargetDelay: how long packets should be held so that nearly all of them come in time, in milliseconds behind the
// fastest line. Fed with each packet as it arrives, whether it is played or not. After NetEQ's DelayManager with its
// relative arrival delay. Value; owned by AudioJitterBuffer.
#pragma once

#include <optional>

#include "media/jitter/arrival_line.hpp"
#include "media/jitter/delay_histogram.hpp"
#include "tutti/base/units.hpp"

namespace tutti::jitter {

class TargetDelay {
 public:
  TargetDelay(TimeDelta floor, TimeDelta ceiling) : floor_(floor), ceiling_(ceiling), measured_(floor) {}

  // `transit`: see ArrivalLine. `redundancy`: the packet carries the one before it.
  void on_packet(Timestamp arrival, TimeDelta transit, TimeDelta duration, bool redundancy);
  // A packet was not there when it was to be played, but one after it was.
  void on_loss(Timestamp now) { last_loss_ = now; }

  // What the slack of a packet should be: the share of late packets is about one in fifty beyond it less kMargin.
  // While losses are seen that a following packet could repair, the buffer waits for that one, too.
  TimeDelta value(Timestamp now) const;
  // value() may be undercut by so much before anything is done about it.
  static constexpr TimeDelta kMargin = TimeDelta::millis(3);

  std::optional<TimeDelta> base() const { return line_.base(); }

 private:
  TimeDelta floor_, ceiling_;
  ArrivalLine line_;
  DelayHistogram histogram_;
  TimeDelta measured_;
  TimeDelta packet_duration_;
  Timestamp last_loss_ = Timestamp::long_ago();
  Timestamp last_redundancy_ = Timestamp::long_ago();
};

}  // namespace tutti::jitter
