#include "peer/negotiation_codecs.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <charconv>

#include "peer/codec_parameters.hpp"
#include "peer/negotiation_repair.hpp"
#include "tutti/wire/sdp/session.hpp"

namespace tutti::peer {
namespace {

std::optional<PayloadType> payload_type_from(std::string_view text) {
  uint8_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > 127) return std::nullopt;
  return PayloadType(value);
}

// RFC 4588 §8: an RTX payload type names its original in apt=. Indexed by the original.
std::array<std::optional<PayloadType>, 128> retransmissions(const sdp::MediaSection& offer) {
  std::array<std::optional<PayloadType>, 128> of;
  for (const std::string& format : offer.formats) {
    const auto payload_type = payload_type_from(format);
    const auto map = payload_type ? sdp::rtpmap_of(offer, *payload_type) : std::nullopt;
    if (!map || (map->name != "rtx" && map->name != "RTX")) continue;
    const uint32_t original = sdp::fmtp_number(sdp::fmtp_of(offer, *payload_type), "apt", 128);
    if (original < 128 && original != payload_type->value() && !of[original]) of[original] = payload_type;
  }
  return of;
}

// What other receivers most likely take comes first (0): constrained baseline in packetization-mode 1, profile 0.
int rank(const CodecSpec& codec) {
  switch (codec.codec) {
    case Codec::kH264: {
      const bool constrained = h264_profile(codec.fmtp).name == H264Profile::Name::kConstrainedBaseline;
      return (sdp::fmtp_number(codec.fmtp, "packetization-mode", 0) == 1 ? 0 : 2) + (constrained ? 0 : 1);
    }
    case Codec::kVp9:
      return sdp::fmtp_number(codec.fmtp, "profile-id", 0) == 0 ? 0 : 1;
    case Codec::kAv1:
      return sdp::fmtp_number(codec.fmtp, "profile", 0) == 0 ? 0 : 1;
    case Codec::kOpus:
    case Codec::kPcmu:
    case Codec::kPcma:
    case Codec::kG722:
    case Codec::kVp8:
      break;
  }
  return 0;
}

struct FeedbackFlag {
  std::string_view type;
  bool CodecSpec::*member;
};
constexpr std::array<FeedbackFlag, 5> kFeedback = {{{"goog-remb", &CodecSpec::remb},
                                                    {"transport-cc", &CodecSpec::transport_cc},
                                                    {"ccm fir", &CodecSpec::fir},
                                                    {"nack", &CodecSpec::nack},
                                                    {"nack pli", &CodecSpec::pli}}};

}  // namespace

std::vector<CodecSpec> common_codecs(const sdp::MediaSection& offer, const std::vector<Codec>& admitted) {
  std::vector<CodecSpec> found;
  std::bitset<128> seen;
  const auto rtx = retransmissions(offer);
  const auto red = redundancies(offer);
  for (const std::string& format : offer.formats) {
    const auto payload_type = payload_type_from(format);
    if (!payload_type || seen.test(payload_type->value())) continue;
    seen.set(payload_type->value());
    const auto map = sdp::rtpmap_of(offer, *payload_type);
    const auto codec = map ? codec_from_name(map->name) : std::nullopt;
    if (!codec || std::find(admitted.begin(), admitted.end(), *codec) == admitted.end()) continue;
    if (map->clock_rate_hz != default_clock_rate_hz(*codec)) continue;
    CodecSpec spec;
    spec.codec = *codec;
    spec.payload_type = *payload_type;
    spec.clock_rate_hz = map->clock_rate_hz;
    spec.channels = map->channels;
    spec.fmtp = sdp::fmtp_of(offer, *payload_type);
    spec.rtx_payload_type = rtx[payload_type->value()];
    if (*codec == Codec::kOpus) spec.red_payload_type = red[payload_type->value()];
    for (const FeedbackFlag& f : kFeedback) spec.*f.member = sdp::has_feedback(offer, *payload_type, f.type);
    spec.stream_cc = sdp::has_feedback(offer, *payload_type, "ack ccfb");
    found.push_back(std::move(spec));
  }
  std::stable_sort(found.begin(), found.end(), [&](const CodecSpec& a, const CodecSpec& b) {
    const auto place = [&](Codec c) { return std::find(admitted.begin(), admitted.end(), c); };
    if (a.codec != b.codec) return place(a.codec) < place(b.codec);
    return rank(a) < rank(b);
  });
  return found;
}

std::string answer_fmtp(const CodecSpec& codec) {
  // Who offers no parameters may still send in-band FEC once it is asked to, and it costs nothing to ask (RFC 7587
  // §6.1).
  if (codec.codec == Codec::kOpus && codec.fmtp.empty()) return "minptime=10;useinbandfec=1";
  std::string out;
  std::string_view rest = codec.fmtp;
  while (!rest.empty()) {
    const size_t end = rest.find(';');
    std::string_view one = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    if (one.empty() || one.substr(0, 6) == "sprop-") continue;
    if (!out.empty()) out += ';';
    out += one;
  }
  return out;
}

void add_codec(const CodecSpec& codec, sdp::MediaSection& answer) {
  const PayloadType pt = codec.payload_type;
  answer.formats.push_back(std::to_string(pt.value()));
  answer.rtpmaps.push_back({pt, std::string(to_string(codec.codec)), codec.clock_rate_hz, codec.channels});
  for (const FeedbackFlag& f : kFeedback) {
    if (codec.*f.member) answer.feedback.push_back({pt, std::string(f.type)});
  }
  if (std::string fmtp = answer_fmtp(codec); !fmtp.empty()) answer.fmtps.push_back({pt, std::move(fmtp)});
  if (!codec.rtx_payload_type) return;
  answer.formats.push_back(std::to_string(codec.rtx_payload_type->value()));
  answer.rtpmaps.push_back({*codec.rtx_payload_type, "rtx", codec.clock_rate_hz, 1});
  answer.fmtps.push_back({*codec.rtx_payload_type, "apt=" + std::to_string(pt.value())});
}

}  // namespace tutti::peer
