// ArrivalLine: the line of the fastest packets of the last two seconds, against which all delay is measured: what lies
// on it was not held up by the network. A minimum over a window follows the drift of the sender's clock and a change of
// path by itself. Value; owned by TargetDelay.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>

#include "tutti/base/units.hpp"

namespace tutti::jitter {

class ArrivalLine {
 public:
  // `transit`: arrival less RTP time, both from an origin of their own. Returns by how much the line rose.
  TimeDelta add(Timestamp arrival, TimeDelta transit);
  // The least transit in the window; nothing before the first packet.
  std::optional<TimeDelta> base() const { return size_ > 0 ? std::optional(base_) : std::nullopt; }
  // Calls f(transit) for each packet in the window, oldest first.
  template <class F>
  void for_each_transit(F f) const {
    for (size_t i = 0; i < size_; ++i) f(at(i).transit);
  }

 private:
  struct Entry {
    Timestamp arrival;
    TimeDelta transit;
  };
  static constexpr size_t kCapacity = 256;

  const Entry& at(size_t i) const { return entries_[(first_ + i) % kCapacity]; }

  std::array<Entry, kCapacity> entries_;
  size_t first_ = 0, size_ = 0;
  TimeDelta base_;
};

}  // namespace tutti::jitter
