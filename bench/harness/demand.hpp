// What a scenario asks of a server, reckoned from its file instead of measured: for `tutti-bench size`, which must not
// run what it is asked about. Forwarded video counts its highest layer, because that is what a receiver without limits
// gets.
#pragma once

#include "harness/cost_model.hpp"
#include "harness/scenario.hpp"

namespace tutti::bench {

struct Demand {
  Work work;
  Memory memory;
  double egress_bits_per_s = 0;  // of packets as they leave, with headers of IP, UDP and SRTP
};

// Of one room of the scenario: its constants (Work::constant, Memory::constant) are 0, because a node has them once.
Demand demand_of_room(const Scenario& scenario);

}  // namespace tutti::bench
