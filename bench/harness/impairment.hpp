// What a network does to packets of one direction, from a seed: Impairer draws each packet's fate, DelayQueue holds
// what arrives later. Pure: time is a parameter.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "harness/scenario.hpp"
#include "tutti/base/random.hpp"

namespace tutti::bench {

// The delay of each copy that arrives; no copy is a loss.
struct Fate {
  std::array<TimeDelta, 2> delays;
  size_t copies = 1;
};

class Impairer {
 public:
  Impairer(const Impairment& what, uint64_t seed) : what_(what), active_(what.any()), random_(seed) {}
  bool active() const { return active_; }
  Fate draw();

 private:
  TimeDelta delay();
  Impairment what_;
  bool active_;
  SeededRandom random_;
};

class DelayQueue {
 public:
  struct Packet {
    Timestamp at;
    int64_t wall_ns = 0;
    std::vector<uint8_t> bytes;
  };
  void push(Timestamp at, int64_t wall_ns, std::span<const uint8_t> bytes);
  // never() while it is empty.
  Timestamp next() const { return heap_.empty() ? Timestamp::never() : heap_.front().packet.at; }
  // The earliest of those due; of equal ones the first that came.
  std::optional<Packet> pop(Timestamp now);

 private:
  struct Entry {
    Packet packet;
    uint64_t order = 0;
  };
  static bool later(const Entry& a, const Entry& b);
  std::vector<Entry> heap_;
  uint64_t pushed_ = 0;
};

}  // namespace tutti::bench
