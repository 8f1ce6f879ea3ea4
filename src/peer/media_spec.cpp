#include "tutti/peer/media_spec.hpp"

#include "peer/codec_parameters.hpp"
#include "tutti/wire/sdp/session.hpp"

namespace tutti::peer {
namespace {

bool same_bitstream(const CodecSpec& from, const CodecSpec& to) {
  return h264_profile(from.fmtp) == h264_profile(to.fmtp) &&
         sdp::fmtp_number(from.fmtp, "packetization-mode", 0) == sdp::fmtp_number(to.fmtp, "packetization-mode", 0) &&
         sdp::fmtp_number(from.fmtp, "profile-id", 0) == sdp::fmtp_number(to.fmtp, "profile-id", 0) &&
         sdp::fmtp_number(from.fmtp, "profile", 0) == sdp::fmtp_number(to.fmtp, "profile", 0);
}

}  // namespace

bool can_forward(const CodecSpec& from, const CodecSpec& to) {
  if (from.codec != to.codec || from.clock_rate_hz != to.clock_rate_hz) return false;
  switch (from.codec) {
    case Codec::kOpus:
    case Codec::kPcmu:
    case Codec::kPcma:
    case Codec::kG722:
    case Codec::kVp8:
      return true;
    case Codec::kVp9:
      return sdp::fmtp_number(from.fmtp, "profile-id", 0) == sdp::fmtp_number(to.fmtp, "profile-id", 0);
    // AV1 profiles nest: a decoder of High decodes Main, one of Professional both (AV1 specification, annex A.2).
    case Codec::kAv1:
      return sdp::fmtp_number(from.fmtp, "profile", 0) <= sdp::fmtp_number(to.fmtp, "profile", 0);
    // RFC 6184 §6: mode 1 (non-interleaved) includes the packets of mode 0 (single NAL unit); mode 2 is nobody's.
    case Codec::kH264:
      return sdp::fmtp_number(from.fmtp, "packetization-mode", 0) <=
                 sdp::fmtp_number(to.fmtp, "packetization-mode", 0) &&
             decodes(h264_profile(to.fmtp), h264_profile(from.fmtp));
  }
  return false;
}

const CodecSpec* find_forwardable(const CodecSpec& from, const std::vector<CodecSpec>& to) {
  const CodecSpec* first = nullptr;
  for (const CodecSpec& candidate : to) {
    // Alike to the letter, as between two browsers of one kind, needs no reading.
    if (from.codec == candidate.codec && from.clock_rate_hz == candidate.clock_rate_hz && from.fmtp == candidate.fmtp)
      return &candidate;
    if (!can_forward(from, candidate)) continue;
    if (same_bitstream(from, candidate)) return &candidate;
    if (!first) first = &candidate;
  }
  return first;
}

}  // namespace tutti::peer
