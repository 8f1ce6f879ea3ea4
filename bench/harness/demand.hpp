// What a scenario asks of a server, reckoned from its file instead of measured: for `tutti-bench size`, which must not
// run what it is asked about. Forwarded video counts its highest layer, because that is what a receiver without limits
// gets.
#pragma once

#include "harness/scenario.hpp"
#include "tutti/io/cost_model.hpp"

namespace tutti::bench {

struct Demand {
  io::Workload work;
  double egress_bits_per_s = 0;  // of packets as they leave, with headers of IP, UDP and SRTP
};

// Of one room of the scenario.
Demand demand_of_room(const Scenario& scenario);

}  // namespace tutti::bench
