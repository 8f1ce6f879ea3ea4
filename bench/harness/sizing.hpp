// How many nodes rooms of one shape take: by processor, network and memory, the scarcest of which decides. A room is
// whole on one node. Pure arithmetic.
#pragma once

#include <cstdint>
#include <string>

#include "harness/demand.hpp"

namespace tutti::bench {

struct Node {
  uint32_t cores = 8;
  double gbit = 10;
  double memory_gib = 16;
  double limit = 0.8;  // how full each of them may be
};

struct Sizing {
  uint64_t rooms_per_node = 0;  // 0: one room is more than a node may bear, and the rest says nothing
  uint64_t nodes = 0;
  std::string scarce;  // "processor", "network" or "memory"
  // Of a node that is full.
  double cores = 0, gbit = 0, memory_gib = 0;
  double room_cores = 0;  // what one room costs
};

Sizing nodes_for(const io::CostModel& model, const Demand& room, uint64_t rooms, const Node& node);

}  // namespace tutti::bench
