// StreamStats: the figures of one received or sent SSRC, in the words of W3C webrtc-stats. Value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tutti/base/ids.hpp"
#include "tutti/base/units.hpp"

namespace tutti::peer {

struct StreamStats {
  bool inbound = false;  // received from the peer; else sent to it
  uint16_t index = 0;    // of the published track, or of the slot
  uint8_t layer = 0;     // inbound: of the track
  MediaKind kind = MediaKind::kAudio;
  Ssrc ssrc;
  Mid mid;
  Rid rid;
  uint64_t packets = 0, bytes = 0;
  int64_t packets_lost = 0;        // inbound: by our count; outbound: by the receiver's reports
  std::optional<double> jitter_s;
  std::optional<double> fraction_lost;
  std::optional<double> round_trip_time_s;
  uint64_t nacks = 0;              // inbound: numbers asked for; outbound: numbers that were asked of us
  uint64_t plis = 0;
  uint64_t retransmitted = 0;
  uint64_t recovered_by_red = 0;   // inbound: lost, and came again in a later packet (RFC 2198)
  uint64_t red_packets = 0;        // outbound: sent with earlier ones in them
  uint64_t fec_packets = 0;        // outbound: FlexFEC, not counted in `packets`
};

}  // namespace tutti::peer
