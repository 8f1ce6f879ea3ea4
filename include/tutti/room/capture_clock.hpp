// When was this captured? CaptureClock maps one source's RTP timestamps to our clock by its last sender report;
// SenderAlignment holds the distance between a participant's NTP clock and ours, one for all its tracks, so that audio
// and video of one participant keep their relation whatever the network does to the reports. Values; one worker.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "tutti/base/ntp.hpp"
#include "tutti/base/seq_num.hpp"
#include "tutti/base/units.hpp"

namespace tutti::room {

class SenderAlignment {
 public:
  // A sender report with `ntp` arrived. The least delayed report says best how far the clocks are apart; the distance
  // then rises by no more than `kDrift` of the time between reports, as far as two clocks may drift. A jump of more
  // than `kStep` is the sender's clock being set.
  void on_report(Timestamp arrival, NtpTime ntp) {
    const TimeDelta offset = TimeDelta::micros(arrival.us() - ntp.to_us());
    if (offset_) {
      const TimeDelta risen = *offset_ + (arrival - last_report_) / kDrift;
      offset_ = offset > *offset_ + kStep ? offset : std::min(offset, risen);
    } else {
      offset_ = offset;
    }
    last_report_ = arrival;
  }
  bool known() const { return offset_.has_value(); }
  // The instant on our clock; it includes the least network delay seen.
  Timestamp to_ours(NtpTime ntp) const { return Timestamp::from_us(ntp.to_us() + offset_->us()); }

 private:
  static constexpr int64_t kDrift = 10'000;  // one part in
  static constexpr TimeDelta kStep = TimeDelta::millis(500);
  std::optional<TimeDelta> offset_;
  Timestamp last_report_;
};

struct CaptureClock {
  const SenderAlignment* alignment = nullptr;
  NtpTime ntp;
  RtpTimestamp rtp;
  uint32_t clock_rate_hz = 90000;

  Timestamp at(RtpTimestamp t) const {
    const auto ticks = static_cast<int64_t>(wrap_distance(rtp.value(), t.value()));
    return alignment->to_ours(ntp) + TimeDelta::micros(ticks * 1'000'000 / static_cast<int64_t>(clock_rate_hz));
  }
};

}  // namespace tutti::room
