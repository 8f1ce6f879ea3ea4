// Flow: one media flow under congestion control, as the runner of a case sees it: it begins, pauses, ends, and can be
// asked what it estimates. Two kinds: EstimatorFlow (the estimator alone, with an ideal source) and RoomFlow (a
// subscriber of a whole room).
#pragma once

#include "support/congestion/flow_meter.hpp"
#include "tutti/base/units.hpp"

namespace tutti::test {

class Flow {
 public:
  virtual ~Flow() = default;
  virtual void start(Timestamp now) = 0;
  virtual void stop(Timestamp now) = 0;
  virtual void set_paused(Timestamp now, bool paused) = 0;
  virtual DataRate estimate() const = 0;
  virtual const FlowMeter& meter() const = 0;
};

}  // namespace tutti::test
