// ProbeRun: one ProbeCluster as it is sent: how much of it is due, and whether it is done. Its packets leave at its
// rate, in steps of a millisecond, whatever the pacer says. Value; owned by a Peer while the probe lasts.
#pragma once

#include <algorithm>

#include "tutti/base/units.hpp"
#include "tutti/proto/cc/bandwidth_estimator.hpp"

namespace tutti::cc {

class ProbeRun {
 public:
  static constexpr TimeDelta kStep = TimeDelta::millis(1);
  // Behind its schedule by more than this the schedule waits: catching up would be a burst, which measures something
  // else.
  static constexpr TimeDelta kMaxLate = TimeDelta::millis(5);

  ProbeRun(const ProbeCluster& cluster, Timestamp now) : cluster_(cluster), due_(now) {}

  uint8_t id() const { return cluster_.id; }
  DataRate rate() const { return cluster_.rate; }
  bool done() const { return packets_ >= cluster_.min_packets && sent_ >= cluster_.rate * cluster_.min_duration; }
  // When its next packets leave.
  Timestamp due() const { return due_; }
  // Whether one more packet belongs to the step of `now`.
  bool may_send(Timestamp now) const { return due_ < now + kStep; }
  void on_sent(Timestamp now, DataSize size) {
    due_ = std::max(due_, now - kMaxLate) +
           TimeDelta::micros(size.bytes() * 8'000'000 / std::max<int64_t>(cluster_.rate.bps(), 1));
    sent_ += size;
    ++packets_;
  }

 private:
  ProbeCluster cluster_;
  Timestamp due_;
  DataSize sent_;
  size_t packets_ = 0;
};

}  // namespace tutti::cc
