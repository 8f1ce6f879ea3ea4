// Estimate: what the path to one subscriber carries, as the estimator sees it now, and why not more. Value.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "tutti/base/units.hpp"

namespace tutti::cc {

// What holds the target where it is.
enum class LimitedBy : uint8_t {
  kStart,  // nothing is known yet
  kDelay,  // a queue on the path grows, or grew at this rate
  kLoss,
  kReceiver,  // its REMB
  kMaximum,   // the configuration
};
std::string_view to_string(LimitedBy limit);

// What the delay says of the bottleneck's queue.
enum class PathUse : uint8_t { kNormal, kOver, kUnder };
std::string_view to_string(PathUse use);

// Rates are of whole datagrams, without IP and UDP headers.
struct Estimate {
  DataRate target;  // the lowest of what follows: for media, repair and probes together
  DataRate delay_based;
  DataRate loss_based;
  std::optional<DataRate> acknowledged;   // what arrived, by the receiver's clock
  std::optional<DataRate> link_capacity;  // where the delay last began to grow
  double loss = 0;                        // share of packets, over about the last second
  TimeDelta round_trip;                   // smoothed; zero before one is known
  TimeDelta queue;                       // that even the luckiest packets waited on the path, lately
  PathUse use = PathUse::kNormal;
  LimitedBy limited_by = LimitedBy::kStart;
  bool application_limited = false;  // less is sent than could be, so silence of the queue proves nothing

  bool operator==(const Estimate&) const = default;
};

}  // namespace tutti::cc
