// NTP timestamps as RTCP carries them (RFC 3550 §4: 32.32 fixed point), and the clock that gives them: a fixed offset to the
// monotonic Timestamp, read once at start, so that the wall clock's steps never reach the media.
#pragma once

#include <cstdint>

#include "tutti/base/units.hpp"

namespace tutti {

struct NtpTime {
  uint64_t value = 0;  // seconds since 1900 in the upper half, fraction in the lower

  // The middle 32 bits, as in LSR and DLSR.
  constexpr uint32_t compact() const { return static_cast<uint32_t>(value >> 16); }
  constexpr bool operator==(const NtpTime&) const = default;
  // Microseconds since 1900.
  constexpr int64_t to_us() const {
    const uint64_t s = value >> 32, f = value & 0xFFFFFFFFu;
    return static_cast<int64_t>(s * 1'000'000 + (f * 1'000'000 >> 32));
  }
  static constexpr NtpTime from_us(int64_t us) {
    const auto u = static_cast<uint64_t>(us);
    return {(u / 1'000'000) << 32 | ((u % 1'000'000) << 32) / 1'000'000};
  }
};

// A span in the 16.16 seconds of DLSR and compact NTP differences.
constexpr uint32_t to_compact_ntp(TimeDelta d) { return static_cast<uint32_t>(d.us() * 65536 / 1'000'000); }
constexpr TimeDelta from_compact_ntp(uint32_t v) { return TimeDelta::micros(static_cast<int64_t>(v) * 1'000'000 / 65536); }

class NtpClock {
 public:
  // `offset`: what to add to a Timestamp to get microseconds since 1900.
  constexpr explicit NtpClock(TimeDelta offset = {}) : offset_(offset) {}
  constexpr NtpTime at(Timestamp t) const { return NtpTime::from_us(t.us() + offset_.us()); }

 private:
  TimeDelta offset_;
};

}  // namespace tutti
