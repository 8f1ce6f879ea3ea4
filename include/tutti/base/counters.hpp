// Counters of one worker: plain integers, written by its thread, copied when somebody reads. Names stand in one table
// (counters.cpp), so /metrics and the tests see the same list.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "tutti/base/drop_reason.hpp"

namespace tutti {

enum class Counter : uint8_t {
  kDatagramsReceived,
  kDatagramsSent,
  kBytesReceived,
  kBytesSent,
  kRtpReceived,
  kRtpForwarded,
  kRtcpReceived,
  kRtcpSent,
  kStunRequests,
  kStunBinding,           // plain binding requests answered
  kStunErrors,            // answered with an error
  kDtlsHandshakes,
  kNacksSent,             // sequence numbers asked of publishers
  kNacksReceived,         // sequence numbers asked by subscribers
  kRtxReceived,           // packets recovered from publishers
  kRtxSent,
  kProbesSent,            // clusters of packets that ask whether a subscriber's path carries more
  kPaddingSent,           // packets of nothing, to fill them
  kRtxMissing,            // asked for, but no longer (or never) kept
  kRedReceived,           // packets with earlier ones in them (RFC 2198)
  kRedRecovered,          // packets that came only so
  kRedSent,
  kFecSent,               // FlexFEC packets
  kKeyframeRequestsSent,
  kFastStarts,            // viewers who began with a keyframe of the cache
  kKeyframeRequestsMerged,
  kLayerSwitches,
  kConsentExpired,
  kMixTicks,              // audio frames that were mixed
  kMixTicksLate,          // 20 ms or more behind their schedule
  kMixFramesSkipped,      // composed pictures left out because the codec threads were behind
  kAudioFramesEncoded,    // of mixed sound: a mix of 20 ms frames is 50 a second
  kFramesDecoded,
  kFramesEncoded,
  kFramesUndecodable,
  kPixelsDecoded,
  kPixelsComposed,
  kPixelsEncoded,
  kSocketOverflow,        // datagrams the kernel dropped before we read them (SO_RXQ_OVFL)
  kCount
};
constexpr size_t kCounterCount = static_cast<size_t>(Counter::kCount);

std::string_view to_string(Counter counter);

class Counters {
 public:
  void add(Counter c, uint64_t n = 1) { counts_[static_cast<size_t>(c)] += n; }
  void drop(DropReason r, uint64_t n = 1) { drops_[static_cast<size_t>(r)] += n; }
  uint64_t get(Counter c) const { return counts_[static_cast<size_t>(c)]; }
  uint64_t get(DropReason r) const { return drops_[static_cast<size_t>(r)]; }
  Counters& operator+=(const Counters& o) {
    for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += o.counts_[i];
    for (size_t i = 0; i < drops_.size(); ++i) drops_[i] += o.drops_[i];
    return *this;
  }

 private:
  std::array<uint64_t, kCounterCount> counts_{};
  std::array<uint64_t, kDropReasonCount> drops_{};
};

}  // namespace tutti
