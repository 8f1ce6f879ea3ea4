#include "peer/negotiation_repair.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

namespace tutti::peer {
namespace {

constexpr uint32_t kVideoClock = 90'000;

bool is_called(const sdp::RtpMap& map, std::string_view name) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(map.name.begin(), map.name.end(), name.begin(), name.end(),
                    [&](char a, char b) { return lower(a) == b; });
}

std::optional<PayloadType> payload_type_from(std::string_view text) {
  uint8_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > 127) return std::nullopt;
  return PayloadType(value);
}

// RFC 2198 §5: fmtp lists what the blocks may be, "111/111". All the same: only then is every block one of the codec's
// packets.
std::optional<PayloadType> carried(std::string_view fmtp) {
  std::optional<PayloadType> type;
  while (!fmtp.empty()) {
    const size_t end = std::min(fmtp.find('/'), fmtp.size());
    const auto one = payload_type_from(fmtp.substr(0, end));
    if (!one || (type && type != one)) return std::nullopt;
    type = one;
    fmtp.remove_prefix(std::min(end + 1, fmtp.size()));
  }
  return type;
}

}  // namespace

std::array<std::optional<PayloadType>, 128> redundancies(const sdp::MediaSection& offer) {
  std::array<std::optional<PayloadType>, 128> of;
  if (offer.media != "audio") return of;
  for (const std::string& format : offer.formats) {
    const auto payload_type = payload_type_from(format);
    const auto map = payload_type ? sdp::rtpmap_of(offer, *payload_type) : std::nullopt;
    if (!map || !is_called(*map, "red")) continue;
    const auto original = carried(sdp::fmtp_of(offer, *payload_type));
    const auto inner = original ? sdp::rtpmap_of(offer, *original) : std::nullopt;
    if (!inner || original == payload_type || inner->clock_rate_hz != map->clock_rate_hz) continue;
    if (!of[original->value()]) of[original->value()] = payload_type;
  }
  return of;
}

std::optional<PayloadType> flexfec_type(const sdp::MediaSection& offer) {
  for (const std::string& format : offer.formats) {
    const auto payload_type = payload_type_from(format);
    const auto map = payload_type ? sdp::rtpmap_of(offer, *payload_type) : std::nullopt;
    if (map && is_called(*map, "flexfec-03") && map->clock_rate_hz == kVideoClock) return payload_type;
  }
  return std::nullopt;
}

void add_red(const CodecSpec& codec, const sdp::MediaSection& offer, sdp::MediaSection& answer) {
  if (!codec.red_payload_type) return;
  const PayloadType red = *codec.red_payload_type;
  const std::string name = std::to_string(red.value()), inner = std::to_string(codec.payload_type.value());
  const auto at = [](const std::vector<std::string>& formats, const std::string& one) {
    return std::find(formats.begin(), formats.end(), one);
  };
  const bool first = at(offer.formats, name) < at(offer.formats, inner);
  const auto place = at(answer.formats, inner);
  answer.formats.insert(first || place == answer.formats.end() ? place : place + 1, name);
  answer.rtpmaps.push_back({red, "red", codec.clock_rate_hz, codec.channels});
  answer.fmtps.push_back({red, inner + "/" + inner});
}

void add_flexfec(const ReceiveSpec& slot, const sdp::MediaSection& offer, sdp::MediaSection& answer) {
  if (!slot.fec_payload_type) return;
  answer.formats.push_back(std::to_string(slot.fec_payload_type->value()));
  answer.rtpmaps.push_back({*slot.fec_payload_type, "flexfec-03", kVideoClock, 1});
  if (const auto fmtp = sdp::fmtp_of(offer, *slot.fec_payload_type); !fmtp.empty())
    answer.fmtps.push_back({*slot.fec_payload_type, std::string(fmtp)});
}

}  // namespace tutti::peer
