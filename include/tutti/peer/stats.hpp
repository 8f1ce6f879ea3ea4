// StreamStats: the figures of one received or sent SSRC, in the words of W3C webrtc-stats; CongestionStats: those of the path to a
// receiver that tells how it fares. Values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tutti/base/ids.hpp"
#include "tutti/base/units.hpp"
#include "tutti/proto/cc/estimate.hpp"

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

// What a receiver tells by.
enum class FeedbackKind : uint8_t {
  kNone,
  kTransportWide,     // draft-holmer-rmcat-transport-wide-cc-extensions-01
  kStreams,           // RFC 8888
  kReceiverEstimate,  // its own: REMB, and its reports of loss
};
std::string_view to_string(FeedbackKind kind);

struct CongestionStats {
  FeedbackKind feedback = FeedbackKind::kNone;
  cc::Estimate estimate;
  DataRate pacing_rate;  // media leaves no faster
  TimeDelta queue_time;  // how long the oldest packet that waits has waited
  size_t queued_packets = 0;
  uint64_t queued_bytes = 0;
  TimeDelta total_wait;  // of all packets that have left the queue
  uint64_t probes = 0, probe_bytes = 0, padding_bytes = 0;
  uint64_t retransmissions_held_back = 0;  // asked for again too soon, or beyond their share
  uint64_t packets_expired = 0;            // given up after waiting too long
};

}  // namespace tutti::peer
