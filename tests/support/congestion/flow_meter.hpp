// FlowMeter: what one flow got of a link and how long its packets waited for it, as the receiver would measure: in bins
// of 100 ms, so that any span of time can be asked about afterwards.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tutti/base/units.hpp"

namespace tutti::test {

class FlowMeter {
 public:
  static constexpr TimeDelta kBin = TimeDelta::millis(100);

  explicit FlowMeter(Timestamp begin) : begin_(begin) {}

  // `size`: on the link. `useful`: media, not padding or a probe's filling.
  void on_delivered(Timestamp now, DataSize size, TimeDelta waited, bool useful) {
    Bin& b = bin(now);
    b.bytes += size.bytes();
    if (useful) b.useful_bytes += size.bytes();
    ++b.packets;
    waits_.push_back({now, waited});
  }
  void on_lost(Timestamp now) { ++bin(now).lost; }

  DataRate rate(Timestamp from, Timestamp to) const {
    return DataSize::bytes(sum(from, to, &Bin::bytes)) / (to - from);
  }
  DataRate goodput(Timestamp from, Timestamp to) const {
    return DataSize::bytes(sum(from, to, &Bin::useful_bytes)) / (to - from);
  }
  double loss(Timestamp from, Timestamp to) const {
    const int64_t lost = sum(from, to, &Bin::lost), all = lost + sum(from, to, &Bin::packets);
    return all > 0 ? static_cast<double>(lost) / static_cast<double>(all) : 0;
  }
  // Adds the waiting times of what arrived in [from, to).
  void collect_waits(Timestamp from, Timestamp to, std::vector<TimeDelta>& out) const {
    for (const Wait& w : waits_) {
      if (w.at >= from && w.at < to) out.push_back(w.waited);
    }
  }

 private:
  struct Bin {
    int64_t bytes = 0, useful_bytes = 0, packets = 0, lost = 0;
  };
  struct Wait {
    Timestamp at;
    TimeDelta waited;
  };
  Bin& bin(Timestamp t) {
    const size_t i = index(t);
    if (i >= bins_.size()) bins_.resize(i + 1);
    return bins_[i];
  }
  size_t index(Timestamp t) const { return t <= begin_ ? 0 : static_cast<size_t>((t - begin_).us() / kBin.us()); }
  int64_t sum(Timestamp from, Timestamp to, int64_t Bin::*what) const {
    int64_t total = 0;
    for (size_t i = index(from); i < std::min(index(to), bins_.size()); ++i) total += bins_[i].*what;
    return total;
  }

  Timestamp begin_;
  std::vector<Bin> bins_;
  std::vector<Wait> waits_;
};

// The value that `share` of them do not exceed; zero if there are none.
inline TimeDelta percentile(std::vector<TimeDelta> values, double share) {
  if (values.empty()) return {};
  const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<size_t>(at)];
}

// Jain's index of fairness: 1 if all get the same, 1/n if one gets all.
inline double jain_index(const std::vector<DataRate>& rates) {
  double sum = 0, squares = 0;
  for (const DataRate r : rates) {
    const auto v = static_cast<double>(r.bps());
    sum += v;
    squares += v * v;
  }
  return squares > 0 ? sum * sum / (static_cast<double>(rates.size()) * squares) : 1;
}

}  // namespace tutti::test
