#include "tutti/base/codec.hpp"

#include <array>

namespace tutti {
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

}  // namespace tutti
