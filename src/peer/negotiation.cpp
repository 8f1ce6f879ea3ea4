#include "tutti/peer/negotiation.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "peer/negotiation_codecs.hpp"
#include "peer/negotiation_layers.hpp"
#include "peer/negotiation_line.hpp"
#include "tutti/wire/sdp/session.hpp"

namespace tutti::peer {
namespace {

Error unsupported(std::string detail) { return {ErrorKind::kUnsupported, "sdp-unsupported", std::move(detail), {}}; }
Error rejoin(std::string detail) { return {ErrorKind::kConflict, "rejoin", std::move(detail), {}}; }
Error sdp_invalid(std::string detail) { return {ErrorKind::kInvalid, "sdp-invalid", std::move(detail), {}}; }

// The one-byte header extension holds 16 bytes (RFC 8285 §4.2), and RFC 9143 §15 wants mids short.
constexpr size_t kMaxMidLength = 16;

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

// JSEP demands the first two and tells to take the others for what they mean (RFC 9429 §5.1.2).
bool is_dtls_srtp(std::string_view protocol) {
  return protocol == "UDP/TLS/RTP/SAVPF" || protocol == "UDP/TLS/RTP/SAVP" || protocol == "TCP/TLS/RTP/SAVPF" ||
         protocol == "RTP/SAVPF";
}

// One run over one offer. Each step reads what the steps before it left in `media_`.
class Negotiation {
 public:
  Negotiation(const sdp::Session& offer, const std::vector<PublishName>& names, const NegotiationPolicy& policy,
              const LocalTransport& local, const Session* previous, Random& random)
      : offer_(offer), names_(names), policy_(policy), local_(local), previous_(previous), random_(random) {}

  Result<Negotiated> run() {
    using Step = std::optional<Error> (Negotiation::*)();
    for (Step step : {&Negotiation::compare_with_previous, &Negotiation::accept_lines, &Negotiation::choose_owner,
                      &Negotiation::read_transport, &Negotiation::fill_lines, &Negotiation::name_tracks}) {
      if (auto error = (this->*step)()) return *error;
    }
    return finish();
  }

 private:
  std::optional<Error> compare_with_previous();
  std::optional<Error> accept_lines();
  std::optional<Error> choose_owner();
  std::optional<Error> read_transport();
  std::optional<Error> fill_lines();
  std::optional<Error> name_tracks();
  Result<Negotiated> finish();

  Mid mid_of(const sdp::MediaSection& section) const;
  bool is_served(const sdp::MediaSection& section) const;
  void agree_extensions(NegotiatedMedia& m);
  void fill_publish(NegotiatedMedia& m);
  void fill_receive(NegotiatedMedia& m);
  const PublishSpec* previous_publish(const Mid& mid) const;
  const ReceiveSpec* previous_receive(const Mid& mid) const;
  const sdp::Group* bundle() const;
  bool in_bundle(const Mid& mid) const;
  Ssrc fresh_ssrc();
  uint32_t fresh_pair(MediaKind kind) const;

  const sdp::Session& offer_;
  const std::vector<PublishName>& names_;
  const NegotiationPolicy& policy_;
  const LocalTransport& local_;
  const Session* previous_;
  Random& random_;

  std::vector<NegotiatedMedia> media_;
  size_t owner_ = 0;
  RemoteTransport remote_;
  rtp::ExtensionIds bundle_extensions_;
  std::map<uint16_t, rtp::Extension> meaning_of_id_;
  std::set<Ssrc> ssrcs_in_use_;
};

std::optional<Error> Negotiation::compare_with_previous() {
  if (!previous_) return std::nullopt;
  const auto& lines = previous_->lines;
  if (offer_.media.size() < lines.size()) {
    return rejoin("the session has " + std::to_string(lines.size()) + " m-lines, the offer only " +
                  std::to_string(offer_.media.size()) + "; m-lines may only be appended or set inactive");
  }
  for (size_t i = 0; i < lines.size(); ++i) {
    const sdp::MediaSection& now = offer_.media[i];
    const bool stopped_without_mid = now.mid.empty() && now.port == 0;
    const bool same_mid = mid_of(now) == lines[i].mid || stopped_without_mid;
    if (lines[i].rejected || (same_mid && now.media == lines[i].media)) continue;
    return rejoin("m-line " + std::to_string(i) + " was " + lines[i].media + " with mid " +
                  quoted(lines[i].mid.view()) + "; m-lines may not be replaced or reordered");
  }
  return std::nullopt;
}

std::optional<Error> Negotiation::accept_lines() {
  for (size_t i = 0; i < offer_.media.size(); ++i) {
    const sdp::MediaSection& section = offer_.media[i];
    NegotiatedMedia m;
    m.offer = &section;
    m.line.mid = mid_of(section);
    m.line.media = section.media;
    m.line.rejected = !is_served(section);
    m.kind = section.media == "video" ? MediaKind::kVideo : MediaKind::kAudio;
    if (!m.line.rejected) {
      if (m.line.mid.empty()) return sdp_invalid("m-line " + std::to_string(i) + " must have an a=mid");
      if (m.line.mid.view().size() > kMaxMidLength || !is_valid_id(m.line.mid.view())) {
        return sdp_invalid("the mid " + quoted(m.line.mid.view()) + " must be 1 to 16 letters, digits, '-' and '_'");
      }
      m.client_direction = sdp::direction_of(offer_, section);
      m.common = common_codecs(section, m.kind == MediaKind::kAudio ? policy_.audio : policy_.video);
      m.line.rejected = m.common.empty();
    }
    media_.push_back(std::move(m));
  }
  return std::nullopt;
}

// A lone m-line needs no mid, since nothing has to be told apart; it gets the one that a browser would have given it.
Mid Negotiation::mid_of(const sdp::MediaSection& section) const {
  return section.mid.empty() && offer_.media.size() == 1 ? *Mid::make("0") : section.mid;
}

// Port 0 is a stopped line (RFC 3264 §8.2), unless it only says that it cannot live outside the BUNDLE group (RFC 9143
// §6).
bool Negotiation::is_served(const sdp::MediaSection& section) const {
  if (section.port == 0 && !(section.bundle_only && in_bundle(section.mid))) return false;
  return (section.media == "audio" || section.media == "video") && is_dtls_srtp(section.protocol);
}

// RFC 9143 §7.3.1: the first section of the group carries the transport for all, or the next if that one is rejected.
std::optional<Error> Negotiation::choose_owner() {
  size_t accepted = 0;
  std::optional<size_t> first;
  for (size_t i = 0; i < media_.size(); ++i) {
    if (media_[i].line.rejected) continue;
    ++accepted;
    if (!first) first = i;
  }
  if (!first) return unsupported("no m-line has a codec in common with this room over DTLS-SRTP (UDP/TLS/RTP/SAVPF)");
  owner_ = *first;
  if (accepted == 1) return std::nullopt;
  for (const NegotiatedMedia& m : media_) {
    if (!m.line.rejected && !in_bundle(m.line.mid)) {
      return unsupported("mid " + quoted(m.line.mid.view()) +
                         " must be in the first a=group:BUNDLE, as all m-lines share one transport");
    }
  }
  for (const Mid& mid : bundle()->mids) {
    const auto at = std::find_if(media_.begin(), media_.end(),
                                 [&](const auto& m) { return !m.line.rejected && m.line.mid == mid; });
    if (at == media_.end()) continue;
    owner_ = static_cast<size_t>(at - media_.begin());
    break;
  }
  return std::nullopt;
}

std::optional<Error> Negotiation::read_transport() {
  const sdp::MediaSection& section = *media_[owner_].offer;
  const sdp::TransportAttributes t = sdp::transport_of(offer_, section);
  if (!section.rtcp_mux) return unsupported("a=rtcp-mux is required");
  if (offer_.ice_lite)
    return unsupported("a=ice-lite cannot meet a server that is ICE-lite itself: nobody would send checks");
  if (t.ice_ufrag.empty() || t.ice_pwd.empty()) return unsupported("a=ice-ufrag and a=ice-pwd are required");
  const sdp::Setup setup = t.setup.value_or(sdp::Setup::kActPass);
  if (setup != sdp::Setup::kActPass && setup != sdp::Setup::kActive) {
    return unsupported("a=setup must be actpass or active: this server is always the DTLS server");
  }
  for (const Fingerprint& f : t.fingerprints) {
    const size_t size = f.algorithm == "sha-256"   ? 32
                        : f.algorithm == "sha-384" ? 48
                        : f.algorithm == "sha-512" ? 64
                                                   : 0;
    if (size == 0) continue;
    if (f.bytes.size() != size)
      return sdp_invalid("the " + f.algorithm + " fingerprint must have " + std::to_string(size) + " bytes");
    remote_.fingerprints.push_back(f);
  }
  if (remote_.fingerprints.empty()) return unsupported("a=fingerprint with sha-256, sha-384 or sha-512 is required");
  remote_.ice_ufrag = t.ice_ufrag;
  remote_.ice_pwd = t.ice_pwd;
  if (previous_ && previous_->remote.fingerprints != remote_.fingerprints) {
    return rejoin("the certificate's fingerprint changed; a participant with another certificate must join again");
  }
  return std::nullopt;
}

std::optional<Error> Negotiation::fill_lines() {
  // Our SSRCs stay clear of the client's: they share one RTP session (RFC 3550 §8.2).
  for (const sdp::MediaSection& section : offer_.media) {
    for (const sdp::SsrcAttribute& s : section.ssrcs) ssrcs_in_use_.insert(s.ssrc);
    for (const sdp::SsrcGroup& g : section.ssrc_groups) ssrcs_in_use_.insert(g.ssrcs.begin(), g.ssrcs.end());
  }
  if (previous_) {
    for (const ReceiveSpec& slot : previous_->receive) {
      ssrcs_in_use_.insert(slot.ssrc);
      if (slot.rtx_ssrc) ssrcs_in_use_.insert(*slot.rtx_ssrc);
    }
  }
  size_t tracks = 0, slots = 0;
  for (NegotiatedMedia& m : media_) {
    if (m.line.rejected) continue;
    agree_extensions(m);
    if (sdp::sends(m.client_direction) || previous_publish(m.line.mid)) fill_publish(m);
    if (sdp::receives(m.client_direction) || previous_receive(m.line.mid)) fill_receive(m);
    tracks += m.publish.has_value();
    slots += m.receive.has_value();
    if (tracks > policy_.max_tracks) {
      return Error{ErrorKind::kForbidden,
                   "limit-tracks",
                   "a participant may publish " + std::to_string(policy_.max_tracks) + " tracks",
                   {}};
    }
    if (slots > policy_.max_slots) {
      return Error{ErrorKind::kForbidden,
                   "limit-slots",
                   "a participant may have " + std::to_string(policy_.max_slots) + " slots",
                   {}};
    }
  }
  return std::nullopt;
}

// RFC 8285 §7. In a BUNDLE group one id has one meaning (RFC 9143 §12): the first m-line that uses an id decides, a
// later one that means something else by it is not answered. Mid and the rids are read before the m-line is known, so
// those need one id throughout as well.
void Negotiation::agree_extensions(NegotiatedMedia& m) {
  using rtp::Extension;
  for (const sdp::ExtMap& map : sdp::extmaps_of(offer_, *m.offer)) {
    const auto extension = rtp::extension_from_uri(map.uri);
    // 15 is not usable in the one-byte form; ids above 255 are placeholders of an offer that ran out of numbers.
    if (!extension || map.id == 15 || map.id > 255 || map.direction == sdp::Direction::kInactive) continue;
    if (m.extensions.has(*extension)) continue;
    const auto id = static_cast<uint8_t>(map.id);
    if (meaning_of_id_.emplace(map.id, *extension).first->second != *extension) continue;
    if (*extension == Extension::kMid || *extension == Extension::kRid || *extension == Extension::kRepairedRid) {
      if (bundle_extensions_.has(*extension) && bundle_extensions_.get(*extension) != id) continue;
      bundle_extensions_.set(*extension, id);
    }
    m.extensions.set(*extension, id);
    sdp::ExtMap answered{map.id, std::nullopt, map.uri, {}};
    if (map.direction) answered.direction = sdp::reversed(*map.direction);
    m.extmaps.push_back(std::move(answered));
  }
}

void Negotiation::fill_publish(NegotiatedMedia& m) {
  PublishSpec spec;
  const PublishSpec* before = previous_publish(m.line.mid);
  spec.mid = m.line.mid;
  spec.kind = m.kind;
  spec.codec = m.common.front();
  if (before) {
    spec.name = before->name;
    spec.source = before->source;
    // What is being sent stays, as long as it is offered.
    for (const CodecSpec& codec : m.common) {
      if (codec.codec == before->codec.codec && codec.payload_type == before->codec.payload_type) spec.codec = codec;
    }
  }
  spec.layers = published_layers(*m.offer, spec.codec, m.extensions.has(rtp::Extension::kRid), policy_.max_layers);
  spec.extensions = m.extensions;
  spec.active = sdp::sends(m.client_direction);
  m.publish = std::move(spec);
}

void Negotiation::fill_receive(NegotiatedMedia& m) {
  ReceiveSpec spec;
  const ReceiveSpec* before = previous_receive(m.line.mid);
  spec.slot = SlotId(std::string(m.line.mid.view()));
  spec.mid = m.line.mid;
  spec.kind = m.kind;
  spec.codecs = m.common;
  spec.pair = before ? before->pair : fresh_pair(m.kind);
  spec.ssrc = before ? before->ssrc : fresh_ssrc();
  const bool rtx =
      std::any_of(m.common.begin(), m.common.end(), [](const CodecSpec& c) { return c.rtx_payload_type.has_value(); });
  if (rtx) spec.rtx_ssrc = before && before->rtx_ssrc ? before->rtx_ssrc : fresh_ssrc();
  spec.extensions = m.extensions;
  spec.active = sdp::receives(m.client_direction);
  m.receive = std::move(spec);
}

// Names are checked against all tracks at once, because the mid of one may be the chosen name of another.
std::optional<Error> Negotiation::name_tracks() {
  std::set<std::string> taken;
  for (size_t i = 0; i < names_.size(); ++i) {
    const std::string pointer = "/publish/" + std::to_string(i);
    const auto at = std::find_if(media_.begin(), media_.end(),
                                 [&](const auto& m) { return m.publish && m.line.mid == names_[i].mid; });
    if (at == media_.end())
      return invalid("the offer publishes no m-line with mid " + quoted(names_[i].mid.view()), pointer + "/mid");
    if (previous_publish(names_[i].mid)) continue;
    if (!at->publish->name.empty())
      return invalid("mid " + quoted(names_[i].mid.view()) + " is named twice", pointer + "/mid");
    at->publish->name = names_[i].id.empty() ? std::string(names_[i].mid.view()) : names_[i].id;
    at->publish->source = names_[i].source;
    if (!is_valid_id(at->publish->name)) return invalid("an id must match [A-Za-z0-9_-]{1,64}", pointer + "/id");
  }
  for (NegotiatedMedia& m : media_) {
    if (!m.publish) continue;
    if (m.publish->name.empty()) m.publish->name = std::string(m.line.mid.view());
    if (!taken.insert(m.publish->name).second)
      return invalid("two tracks would be called " + quoted(m.publish->name), "/publish");
  }
  return std::nullopt;
}

Result<Negotiated> Negotiation::finish() {
  Negotiated out;
  Session& session = out.session;
  session.remote = remote_;
  session.bundle_extensions = bundle_extensions_;
  session.sdp_session_id = previous_ ? previous_->sdp_session_id : random_.u64() >> 1;
  session.sdp_version = previous_ ? previous_->sdp_version + 1 : 1;
  out.answer = write_answer(offer_, media_, media_[owner_], local_, session);
  for (NegotiatedMedia& m : media_) {
    session.lines.push_back(std::move(m.line));
    if (m.publish) session.publish.push_back(std::move(*m.publish));
    if (m.receive) session.receive.push_back(std::move(*m.receive));
  }
  out.ice_restart =
      previous_ && (previous_->remote.ice_ufrag != remote_.ice_ufrag || previous_->remote.ice_pwd != remote_.ice_pwd);
  return out;
}

const PublishSpec* Negotiation::previous_publish(const Mid& mid) const {
  if (!previous_) return nullptr;
  for (const PublishSpec& p : previous_->publish) {
    if (p.mid == mid) return &p;
  }
  return nullptr;
}

const ReceiveSpec* Negotiation::previous_receive(const Mid& mid) const {
  if (!previous_) return nullptr;
  for (const ReceiveSpec& r : previous_->receive) {
    if (r.mid == mid) return &r;
  }
  return nullptr;
}

const sdp::Group* Negotiation::bundle() const {
  for (const sdp::Group& group : offer_.groups) {
    if (group.semantics == "BUNDLE") return &group;
  }
  return nullptr;
}

bool Negotiation::in_bundle(const Mid& mid) const {
  const sdp::Group* group = bundle();
  return group && !mid.empty() && std::find(group->mids.begin(), group->mids.end(), mid) != group->mids.end();
}

Ssrc Negotiation::fresh_ssrc() {
  while (true) {
    const Ssrc ssrc(random_.u32());
    if (ssrc.value() != 0 && ssrcs_in_use_.insert(ssrc).second) return ssrc;
  }
}

// The lowest number that no slot of this kind has, so that a stopped m-line moves no other's msid.
uint32_t Negotiation::fresh_pair(MediaKind kind) const {
  std::set<uint32_t> used;
  for (const NegotiatedMedia& m : media_) {
    if (m.receive && m.kind == kind) used.insert(m.receive->pair);
  }
  if (previous_) {
    for (const ReceiveSpec& r : previous_->receive) {
      if (r.kind == kind) used.insert(r.pair);
    }
  }
  uint32_t pair = 0;
  while (used.count(pair) > 0) ++pair;
  return pair;
}

}  // namespace

Result<Negotiated> negotiate(std::string_view offer, const std::vector<PublishName>& names,
                             const NegotiationPolicy& policy, const LocalTransport& local, const Session* previous,
                             Random& random) {
  sdp::Limits limits;
  limits.max_bytes = policy.max_sdp_bytes;
  const Result<sdp::Session> parsed = sdp::parse(offer, limits);
  if (!parsed) return parsed.error();
  return Negotiation(*parsed, names, policy, local, previous, random).run();
}

}  // namespace tutti::peer
