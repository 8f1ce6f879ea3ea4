// RobustThroughput: what the path carried over about the last second: the lesser of the rate sent and the rate received
// of the same packets, with the longest silence of the receiver left out. It sees through bursts and spikes, which
// AcknowledgedRate does not. libwebrtc robust_throughput_estimator, with packets gathered in bins so that it costs 2
// KiB and not 20. Owned by a BandwidthEstimator.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "tutti/base/units.hpp"

namespace tutti::cc {

class RobustThroughput {
 public:
  static constexpr TimeDelta kBin = TimeDelta::millis(40);
  static constexpr size_t kBins = 16;
  // The window: at least this long and so many packets; never longer than kMaxWindow.
  static constexpr TimeDelta kMinWindow = TimeDelta::millis(500);
  static constexpr int64_t kWindowPackets = 20;
  static constexpr TimeDelta kMaxWindow = TimeDelta::seconds(5);
  static constexpr int64_t kRequiredPackets = 10;
  static constexpr TimeDelta kMaxReordering = TimeDelta::seconds(1);

  // A packet that arrived, in the order of sending.
  void on_packet(Timestamp sent, Timestamp arrived, DataSize size);
  struct Rates {
    DataRate sent, arrived;
    DataRate lesser() const { return std::min(sent, arrived); }
  };
  std::optional<Rates> rates() const;

 private:
  struct Bin {
    Timestamp first_sent, last_sent;
    Timestamp first_arrived, last_arrived;
    TimeDelta longest_gap;  // between arrivals in it
    uint32_t bytes = 0, packets = 0;
    uint32_t last_sent_bytes = 0, first_arrived_bytes = 0;
  };
  const Bin& bin(size_t i) const { return bins_[(first_ + i) % kBins]; }
  Bin& newest() { return bins_[(first_ + count_ - 1) % kBins]; }
  void drop_old();

  std::array<Bin, kBins> bins_{};
  size_t first_ = 0, count_ = 0;
  int64_t packets_ = 0;
};

}  // namespace tutti::cc
