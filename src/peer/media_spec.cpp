#include "tutti/peer/media_spec.hpp"

#include <array>

#include "peer/codec_parameters.hpp"

namespace tutti::peer {
namespace {

struct CodecRow {
  Codec codec;
  std::string_view name;
  MediaKind kind;
  uint32_t clock_rate_hz;
};
// In the order of the enumeration. G.722 is 8000 by RFC 3551 §4.5.2.
constexpr std::array<CodecRow, 8> kCodecs = {{
    {Codec::kOpus, "opus", MediaKind::kAudio, 48000},
    {Codec::kPcmu, "PCMU", MediaKind::kAudio, 8000},
    {Codec::kPcma, "PCMA", MediaKind::kAudio, 8000},
    {Codec::kG722, "G722", MediaKind::kAudio, 8000},
    {Codec::kVp8, "VP8", MediaKind::kVideo, 90000},
    {Codec::kVp9, "VP9", MediaKind::kVideo, 90000},
    {Codec::kH264, "H264", MediaKind::kVideo, 90000},
    {Codec::kAv1, "AV1", MediaKind::kVideo, 90000},
}};
const CodecRow& row(Codec codec) { return kCodecs[static_cast<size_t>(codec)]; }

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; };
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (upper(a[i]) != upper(b[i])) return false;
  }
  return true;
}

bool same_bitstream(const CodecSpec& from, const CodecSpec& to) {
  return h264_profile(from.fmtp) == h264_profile(to.fmtp) &&
         fmtp_number(from.fmtp, "packetization-mode", 0) == fmtp_number(to.fmtp, "packetization-mode", 0) &&
         fmtp_number(from.fmtp, "profile-id", 0) == fmtp_number(to.fmtp, "profile-id", 0) &&
         fmtp_number(from.fmtp, "profile", 0) == fmtp_number(to.fmtp, "profile", 0);
}

}  // namespace

std::string_view to_string(Codec codec) { return row(codec).name; }
MediaKind kind_of(Codec codec) { return row(codec).kind; }
uint32_t default_clock_rate_hz(Codec codec) { return row(codec).clock_rate_hz; }

std::optional<Codec> codec_from_name(std::string_view name) {
  for (const CodecRow& r : kCodecs) {
    if (equal_ignoring_case(r.name, name)) return r.codec;
  }
  return std::nullopt;
}

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
      return fmtp_number(from.fmtp, "profile-id", 0) == fmtp_number(to.fmtp, "profile-id", 0);
    // AV1 profiles nest: a decoder of High decodes Main, one of Professional both (AV1 specification, annex A.2).
    case Codec::kAv1:
      return fmtp_number(from.fmtp, "profile", 0) <= fmtp_number(to.fmtp, "profile", 0);
    // RFC 6184 §6: mode 1 (non-interleaved) includes the packets of mode 0 (single NAL unit); mode 2 is nobody's.
    case Codec::kH264:
      return fmtp_number(from.fmtp, "packetization-mode", 0) <= fmtp_number(to.fmtp, "packetization-mode", 0) &&
             decodes(h264_profile(to.fmtp), h264_profile(from.fmtp));
  }
  return false;
}

const CodecSpec* find_forwardable(const CodecSpec& from, const std::vector<CodecSpec>& to) {
  const CodecSpec* first = nullptr;
  for (const CodecSpec& candidate : to) {
    // Alike to the letter, as between two browsers of one kind, needs no reading.
    if (from.codec == candidate.codec && from.clock_rate_hz == candidate.clock_rate_hz && from.fmtp == candidate.fmtp) return &candidate;
    if (!can_forward(from, candidate)) continue;
    if (same_bitstream(from, candidate)) return &candidate;
    if (!first) first = &candidate;
  }
  return first;
}

}  // namespace tutti::peer
