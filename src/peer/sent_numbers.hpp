// SentNumbers: which part of what a receiver reports as lost was lost on the way to it. Its reports count every number
// that did not come, those too under which nothing was sent, because the publisher's packet never arrived here. RFC
// 3550 §6.4.1. Value.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "tutti/base/seq_num.hpp"
#include "tutti/wire/rtcp/report_block.hpp"

namespace tutti::peer {

class SentNumbers {
 public:
  // A packet under a number that was not used before.
  void on_sent(SeqNum number) {
    if (sent_ == 0) {
      highest_ = reported_ = number + -1;
      counts_.fill(0);
    }
    const int steps = std::min(wrap_distance(highest_.value(), number.value()), kRemembered);
    for (int back = 1; back < steps; ++back) count_at(number + -back) = sent_;
    ++sent_;
    if (steps > 0) highest_ = number;
    count_at(highest_) = sent_;
  }
  // The share of what was sent, of the numbers since the report before.
  double path_loss(const rtcp::ReportBlock& block) {
    const SeqNum oldest = highest_ + (1 - kRemembered);
    SeqNum last(static_cast<uint16_t>(block.highest_sequence));
    // What is on its way is not lost. A report that is older than what is remembered is taken to be of that time.
    if (is_newer(oldest, last) || is_newer(last, highest_)) last = oldest;
    const double share = block.fraction_lost / 256.0;
    const uint32_t sent = count_at(last) - sent_at_report_;
    if (!is_newer(last, reported_) || sent == 0) return share;
    const int span = wrap_distance(reported_.value(), last.value());
    reported_ = last;
    sent_at_report_ = count_at(last);
    // By the total: a report may have been lost, and with it its share.
    const int32_t lost = block.cumulative_lost - lost_at_report_;
    lost_at_report_ = block.cumulative_lost;
    return std::clamp(1 - static_cast<double>(span - lost) / sent, 0.0, 1.0);
  }

 private:
  static constexpr int16_t kRemembered = 64;
  uint32_t& count_at(SeqNum number) { return counts_[number.value() % kRemembered]; }

  uint32_t sent_ = 0, sent_at_report_ = 0;
  int32_t lost_at_report_ = 0;
  std::array<uint32_t, kRemembered> counts_{};  // how many had been sent with each of the last numbers
  SeqNum highest_, reported_;
};

}  // namespace tutti::peer
