// How old what is mixed is since it was captured, for lip-sync: what is believed of a sender's reports, and the mean
// over the room that our own reports tell. Values.
#pragma once

#include <optional>

#include "tutti/base/units.hpp"

namespace tutti::routing {

// A report may name any time, and all who hear and see would be out of step.
inline bool is_believable(TimeDelta age) { return age >= TimeDelta::zero() && age < TimeDelta::seconds(2); }

class SmoothedAge {
 public:
  // Of one tick.
  void add(TimeDelta mean) { age_ = age_ ? *age_ + (mean - *age_) / 16 : mean; }
  TimeDelta value() const { return age_.value_or(TimeDelta::zero()); }

 private:
  std::optional<TimeDelta> age_;
};

}  // namespace tutti::routing
