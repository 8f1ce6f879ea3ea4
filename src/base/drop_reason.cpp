#include "tutti/base/drop_reason.hpp"

namespace tutti {

std::string_view to_string(DropReason value) {
  switch (value) {
    case DropReason::kUnknownSource: return "unknown_source";
    case DropReason::kUnknownUfrag: return "unknown_ufrag";
    case DropReason::kNotClassified: return "not_classified";
    case DropReason::kTooShort: return "too_short";
    case DropReason::kTooLong: return "too_long";
    case DropReason::kStunMalformed: return "stun_malformed";
    case DropReason::kStunIntegrity: return "stun_integrity";
    case DropReason::kStunIgnored: return "stun_ignored";
    case DropReason::kStunRateLimited: return "stun_rate_limited";
    case DropReason::kDtlsUnverifiedPath: return "dtls_unverified_path";
    case DropReason::kDtlsBeforeIce: return "dtls_before_ice";
    case DropReason::kDtlsMalformed: return "dtls_malformed";
    case DropReason::kDtlsIgnored: return "dtls_ignored";
    case DropReason::kDtlsFailed: return "dtls_failed";
    case DropReason::kSrtpNoKeys: return "srtp_no_keys";
    case DropReason::kSrtpAuth: return "srtp_auth";
    case DropReason::kSrtpReplay: return "srtp_replay";
    case DropReason::kMediaUnverifiedPath: return "media_unverified_path";
    case DropReason::kRtpMalformed: return "rtp_malformed";
    case DropReason::kRtpUnknownSsrc: return "rtp_unknown_ssrc";
    case DropReason::kRtpUnknownPayloadType: return "rtp_unknown_payload_type";
    case DropReason::kRtpDuplicate: return "rtp_duplicate";
    case DropReason::kRtpPadding: return "rtp_padding";
    case DropReason::kComfortNoise: return "comfort_noise";
    case DropReason::kRtcpMalformed: return "rtcp_malformed";
    case DropReason::kRedMalformed: return "red_malformed";
    case DropReason::kRtxMalformed: return "rtx_malformed";
    case DropReason::kRtxUnknown: return "rtx_unknown";
    case DropReason::kRtxLimit: return "rtx_limit";
    case DropReason::kRtxRepeated: return "rtx_repeated";
    case DropReason::kRtxBudget: return "rtx_budget";
    case DropReason::kRtxOutdated: return "rtx_outdated";
    case DropReason::kLearnLimited: return "learn_limited";
    case DropReason::kTrackMuted: return "track_muted";
    case DropReason::kNotWatched: return "not_watched";
    case DropReason::kLayerNotSelected: return "layer_not_selected";
    case DropReason::kTemporalLayer: return "temporal_layer";
    case DropReason::kSpatialLayer: return "spatial_layer";
    case DropReason::kAwaitingKeyframe: return "awaiting_keyframe";
    case DropReason::kOldPacket: return "old_packet";
    case DropReason::kPaused: return "paused";
    case DropReason::kNoRoute: return "no_route";
    case DropReason::kQueueFull: return "queue_full";
    case DropReason::kQueueExpired: return "queue_expired";
    case DropReason::kQueueOutdated: return "queue_outdated";
    case DropReason::kPoolExhausted: return "pool_exhausted";
    case DropReason::kSealFailed: return "seal_failed";
    case DropReason::kSendFailed: return "send_failed";
    case DropReason::kCount: break;
  }
  return "unknown";
}

}  // namespace tutti
