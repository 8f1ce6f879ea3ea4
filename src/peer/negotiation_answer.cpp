// The text of the answer: RFC 9429 §5.3.1, less what a server that never trickles, bundles everything and is ICE-lite
// need not say.
#include <algorithm>

#include "peer/negotiation_codecs.hpp"
#include "peer/negotiation_line.hpp"
#include "peer/negotiation_repair.hpp"

namespace tutti::peer {
namespace {

sdp::Connection connection_to(const LocalTransport& local) {
  if (local.candidates.empty()) return {};
  const IpAddress& ip = local.candidates.front().ip;
  return {ip.is_v6() ? "IP6" : "IP4", ip.str()};
}

// RFC 8445 §5.1.2.1: (2^24)*type preference (host: 126) + (2^8)*local preference + (256 - component).
std::string candidate(const Endpoint& endpoint, size_t index) {
  const uint32_t local_preference = 65535 - static_cast<uint32_t>(std::min<size_t>(index, 65535));
  const uint32_t priority = (126u << 24) + (local_preference << 8) + 255;
  return std::to_string(index + 1) + " 1 udp " + std::to_string(priority) + " " + endpoint.ip.str() + " " +
         std::to_string(endpoint.port) + " typ host";
}

// RFC 3264 §6: port zero rejects; the m-line stays.
sdp::MediaSection rejected(const NegotiatedMedia& m) {
  sdp::MediaSection answer;
  answer.media = m.offer->media;
  answer.protocol = m.offer->protocol;
  answer.formats = m.offer->formats;
  answer.mid = m.offer->mid;
  answer.connection = sdp::Connection{};
  answer.direction = sdp::Direction::kInactive;
  return answer;
}

void add_codecs(const NegotiatedMedia& m, sdp::MediaSection& answer) {
  std::vector<CodecSpec> codecs;
  if (m.publish) codecs.push_back(m.publish->codec);
  if (!m.publish || m.receive) {
    for (const CodecSpec& codec : m.receive ? m.receive->codecs : m.common) {
      if (codecs.empty() || codecs.front().payload_type != codec.payload_type) codecs.push_back(codec);
    }
  }
  for (const CodecSpec& codec : codecs) {
    add_codec(codec, answer);
    add_red(codec, *m.offer, answer);
  }
  if (m.receive) add_flexfec(*m.receive, *m.offer, answer);
}

// RFC 8853 §5.3: the answer turns send into recv and names the rids that were taken.
void add_simulcast(const PublishSpec& publish, sdp::MediaSection& answer) {
  sdp::Simulcast simulcast;
  for (const LayerSpec& layer : publish.layers) {
    if (layer.rid.empty()) continue;
    answer.rids.push_back({layer.rid, false, {}, {}});
    simulcast.recv.push_back({{layer.rid, false}});
  }
  if (!simulcast.recv.empty()) answer.simulcast = std::move(simulcast);
}

// The slot's fixed SSRCs, announced both ways: a=msid (RFC 8830) and the a=ssrc lines (RFC 5576) that tie RTX to its
// stream.
void add_slot(const ReceiveSpec& slot, const std::string& cname, sdp::MediaSection& answer) {
  const std::string stream = "slot-" + std::to_string(slot.pair);
  const std::string track = std::string(to_string(slot.kind)) + "-" + std::to_string(slot.pair);
  answer.msids.push_back({stream, track});
  if (slot.rtx_ssrc) answer.ssrc_groups.push_back({"FID", {slot.ssrc, *slot.rtx_ssrc}});
  // RFC 5956 §4.3.
  if (slot.fec_ssrc) answer.ssrc_groups.push_back({"FEC-FR", {slot.ssrc, *slot.fec_ssrc}});
  for (const std::optional<Ssrc>& ssrc : {std::optional(slot.ssrc), slot.rtx_ssrc, slot.fec_ssrc}) {
    if (!ssrc) continue;
    answer.ssrcs.push_back({*ssrc, "cname", cname});
    answer.ssrcs.push_back({*ssrc, "msid", stream + " " + track});
  }
}

sdp::MediaSection accepted(const NegotiatedMedia& m, bool is_owner, const LocalTransport& local) {
  sdp::MediaSection answer;
  answer.media = m.offer->media;
  answer.protocol = m.offer->protocol;
  answer.mid = m.offer->mid;
  answer.port = local.candidates.empty() ? 9 : local.candidates.front().port;
  answer.connection = connection_to(local);
  answer.direction = sdp::reversed(m.client_direction);
  answer.extmaps = m.extmaps;
  answer.extmap_allow_mixed = m.offer->extmap_allow_mixed;
  answer.rtcp_mux = true;
  answer.rtcp_rsize = m.offer->rtcp_rsize;
  // The credentials stand in every section, though one would do: some clients read them section by section.
  answer.transport.ice_ufrag = local.ice_ufrag;
  answer.transport.ice_pwd = local.ice_pwd;
  if (auto f = sdp::parse_fingerprint("sha-256 " + local.fingerprint_sha256)) answer.transport.fingerprints = {*f};
  // The client opens DTLS: then browsers offer AEAD_AES_128_GCM and we choose it.
  answer.transport.setup = sdp::Setup::kPassive;
  if (is_owner) {
    for (size_t i = 0; i < local.candidates.size(); ++i) answer.candidates.push_back(candidate(local.candidates[i], i));
    answer.end_of_candidates = true;
  }
  add_codecs(m, answer);
  // RFC 8888 §6: of all payload types, or none.
  if (m.receive && std::any_of(m.receive->codecs.begin(), m.receive->codecs.end(), [](const CodecSpec& c) { return c.stream_cc; }))
    answer.feedback.push_back({std::nullopt, "ack ccfb"});
  if (m.publish) add_simulcast(*m.publish, answer);
  if (m.receive && m.receive->active) add_slot(*m.receive, local.cname, answer);
  return answer;
}

}  // namespace

std::string write_answer(const sdp::Session& offer, const std::vector<NegotiatedMedia>& media,
                         const NegotiatedMedia& owner, const LocalTransport& local, const Session& session) {
  sdp::Session answer;
  const sdp::Connection address = connection_to(local);
  answer.origin = {"-", std::to_string(session.sdp_session_id), std::to_string(session.sdp_version),
                   address.address_type, address.address};
  answer.ice_lite = true;
  answer.extmap_allow_mixed = offer.extmap_allow_mixed;
  answer.msid_semantic = "WMS *";
  const auto offered =
      std::find_if(offer.groups.begin(), offer.groups.end(), [](const auto& g) { return g.semantics == "BUNDLE"; });
  sdp::Group bundle{"BUNDLE", {}};
  const auto add_to_bundle = [&](const Mid& mid) {
    if (offered == offer.groups.end()) return;
    if (std::find(offered->mids.begin(), offered->mids.end(), mid) != offered->mids.end()) bundle.mids.push_back(mid);
  };
  // RFC 9143 §7.3.1: the section that carries the transport comes first in the group.
  add_to_bundle(owner.offer->mid);
  for (const NegotiatedMedia& m : media) {
    if (m.line.rejected) {
      answer.media.push_back(rejected(m));
      continue;
    }
    answer.media.push_back(accepted(m, &m == &owner, local));
    if (&m != &owner) add_to_bundle(m.offer->mid);
  }
  if (offered != offer.groups.end()) answer.groups.push_back(std::move(bundle));
  return sdp::serialise(answer);
}

}  // namespace tutti::peer
