#include "tutti/peer/negotiation.hpp"

#include <algorithm>
#include <set>

#include "peer/negotiation_codecs.hpp"
#include "peer/negotiation_extensions.hpp"
#include "peer/negotiation_layers.hpp"
#include "peer/negotiation_line.hpp"
#include "peer/negotiation_repair.hpp"
#include "peer/negotiation_slots.hpp"
#include "peer/negotiation_transport.hpp"
#include "tutti/wire/sdp/session.hpp"

namespace tutti::peer {
namespace {

Error rejoin(std::string detail) { return {ErrorKind::kConflict, "rejoin", std::move(detail), {}}; }

// The one-byte header extension holds 16 bytes (RFC 8285 §4.2), and RFC 9143 §15 wants mids short.
constexpr size_t kMaxMidLength = 16;

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

// RFC 9429 §5.1.2: the first is what is written today, the others are taken to mean the same.
bool is_dtls_srtp(std::string_view protocol) {
  return protocol == "UDP/TLS/RTP/SAVPF" || protocol == "UDP/TLS/RTP/SAVP" || protocol == "TCP/TLS/RTP/SAVPF" ||
         protocol == "RTP/SAVPF";
}

// One run over one offer. Each step reads what the steps before it left in `media_`.
class Negotiation {
 public:
  Negotiation(const sdp::Session& offer, const std::vector<PublishName>& names, const NegotiationPolicy& policy,
              const LocalTransport& local, const Session* previous, Random& random)
      : offer_(offer),
        names_(names),
        policy_(policy),
        local_(local),
        previous_(previous),
        random_(random),
        numbers_(offer, previous, random) {}

  Result<Negotiated> run() {
    using Step = std::optional<Error> (Negotiation::*)();
    for (Step step : {&Negotiation::compare_with_previous, &Negotiation::accept_lines, &Negotiation::choose_owner,
                      &Negotiation::take_transport, &Negotiation::fill_lines, &Negotiation::name_tracks}) {
      if (auto error = (this->*step)()) return *error;
    }
    return finish();
  }

 private:
  std::optional<Error> compare_with_previous();
  std::optional<Error> accept_lines();
  std::optional<Error> choose_owner();
  std::optional<Error> take_transport();
  std::optional<Error> fill_lines();
  std::optional<Error> name_tracks();
  Result<Negotiated> finish();

  Mid mid_of(const sdp::MediaSection& section) const;
  bool is_served(const sdp::MediaSection& section) const;
  static void choose_feedback(NegotiatedMedia& m);
  void fill_publish(NegotiatedMedia& m);
  void fill_receive(NegotiatedMedia& m);
  const PublishSpec* previous_publish(const Mid& mid) const;
  const ReceiveSpec* previous_receive(const Mid& mid) const;
  const sdp::Group* bundle() const;
  bool in_bundle(const Mid& mid) const;

  const sdp::Session& offer_;
  const std::vector<PublishName>& names_;
  const NegotiationPolicy& policy_;
  const LocalTransport& local_;
  const Session* previous_;
  Random& random_;

  std::vector<NegotiatedMedia> media_;
  size_t owner_ = 0;
  RemoteTransport remote_;
  ExtensionAgreement extensions_;
  SlotNumbers numbers_;
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

std::optional<Error> Negotiation::take_transport() {
  const Result<RemoteTransport> remote = read_transport(offer_, *media_[owner_].offer);
  if (!remote) return remote.error();
  remote_ = *remote;
  if (previous_ && previous_->remote.fingerprints != remote_.fingerprints) {
    return rejoin("the certificate's fingerprint changed; a participant with another certificate must join again");
  }
  return std::nullopt;
}

std::optional<Error> Negotiation::fill_lines() {
  size_t tracks = 0, slots = 0;
  for (NegotiatedMedia& m : media_) {
    if (m.line.rejected) continue;
    const bool mixed = offer_.extmap_allow_mixed || m.offer->extmap_allow_mixed;
    m.extmaps = extensions_.agree(sdp::extmaps_of(offer_, *m.offer), m.client_direction, mixed);
    m.extensions = ids_of(m.extmaps);
    choose_feedback(m);
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

// One kind of feedback on each packet at most: transport-wide, which needs numbers in the packets, before RFC 8888.
void Negotiation::choose_feedback(NegotiatedMedia& m) {
  const bool numbered = m.extensions.has(rtp::Extension::kTransportSequenceNumber);
  for (CodecSpec& codec : m.common) {
    codec.transport_cc = codec.transport_cc && numbered;
    codec.stream_cc = codec.stream_cc && !codec.transport_cc;
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
  // A browser that describes VP8's frames in this extension leaves their numbers out of the payload; a receiver whose slot then changes
  // to a source without it, a mix for one, decodes nothing more. VP8's own numbers say as much.
  if (spec.codec.codec == Codec::kVp8 && !sdp::receives(m.client_direction)) {
    m.extensions.set(rtp::Extension::kDependencyDescriptor, 0);
    std::erase_if(m.extmaps, [](const sdp::ExtMap& map) { return map.uri == rtp::uri(rtp::Extension::kDependencyDescriptor); });
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
  // It would be ours to send, too, where the client sends on the same line; publishers are told by transport-wide feedback only.
  if (m.publish) {
    for (CodecSpec& codec : spec.codecs) codec.stream_cc = false;
  }
  spec.pair = before ? before->pair : numbers_.fresh_pair(m.kind);
  spec.ssrc = before ? before->ssrc : numbers_.fresh_ssrc();
  const bool rtx =
      std::any_of(m.common.begin(), m.common.end(), [](const CodecSpec& c) { return c.rtx_payload_type.has_value(); });
  if (rtx) spec.rtx_ssrc = before && before->rtx_ssrc ? before->rtx_ssrc : numbers_.fresh_ssrc();
  // Of a line that publishes too, the answer would invite the client to send FEC, which nobody here reads.
  if (m.kind == MediaKind::kVideo && !m.publish) spec.fec_payload_type = flexfec_type(*m.offer);
  if (spec.fec_payload_type) spec.fec_ssrc = before && before->fec_ssrc ? before->fec_ssrc : numbers_.fresh_ssrc();
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
  session.bundle_extensions = extensions_.of_bundle();
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
