// Questions to a parsed description: session-level defaults, codecs by payload type, parameters by name.
#include <algorithm>
#include <array>
#include <charconv>

#include "tutti/wire/sdp/session.hpp"
#include "wire/sdp/text.hpp"

namespace tutti::sdp {
namespace {

struct StaticPayloadType {
  uint8_t payload_type;
  std::string_view name;
  uint32_t clock_rate_hz;
};
// RFC 3551 §6, table 4. G.722's clock is 8000 Hz by an old mistake that was kept (§4.5.2).
constexpr std::array<StaticPayloadType, 3> kStatic = {{{0, "PCMU", 8000}, {8, "PCMA", 8000}, {9, "G722", 8000}}};

}  // namespace

Direction reversed(Direction direction) {
  switch (direction) {
    case Direction::kSendOnly:
      return Direction::kRecvOnly;
    case Direction::kRecvOnly:
      return Direction::kSendOnly;
    case Direction::kSendRecv:
    case Direction::kInactive:
      break;
  }
  return direction;
}

TransportAttributes transport_of(const Session& session, const MediaSection& section) {
  TransportAttributes t = section.transport;
  const TransportAttributes& d = session.transport;
  // The two credentials belong together: a section with one of them does not borrow the other.
  if (t.ice_ufrag.empty() && t.ice_pwd.empty()) {
    t.ice_ufrag = d.ice_ufrag;
    t.ice_pwd = d.ice_pwd;
  }
  if (t.ice_options.empty()) t.ice_options = d.ice_options;
  if (t.fingerprints.empty()) t.fingerprints = d.fingerprints;
  if (!t.setup) t.setup = d.setup;
  return t;
}

Direction direction_of(const Session& session, const MediaSection& section) {
  return section.direction.value_or(session.direction.value_or(Direction::kSendRecv));
}

std::vector<ExtMap> extmaps_of(const Session& session, const MediaSection& section) {
  std::vector<ExtMap> all = section.extmaps;
  all.insert(all.end(), session.extmaps.begin(), session.extmaps.end());
  return all;
}

std::optional<RtpMap> rtpmap_of(const MediaSection& section, PayloadType payload_type) {
  for (const RtpMap& map : section.rtpmaps) {
    if (map.payload_type == payload_type) return map;
  }
  for (const StaticPayloadType& s : kStatic) {
    if (s.payload_type == payload_type.value()) return RtpMap{payload_type, std::string(s.name), s.clock_rate_hz, 1};
  }
  return std::nullopt;
}

std::string_view fmtp_of(const MediaSection& section, PayloadType payload_type) {
  for (const Fmtp& f : section.fmtps) {
    if (f.payload_type == payload_type) return f.parameters;
  }
  return {};
}

bool has_feedback(const MediaSection& section, PayloadType payload_type, std::string_view type) {
  return std::any_of(section.feedback.begin(), section.feedback.end(), [&](const RtcpFeedback& f) {
    return (!f.payload_type || *f.payload_type == payload_type) && equal_ignoring_case(f.type, type);
  });
}

std::optional<std::string_view> fmtp_parameter(std::string_view parameters, std::string_view name) {
  while (!parameters.empty()) {
    std::string_view value = take(parameters, ';');
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    if (equal_ignoring_case(take(value, '='), name)) return value;
  }
  return std::nullopt;
}

uint32_t fmtp_number(std::string_view parameters, std::string_view name, uint32_t fallback) {
  const auto text = fmtp_parameter(parameters, name);
  if (!text) return fallback;
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  return error == std::errc() ? value : fallback;
}

}  // namespace tutti::sdp
