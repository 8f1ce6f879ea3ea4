// Wire: where a person's packets leave, and the clock that their stamps are read from: the kernel's wall clock, because
// that is what its times of arrival are in.
#pragma once

#include <cstdint>
#include <span>

namespace tutti::bench {

class Wire {
 public:
  virtual ~Wire() = default;
  virtual int64_t wall_ns() = 0;
  virtual void send(std::span<const uint8_t> datagram) = 0;
};

// What came in. `bytes` may be shorter than the datagram was: the rest was not asked for.
struct Arrival {
  std::span<uint8_t> bytes;
  size_t size = 0;
  int64_t wall_ns = 0;   // 0: not asked for
  bool sampled = false;  // to be opened and checked
  bool whole() const { return bytes.size() == size; }
};

}  // namespace tutti::bench
