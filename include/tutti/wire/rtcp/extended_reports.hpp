// Extended reports (XR), of which we use what measures the round trip for a participant that only receives: its
// reference time, and the sender's answer with the delay since (DLRR). RFC 3611 §4.4, §4.5. Value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "tutti/base/ids.hpp"
#include "tutti/base/ntp.hpp"
#include "tutti/base/small_vector.hpp"

namespace tutti::rtcp {

struct ExtendedReports {
  // A parser refuses more DLRR items than this in one packet.
  static constexpr size_t kMaxDlrr = 64;

  struct Dlrr {
    Ssrc receiver;                     // whose reference time this answers
    uint32_t last_rr = 0;              // its compact NTP, 0 if none came
    uint32_t delay_since_last_rr = 0;  // in 1/65536 s
    bool operator==(const Dlrr&) const = default;
  };

  Ssrc sender;
  std::optional<NtpTime> receiver_reference_time;
  SmallVector<Dlrr, 4> dlrr;

  // The body after the common RTCP header (from the sender's SSRC on). Blocks of other types are stepped over.
  static std::optional<ExtendedReports> parse(std::span<const uint8_t> body);
  // The whole RTCP packet. Returns the bytes written, 0 if `out` is too small or there are more than kMaxDlrr items.
  size_t serialize(std::span<uint8_t> out) const;
  bool operator==(const ExtendedReports&) const = default;
};

}  // namespace tutti::rtcp
