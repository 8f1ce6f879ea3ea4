// Attributes of one media section: codecs (RFC 8866 §6.6, §6.15, RFC 4585 §4.2), identity (RFC 5888, RFC 8830, RFC
// 5576) and candidates (RFC 8839 §5.1).
#include <array>

#include "wire/sdp/attributes.hpp"
#include "wire/sdp/text.hpp"

namespace tutti::sdp {
namespace {

bool read_mid(MediaSection& m, std::string_view value) {
  const auto mid = to_mid(value);
  if (!mid || !m.mid.empty()) return false;
  m.mid = *mid;
  return true;
}
void write_mid(const MediaSection& m, std::string& out) {
  if (!m.mid.empty()) write_line(out, "mid", m.mid.view());
}

// An attribute without a value.
template <bool MediaSection::*kMember>
bool read_flag(MediaSection& m, std::string_view) {
  return m.*kMember = true;
}
void write_bundle_only(const MediaSection& m, std::string& out) {
  if (m.bundle_only) write_flag(out, "bundle-only");
}
void write_rtcp_mux(const MediaSection& m, std::string& out) {
  if (m.rtcp_mux) write_flag(out, "rtcp-mux");
}
void write_rtcp_rsize(const MediaSection& m, std::string& out) {
  if (m.rtcp_rsize) write_flag(out, "rtcp-rsize");
}
void write_end_of_candidates(const MediaSection& m, std::string& out) {
  if (m.end_of_candidates) write_flag(out, "end-of-candidates");
}
void write_nothing(const MediaSection&, std::string&) {}

bool read_candidate(MediaSection& m, std::string_view value) {
  if (value.empty()) return false;
  m.candidates.emplace_back(value);
  return true;
}
void write_candidate(const MediaSection& m, std::string& out) {
  for (const std::string& candidate : m.candidates) write_line(out, "candidate", candidate);
}

// RFC 8866 §6.6: a=rtpmap:<payload type> <encoding name>/<clock rate>[/<encoding parameters>]
bool read_rtpmap(MediaSection& m, std::string_view value) {
  const auto payload_type = to_payload_type(take(value, ' '));
  RtpMap map;
  map.name = take(value, '/');
  const auto rate = to_number<uint32_t>(take(value, '/'), 1'000'000'000);
  const auto channels = value.empty() ? std::optional<uint8_t>(1) : to_number<uint8_t>(value, 255);
  if (!payload_type || !is_word(map.name) || !rate || *rate == 0 || !channels || *channels == 0) return false;
  map.payload_type = *payload_type;
  map.clock_rate_hz = *rate;
  map.channels = *channels;
  m.rtpmaps.push_back(std::move(map));
  return true;
}
void write_rtpmap(const MediaSection& m, std::string& out) {
  for (const RtpMap& map : m.rtpmaps) {
    std::string value =
        std::to_string(map.payload_type.value()) + " " + map.name + "/" + std::to_string(map.clock_rate_hz);
    if (map.channels != 1) value += "/" + std::to_string(map.channels);
    write_line(out, "rtpmap", value);
  }
}

bool read_fmtp(MediaSection& m, std::string_view value) {
  const std::string_view format = take(value, ' ');
  const auto payload_type = to_payload_type(format);
  // Formats of other protocols than RTP are words; what they say is not ours to read.
  if (!payload_type) return is_word(format);
  m.fmtps.push_back({*payload_type, std::string(value)});
  return true;
}
void write_fmtp(const MediaSection& m, std::string& out) {
  for (const Fmtp& f : m.fmtps) write_line(out, "fmtp", std::to_string(f.payload_type.value()) + " " + f.parameters);
}

// RFC 4585 §4.2: a=rtcp-fb:<payload type or '*'> <type> [<parameters>]
bool read_feedback(MediaSection& m, std::string_view value) {
  const std::string_view text = take(value, ' ');
  const auto payload_type = to_payload_type(text);
  if ((!payload_type && text != "*") || value.empty()) return false;
  m.feedback.push_back({payload_type, std::string(value)});
  return true;
}
void write_feedback(const MediaSection& m, std::string& out) {
  for (const RtcpFeedback& f : m.feedback) {
    write_line(out, "rtcp-fb", (f.payload_type ? std::to_string(f.payload_type->value()) : "*") + " " + f.type);
  }
}

// A packet of media is never longer than a second. Other values are as if the line were not there: PJSIP's
// CVE-2026-41416 was a ptime that overflowed a buffer size.
template <std::optional<uint16_t> MediaSection::*kMember>
bool read_packet_time(MediaSection& m, std::string_view value) {
  const auto ms = to_number<uint16_t>(value, 1000);
  if (ms && *ms > 0) m.*kMember = ms;
  return true;
}
void write_ptime(const MediaSection& m, std::string& out) {
  if (m.ptime_ms) write_line(out, "ptime", std::to_string(*m.ptime_ms));
}
void write_max_ptime(const MediaSection& m, std::string& out) {
  if (m.max_ptime_ms) write_line(out, "maxptime", std::to_string(*m.max_ptime_ms));
}

// RFC 8830 §2: a=msid:<stream> [<track>]
bool read_msid(MediaSection& m, std::string_view value) {
  Msid msid;
  msid.stream = take(value, ' ');
  msid.track = value;
  if (!is_word(msid.stream)) return false;
  m.msids.push_back(std::move(msid));
  return true;
}
void write_msid(const MediaSection& m, std::string& out) {
  for (const Msid& msid : m.msids)
    write_line(out, "msid", msid.track.empty() ? msid.stream : msid.stream + " " + msid.track);
}

// RFC 5576 §4.1: a=ssrc:<ssrc> <attribute>[:<value>]
bool read_ssrc(MediaSection& m, std::string_view value) {
  const auto ssrc = to_number<uint32_t>(take(value, ' '), UINT32_MAX);
  SsrcAttribute attribute;
  attribute.name = take(value, ':');
  attribute.value = value;
  if (!ssrc || !is_word(attribute.name)) return false;
  attribute.ssrc = Ssrc(*ssrc);
  m.ssrcs.push_back(std::move(attribute));
  return true;
}
void write_ssrc(const MediaSection& m, std::string& out) {
  for (const SsrcAttribute& s : m.ssrcs) {
    write_line(out, "ssrc", std::to_string(s.ssrc.value()) + " " + (s.value.empty() ? s.name : s.name + ":" + s.value));
  }
}

// RFC 5576 §4.2: a=ssrc-group:<semantics> <ssrc> ...
bool read_ssrc_group(MediaSection& m, std::string_view value) {
  SsrcGroup group;
  group.semantics = take(value, ' ');
  if (!is_word(group.semantics)) return false;
  while (!value.empty()) {
    const std::string_view text = take(value, ' ');
    if (text.empty()) continue;
    const auto ssrc = to_number<uint32_t>(text, UINT32_MAX);
    if (!ssrc) return false;
    group.ssrcs.push_back(Ssrc(*ssrc));
  }
  m.ssrc_groups.push_back(std::move(group));
  return true;
}
void write_ssrc_group(const MediaSection& m, std::string& out) {
  for (const SsrcGroup& group : m.ssrc_groups) {
    std::string value = group.semantics;
    for (Ssrc ssrc : group.ssrcs) value += " " + std::to_string(ssrc.value());
    write_line(out, "ssrc-group", value);
  }
}

constexpr std::array<AttributeRule<MediaSection>, 17> kMediaRules = {{
    {"mid", "a=mid must be one word of at most 32 characters, once", read_mid, write_mid},
    {"bundle-only", "", read_flag<&MediaSection::bundle_only>, write_bundle_only},
    {"rtcp-mux", "", read_flag<&MediaSection::rtcp_mux>, write_rtcp_mux},
    // RFC 8858: it says that nothing else is understood, which includes that it is offered.
    {"rtcp-mux-only", "", read_flag<&MediaSection::rtcp_mux>, write_nothing},
    {"rtcp-rsize", "", read_flag<&MediaSection::rtcp_rsize>, write_rtcp_rsize},
    {"candidate", "a=candidate must hold a candidate (RFC 8839 section 5.1)", read_candidate, write_candidate},
    {"end-of-candidates", "", read_flag<&MediaSection::end_of_candidates>, write_end_of_candidates},
    {"rtpmap", "a=rtpmap must be '<payload type> <name>/<clock rate>[/<channels>]'", read_rtpmap, write_rtpmap},
    {"rtcp-fb", "a=rtcp-fb must be '<payload type or *> <type>'", read_feedback, write_feedback},
    {"fmtp", "a=fmtp must be '<payload type> <parameters>'", read_fmtp, write_fmtp},
    {"ptime", "", read_packet_time<&MediaSection::ptime_ms>, write_ptime},
    {"maxptime", "", read_packet_time<&MediaSection::max_ptime_ms>, write_max_ptime},
    {"msid", "a=msid must be '<stream> [<track>]'", read_msid, write_msid},
    {"rid",
     "a=rid must be '<id> send|recv [pt=<list>;<name>=<value>...]' with an id of 1 to 16 letters, digits, '-' and '_'",
     read_rid, write_rid},
    {"simulcast", "a=simulcast must be 'send|recv <rid>[,<rid>...][;...]', each direction once", read_simulcast,
     write_simulcast},
    {"ssrc-group", "a=ssrc-group must be '<semantics> <ssrc>...'", read_ssrc_group, write_ssrc_group},
    {"ssrc", "a=ssrc must be '<ssrc> <attribute>[:<value>]'", read_ssrc, write_ssrc},
}};

}  // namespace

std::span<const AttributeRule<MediaSection>> media_rules() { return kMediaRules; }

}  // namespace tutti::sdp
