// SentNumbers: which part of what a receiver reports as lost was lost on the way to it. Its reports count every number
// that did not come, those too under which nothing was sent, because the publisher's packet never arrived here. RFC
// 3550 §6.4.1. Value.
#pragma once

#include <algorithm>
#include <cstdint>

#include "tutti/base/seq_num.hpp"

namespace tutti::peer {

class SentNumbers {
 public:
  // A packet under a number that was not used before.
  void on_sent(SeqNum number) {
    if (sent_ == 0) reported_ = number + -1;
    if (sent_++ == 0 || is_newer(number, highest_)) highest_ = number;
  }
  // `share` of a report: of all numbers since the report before. Returns the share of what was sent since then.
  double path_loss(double share) {
    const auto span = static_cast<uint16_t>(highest_.value() - reported_.value());
    const uint64_t sent = sent_ - sent_at_report_;
    reported_ = highest_;
    sent_at_report_ = sent_;
    if (span == 0 || sent == 0) return share;
    const double used = std::min(1.0, static_cast<double>(sent) / span);
    return std::clamp(1 - (1 - share) / used, 0.0, 1.0);
  }

 private:
  uint64_t sent_ = 0, sent_at_report_ = 0;
  SeqNum highest_, reported_;
};

}  // namespace tutti::peer
