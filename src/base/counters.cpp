#include "tutti/base/counters.hpp"

namespace tutti {

std::string_view to_string(Counter value) {
  switch (value) {
    case Counter::kDatagramsReceived: return "datagrams_received";
    case Counter::kDatagramsSent: return "datagrams_sent";
    case Counter::kBytesReceived: return "bytes_received";
    case Counter::kBytesSent: return "bytes_sent";
    case Counter::kRtpReceived: return "rtp_received";
    case Counter::kRtpForwarded: return "rtp_forwarded";
    case Counter::kRtcpReceived: return "rtcp_received";
    case Counter::kRtcpSent: return "rtcp_sent";
    case Counter::kStunRequests: return "stun_requests";
    case Counter::kStunBinding: return "stun_binding";
    case Counter::kStunErrors: return "stun_errors";
    case Counter::kDtlsHandshakes: return "dtls_handshakes";
    case Counter::kNacksSent: return "nacks_sent";
    case Counter::kNacksReceived: return "nacks_received";
    case Counter::kRtxReceived: return "rtx_received";
    case Counter::kRtxSent: return "rtx_sent";
    case Counter::kProbesSent: return "probes_sent";
    case Counter::kPaddingSent: return "padding_sent";
    case Counter::kRtxMissing: return "rtx_missing";
    case Counter::kRedReceived: return "red_received";
    case Counter::kRedRecovered: return "red_recovered";
    case Counter::kRedSent: return "red_sent";
    case Counter::kFecSent: return "fec_sent";
    case Counter::kKeyframeRequestsSent: return "keyframe_requests_sent";
    case Counter::kFastStarts: return "fast_starts";
    case Counter::kKeyframeRequestsMerged: return "keyframe_requests_merged";
    case Counter::kLayerSwitches: return "layer_switches";
    case Counter::kConsentExpired: return "consent_expired";
    case Counter::kMixTicks: return "mix_ticks";
    case Counter::kMixTicksLate: return "mix_ticks_late";
    case Counter::kMixFramesSkipped: return "mix_frames_skipped";
    case Counter::kAudioFramesEncoded: return "audio_frames_encoded";
    case Counter::kFramesDecoded: return "frames_decoded";
    case Counter::kFramesEncoded: return "frames_encoded";
    case Counter::kFramesUndecodable: return "frames_undecodable";
    case Counter::kPixelsDecoded: return "pixels_decoded";
    case Counter::kPixelsComposed: return "pixels_composed";
    case Counter::kPixelsEncoded: return "pixels_encoded";
    case Counter::kSocketOverflow: return "socket_overflow";
    case Counter::kCount: break;
  }
  return "unknown";
}

}  // namespace tutti
