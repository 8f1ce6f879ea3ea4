#include "harness/webrtc_offer.hpp"

#include <algorithm>
#include <sstream>

#include "tutti/wire/rtp/extensions.hpp"
#include "tutti/wire/sdp/session.hpp"

namespace tutti::bench {
namespace {

void add_extension(std::string& out, uint8_t id, rtp::Extension extension) {
  out += "a=extmap:" + std::to_string(id) + " " + std::string(rtp::uri(extension)) + "\r\n";
}

void add_section(std::string& out, MediaKind kind, size_t mid, bool sends, const Role& role) {
  const bool rtx = role.rtx, numbered = role.feedback.transport_feedback;
  const bool audio = kind == MediaKind::kAudio;
  out += audio ? "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
         : rtx ? "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n"
               : "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n";
  out += "c=IN IP4 0.0.0.0\r\na=mid:" + std::to_string(mid) + "\r\na=rtcp-mux\r\na=rtcp-rsize\r\n";
  out += sends ? "a=sendonly\r\n" : "a=recvonly\r\n";
  add_extension(out, kWebrtcMidId, rtp::Extension::kMid);
  if (numbered) add_extension(out, kWebrtcTransportSequenceId, rtp::Extension::kTransportSequenceNumber);
  if (audio) {
    add_extension(out, kWebrtcLevelId, rtp::Extension::kAudioLevel);
    out += "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n";
    if (numbered) out += "a=rtcp-fb:111 transport-cc\r\n";
    return;
  }
  add_extension(out, kWebrtcRidId, rtp::Extension::kRid);
  add_extension(out, kWebrtcRepairedRidId, rtp::Extension::kRepairedRid);
  out += "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 ccm fir\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n";
  if (numbered) out += "a=rtcp-fb:96 transport-cc\r\n";
  if (rtx) out += "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n";
}

void add_sources(std::string& out, const Published& track) {
  out += "a=msid:- " + track.id + "\r\n";
  if (track.layers.size() == 1 && track.layers[0].rid.empty()) {
    const PublishedLayer& only = track.layers[0];
    const std::string ssrc = std::to_string(only.ssrc.value());
    if (only.rtx_ssrc) {
      const std::string rtx = std::to_string(only.rtx_ssrc->value());
      out += "a=ssrc-group:FID " + ssrc + " " + rtx + "\r\na=ssrc:" + rtx + " cname:bench\r\n";
    }
    out += "a=ssrc:" + ssrc + " cname:bench\r\n";
    return;
  }
  std::string rids;
  for (const PublishedLayer& layer : track.layers) {
    out += "a=rid:" + layer.rid + " send\r\n";
    rids += (rids.empty() ? "" : ";") + layer.rid;
  }
  out += "a=simulcast:send " + rids + "\r\n";
}

// "1 1 udp 2130706431 127.0.0.1 40000 typ host": RFC 8839 §5.1.
std::optional<Endpoint> endpoint_of(const std::string& candidate) {
  std::istringstream in(candidate);
  std::string foundation, component, transport, priority, address;
  uint32_t port = 0;
  in >> foundation >> component >> transport >> priority >> address >> port;
  std::transform(transport.begin(), transport.end(), transport.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const auto ip = IpAddress::parse(address);
  if (!in || !ip || transport != "udp" || port == 0 || port > 0xFFFF) return std::nullopt;
  return Endpoint{*ip, static_cast<uint16_t>(port)};
}

}  // namespace

std::string make_offer(const PersonPlan& plan, const std::vector<Published>& publish, const IceCredentials& credentials,
                       const std::string& fingerprint_sha256) {
  const size_t sections = publish.size() + plan.slots.size();
  std::string out = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE";
  out.reserve(700 * (sections + 1));
  for (size_t mid = 0; mid < sections; ++mid) out += " " + std::to_string(mid);
  out += "\r\na=extmap-allow-mixed\r\na=ice-ufrag:" + credentials.ufrag + "\r\na=ice-pwd:" + credentials.pwd +
         "\r\na=fingerprint:sha-256 " + fingerprint_sha256 + "\r\na=setup:actpass\r\n";
  size_t mid = 0;
  for (const Published& track : publish) {
    add_section(out, track.kind, mid++, true, *plan.role);
    add_sources(out, track);
  }
  for (const PlannedSlot& slot : plan.slots) add_section(out, slot.kind, mid++, false, *plan.role);
  return out;
}

Result<ReadAnswer> read_answer(const std::string& text) {
  const Result<sdp::Session> session = sdp::parse(text);
  if (!session) return session.error();
  if (session->media.empty()) return invalid("an answer without m-lines");
  ReadAnswer answer;
  const sdp::TransportAttributes transport = sdp::transport_of(*session, session->media[0]);
  answer.credentials = {transport.ice_ufrag, transport.ice_pwd};
  if (!transport.fingerprints.empty()) {
    answer.fingerprint = dtls::Fingerprint::make(transport.fingerprints[0].algorithm, transport.fingerprints[0].bytes);
  }
  std::optional<Endpoint> server;
  for (const std::string& candidate : session->media[0].candidates) {
    if (!server) server = endpoint_of(candidate);
  }
  if (!server || !answer.fingerprint) return invalid("an answer without candidate or fingerprint");
  answer.server = *server;
  for (const sdp::MediaSection& media : session->media) {
    ReadAnswer::Section& section = answer.sections.emplace_back();
    for (const sdp::ExtMap& map : sdp::extmaps_of(*session, media)) {
      section.transport_feedback = section.transport_feedback || map.id == kWebrtcTransportSequenceId;
      section.levels = section.levels || map.id == kWebrtcLevelId;
    }
    if (!media.ssrcs.empty()) section.ssrc = media.ssrcs[0].ssrc;
    if (!media.ssrc_groups.empty() && media.ssrc_groups[0].ssrcs.size() == 2) {
      section.ssrc = media.ssrc_groups[0].ssrcs[0];
      section.rtx_ssrc = media.ssrc_groups[0].ssrcs[1];
    }
  }
  return answer;
}

}  // namespace tutti::bench
