// LossGate: whether a receiver loses enough to be sent redundancy. Loss is smoothed over a few seconds, so that one
// packet of a short report is not a lossy path; on quickly, off only after a time without loss, so that it does not
// flap. Value.
#pragma once

#include "tutti/base/units.hpp"

namespace tutti::peer {

class LossGate {
 public:
  struct Thresholds {
    double on, off;  // shares of packets
    TimeDelta hold;  // below `off` for so long
  };
  explicit LossGate(Thresholds thresholds) : thresholds_(thresholds) {}

  // A share of packets lost, 0..1, of a report or feedback; as often as they come.
  void on_loss(Timestamp now, double share);
  bool is_on() const { return on_; }
  // Smoothed.
  double loss() const { return loss_; }

 private:
  Thresholds thresholds_;
  double loss_ = 0;
  bool on_ = false;
  Timestamp last_ = Timestamp::long_ago(), high_at_ = Timestamp::long_ago();
};

}  // namespace tutti::peer
