// The report block that sender and receiver reports share. RFC 3550 §6.4.1. Value.
#pragma once

#include <cstdint>

#include "tutti/base/ids.hpp"

namespace tutti::rtcp {

struct ReportBlock {
  Ssrc source;                       // whom it reports on
  uint8_t fraction_lost = 0;         // since the last report, in 1/256
  int32_t cumulative_lost = 0;       // 24 bits, signed: duplicates may make it negative
  uint32_t highest_sequence = 0;     // extended: cycles in the upper 16 bits
  uint32_t jitter = 0;               // in RTP timestamp units
  uint32_t last_sr = 0;              // compact NTP of the last sender report, 0 if none
  uint32_t delay_since_last_sr = 0;  // in 1/65536 s
  bool operator==(const ReportBlock&) const = default;
};

}  // namespace tutti::rtcp
