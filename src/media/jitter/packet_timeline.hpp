// PacketTimeline: RTP time that counts on instead of wrapping, and in microseconds. Value; owned by AudioJitterBuffer.
#pragma once

#include <cstdint>

#include "tutti/base/seq_num.hpp"
#include "tutti/base/units.hpp"

namespace tutti::jitter {

class PacketTimeline {
 public:
  explicit PacketTimeline(uint32_t rtp_clock_rate_hz) : clock_rate_hz_(rtp_clock_rate_hz) {}

  int64_t unwrap(RtpTimestamp timestamp) { return unwrapper_.unwrap(timestamp).value(); }
  // What unwrap() would give; remembers nothing.
  int64_t peek(RtpTimestamp timestamp) const { return unwrapper_.peek(timestamp).value(); }
  void restart() { unwrapper_ = {}; }

  TimeDelta time(int64_t rtp_units) const { return TimeDelta::micros(rtp_units * 1'000'000 / clock_rate_hz_); }
  int64_t units(TimeDelta time) const { return time.us() * clock_rate_hz_ / 1'000'000; }
  // Arrival less RTP time, see ArrivalLine.
  TimeDelta transit(Timestamp arrival, int64_t timestamp) const {
    return TimeDelta::micros(arrival.us()) - time(timestamp);
  }

 private:
  int64_t clock_rate_hz_;
  TimestampUnwrapper unwrapper_;
};

}  // namespace tutti::jitter
