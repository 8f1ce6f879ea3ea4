// DropReason names every way in which a datagram, packet or message is discarded; counters.hpp counts by it, /metrics shows
// the names. Nothing is dropped without one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tutti {

enum class DropReason : uint8_t {
  kUnknownSource,        // no participant owns the 5-tuple
  kUnknownUfrag,         // a STUN check for a participant that is not here
  kNotClassified,        // first byte outside RFC 7983's ranges
  kTooShort,
  kTooLong,
  kStunMalformed,
  kStunIntegrity,        // MESSAGE-INTEGRITY absent or wrong
  kStunIgnored,          // an indication, or an answer to what we did not ask
  kStunRateLimited,
  kDtlsUnverifiedPath,   // DTLS from an address that ICE has not verified
  kDtlsBeforeIce,
  kDtlsMalformed,        // no whole DTLS record in it
  kDtlsIgnored,          // records that this state of the association does not take
  kDtlsFailed,
  kSrtpNoKeys,           // media before the handshake is done
  kSrtpAuth,             // authentication tag is wrong
  kSrtpReplay,
  kMediaUnverifiedPath,
  kRtpMalformed,
  kRtpUnknownSsrc,       // no m-line, rid or declaration claims it
  kRtpUnknownPayloadType,
  kRtpDuplicate,
  kRtpPadding,           // padding only: nothing to forward
  kComfortNoise,         // forwarded to nobody: receivers did not ask for it
  kRtcpMalformed,
  kRedMalformed,
  kRtxMalformed,
  kRtxUnknown,           // a retransmission of what nobody sent
  kRtxLimit,             // a receiver asked for more to be sent again than was sent
  kRtxRepeated,          // asked for again before the answer could have come
  kRtxBudget,            // more than its share of what the receiver's path carries
  kRtxOutdated,          // from before the newest keyframe while the path is full, or before one that is awaited
  kLearnLimited,         // an unknown source tried too often to authenticate
  kTrackMuted,
  kNotWatched,           // no subscription wants this layer
  kLayerNotSelected,
  kTemporalLayer,        // above the subscription's temporal layer
  kSpatialLayer,         // of a spatial layer that the subscription is not shown
  kAwaitingKeyframe,     // after a switch, before the keyframe
  kOldPacket,            // precedes what the receiver was already sent
  kPaused,
  kNoRoute,              // the receiver has no address yet
  kQueueFull,
  kQueueExpired,         // waited too long for the receiver's path, with all up to the next keyframe
  kQueueOutdated,        // waited for the receiver's path until a keyframe took its place
  kPoolExhausted,
  kSealFailed,
  kSendFailed,
  kCount
};
constexpr size_t kDropReasonCount = static_cast<size_t>(DropReason::kCount);

// snake_case, as the `reason` label of tutti_dropped_total.
std::string_view to_string(DropReason reason);

}  // namespace tutti
