#include "harness/sizing.hpp"

#include <algorithm>
#include <cmath>

namespace tutti::bench {
namespace {

constexpr double kGib = 1024.0 * 1024 * 1024;
constexpr uint64_t kNoBound = UINT64_MAX;

// How many fit beside what is taken anyway.
uint64_t fitting(double capacity, double taken, double each) {
  if (each <= 0) return kNoBound;
  return capacity <= taken ? 0 : static_cast<uint64_t>(std::floor((capacity - taken) / each));
}

}  // namespace

Sizing nodes_for(const io::CostModel& model, const Demand& room, uint64_t rooms, const Node& node) {
  const double bytes = model.memory_bytes(room.work) - model.memory.constant;
  Sizing sizing;
  sizing.room_cores = model.added_cores(room.work);
  const uint64_t by_processor = fitting(node.cores * node.limit, model.cpu.constant, sizing.room_cores);
  const uint64_t by_network = fitting(node.gbit * node.limit * 1e9, 0, room.egress_bits_per_s);
  const uint64_t by_memory = fitting(node.memory_gib * node.limit * kGib, model.memory.constant, bytes);
  sizing.rooms_per_node = std::min({by_processor, by_network, by_memory});
  sizing.scarce = sizing.rooms_per_node == by_processor ? "processor"
                  : sizing.rooms_per_node == by_network ? "network"
                                                        : "memory";
  if (sizing.rooms_per_node == 0) return sizing;
  sizing.nodes = (rooms + sizing.rooms_per_node - 1) / sizing.rooms_per_node;
  const auto full = static_cast<double>(std::min(rooms, sizing.rooms_per_node));
  sizing.cores = model.cpu.constant + full * sizing.room_cores;
  sizing.gbit = full * room.egress_bits_per_s / 1e9;
  sizing.memory_gib = (model.memory.constant + full * bytes) / kGib;
  return sizing;
}

}  // namespace tutti::bench
