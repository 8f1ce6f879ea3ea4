#include "tutti/peer/peer.hpp"

#include <algorithm>

#include "peer/keyed_transport.hpp"
#include "peer/peer_impl.hpp"
#include "peer/webrtc_transport.hpp"

namespace tutti::peer {
namespace {

std::vector<dtls::Fingerprint> to_dtls(const std::vector<Fingerprint>& fingerprints) {
  std::vector<dtls::Fingerprint> out;
  for (const Fingerprint& f : fingerprints) {
    if (auto made = dtls::Fingerprint::make(f.algorithm, f.bytes)) out.push_back(*made);
  }
  return out;
}

// What another offer made of a line. A track is what it was in name, layers and codec.
void renew(PublishSpec& kept, const PublishSpec& offered) {
  kept.active = offered.active;
  kept.extensions = offered.extensions;
  if (kept.codec.codec == offered.codec.codec && kept.codec.payload_type == offered.codec.payload_type)
    kept.codec = offered.codec;
}
void renew(ReceiveSpec& kept, const ReceiveSpec& offered) { kept = offered; }

// A line that is gone. Of a slot nothing is agreed any more.
void retire(PublishSpec& kept) { kept.active = false; }
void retire(ReceiveSpec& kept) {
  kept.active = false;
  kept.codecs.clear();
}

// Indices are names here: what is gone keeps its place.
template <class Spec>
void merge(std::vector<Spec>& kept, const std::vector<Spec>& offered) {
  for (Spec& k : kept) {
    const auto again = std::find_if(offered.begin(), offered.end(), [&](const Spec& o) { return o.mid == k.mid; });
    if (again == offered.end()) {
      retire(k);
    } else {
      renew(k, *again);
    }
  }
  for (const Spec& o : offered) {
    const bool known =
        !o.mid.empty() && std::any_of(kept.begin(), kept.end(), [&](const Spec& k) { return k.mid == o.mid; });
    if (!known) kept.push_back(o);
  }
}

}  // namespace

void PeerOutput::clear() {
  media.clear();
  nacked.clear();
  keyframes_wanted.clear();
  sender_reports.clear();
  layers_announced.clear();
  authenticated = false;
}

Peer::Impl::Impl(PeerContext& shared, rtp::ExtensionIds bundle, Timestamp now)
    : context(shared), ingress(bundle), rtcp_ssrc(shared.random.u32()), transport_feedback(rtcp_ssrc), next_report(now) {}

void Peer::Impl::update_specs(Timestamp now, const std::vector<PublishSpec>& publish_now,
                              const std::vector<ReceiveSpec>& receive_now, rtp::ExtensionIds bundle) {
  merge(publish, publish_now);
  merge(receive, receive_now);
  ingress.update(publish, bundle);
  for (size_t i = 0; i < receive.size(); ++i) {
    if (i == egress.size()) {
      egress.emplace_back(receive[i]);
    } else if (egress[i].spec().ssrc == receive[i].ssrc) {
      egress[i].update(now, receive[i]);
    } else {
      egress[i] = EgressStream(receive[i]);
    }
  }
  update_congestion(now);
}

Peer::Peer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Peer::~Peer() = default;

Peer::Peer(PeerContext& context, const Session& session, const LocalTransport& local, Timestamp now)
    : impl_(std::make_unique<Impl>(context, session.bundle_extensions, now)) {
  ice::LiteAgentConfig config;
  config.consent_timeout = context.consent_timeout;
  config.max_paths = std::max<size_t>(context.max_paths, 1);
  auto transport = std::make_unique<WebrtcTransport>(
      context.dtls, context.srtp, context.counters, ice::LocalCredentials{local.ice_ufrag, local.ice_pwd},
      ice::RemoteCredentials{session.remote.ice_ufrag, session.remote.ice_pwd}, to_dtls(session.remote.fingerprints), config, now);
  impl_->webrtc = transport.get();
  impl_->transport = std::move(transport);
  impl_->cname = local.cname;
  impl_->update_specs(now, session.publish, session.receive, session.bundle_extensions);
}

Result<std::unique_ptr<Peer>> Peer::make_keyed(PeerContext& context, const KeyedSettings& settings,
                                               std::vector<PublishSpec> publish, std::vector<ReceiveSpec> receive, Timestamp now) {
  std::unique_ptr<srtp::Session> session;
  std::optional<SrtpSuite> suite;
  if (settings.keys) {
    auto made = context.srtp.make_session(*settings.keys);
    if (!made) return made.error();
    session = std::move(*made);
    suite = settings.keys->suite;
  }
  auto impl = std::make_unique<Impl>(context, rtp::ExtensionIds{}, now);
  impl->transport = std::make_unique<KeyedTransport>(std::move(session), suite, settings.remote, settings.timeout, now);
  impl->cname = "tutti";
  impl->update_specs(now, publish, receive, {});
  return std::unique_ptr<Peer>(new Peer(std::move(impl)));
}

void Peer::handle_stun(Timestamp now, const Path& path, const stun::Message& message, PeerOutput& out) {
  if (auto dropped = impl_->transport->handle_stun(now, path, message)) return impl_->context.counters.drop(*dropped);
  out.authenticated = true;
}

void Peer::handle_datagram(Timestamp now, const Datagram& datagram, PeerOutput& out) {
  Counters& counters = impl_->context.counters;
  if (datagram.bytes.empty()) return counters.drop(DropReason::kTooShort);
  // RFC 7983 §7, with the ranges of TURN channels and ZRTP left out: neither is spoken here.
  const uint8_t first = datagram.bytes[0];
  if (first >= 128 && first <= 191) {
    if (rtp::is_rtcp(datagram.bytes)) {
      impl_->handle_rtcp(now, datagram, out);
    } else {
      impl_->handle_rtp(now, datagram, out);
    }
  } else if (first >= 20 && first <= 63) {
    if (auto dropped = impl_->transport->handle_dtls(now, datagram.path, datagram.bytes)) counters.drop(*dropped);
  } else {
    counters.drop(DropReason::kNotClassified);
  }
}

void Peer::request_keyframe(Timestamp now, uint16_t track, uint8_t layer) {
  IngressLayer* target = impl_->ingress.layer(track, layer);
  if (!target) return;
  const uint64_t merged = target->keyframes().merged();
  target->keyframes().request(now);
  impl_->context.counters.add(Counter::kKeyframeRequestsMerged, target->keyframes().merged() - merged);
}

void Peer::cancel_keyframe_request(uint16_t track, uint8_t layer) {
  if (IngressLayer* target = impl_->ingress.layer(track, layer)) target->keyframes().cancel();
}

void Peer::set_timing(uint16_t slot, Timestamp captured, RtpTimestamp rtp) { impl_->egress[slot].set_timing(captured, rtp); }

bool Peer::poll_transmit(Timestamp now, SealBatch& batch) {
  // After a close_notify nothing is listened to any more.
  if (impl_->bye_pending && !impl_->send_bye(batch)) return false;
  // Checks and handshakes before media: a full queue must not cost a participant its consent.
  impl_->transport->poll_transmit(now, batch.datagrams());
  return impl_->poll_feedback(now, batch) && impl_->poll_media(now, batch) && !batch.full();
}

Timestamp Peer::next_deadline() const {
  const Timestamp next = std::min(impl_->transport->next_deadline(), impl_->next_feedback());
  return impl_->congestion ? std::min(next, impl_->congestion->next_deadline()) : next;
}

void Peer::handle_deadline(Timestamp now) {
  impl_->transport->handle_deadline(now);
  if (impl_->congestion) impl_->congestion->handle_deadline(now);
}

void Peer::update(Timestamp now, const Session& session, const LocalTransport* restart) {
  impl_->update_specs(now, session.publish, session.receive, session.bundle_extensions);
  if (restart) restart_ice(now, *restart, session.remote);
}

void Peer::restart_ice(Timestamp now, const LocalTransport& local, const RemoteTransport& remote) {
  if (impl_->webrtc) impl_->webrtc->restart_ice(now, {local.ice_ufrag, local.ice_pwd}, {remote.ice_ufrag, remote.ice_pwd});
}

void Peer::close(Timestamp now) {
  impl_->bye_pending = impl_->transport->is_ready();
  impl_->queue.clear();
  impl_->queue_front = 0;
  if (impl_->congestion) impl_->congestion->waiting().clear();
  impl_->transport->close(now);
}

bool Peer::is_closed() const { return impl_->transport->state() == LinkState::kClosed; }
bool Peer::is_expired() const { return impl_->transport->state() == LinkState::kExpired; }
bool Peer::is_connected() const { return impl_->transport->state() == LinkState::kConnected; }
bool Peer::owns(const Path& path) const { return impl_->transport->owns(path); }
bool Peer::answers_to(std::string_view ufrag) const {
  if (!impl_->webrtc) return false;
  const ice::LiteAgent& agent = impl_->webrtc->agent();
  return agent.local_ufrag() == ufrag || agent.previous_local_ufrag() == ufrag;
}
std::optional<Path> Peer::send_path() const { return impl_->transport->send_path(); }
std::optional<SrtpSuite> Peer::suite() const { return impl_->transport->suite(); }
bool Peer::awaits(Ssrc ssrc) const { return !impl_->webrtc && !impl_->transport->send_path() && impl_->ingress.declares(ssrc); }

const std::vector<PublishSpec>& Peer::publish() const { return impl_->publish; }
const std::vector<ReceiveSpec>& Peer::receive() const { return impl_->receive; }

DataRate Peer::layer_bitrate(uint16_t track, uint8_t layer, Timestamp now) const {
  const IngressLayer* l = impl_->ingress.layer(track, layer);
  return l && l->statistics() ? l->statistics()->bitrate(now) : DataRate();
}

std::optional<double> Peer::fraction_lost(uint16_t slot) const {
  const auto& s = impl_->egress[slot].statistics();
  return s.last_block() ? std::optional(s.fraction_lost()) : std::nullopt;
}

std::optional<Ssrc> Peer::layer_ssrc(uint16_t track, uint8_t layer) const {
  const IngressLayer* l = impl_->ingress.layer(track, layer);
  return l ? l->ssrc() : std::nullopt;
}

const cc::Estimate* Peer::estimate() const { return impl_->congestion ? &impl_->congestion->estimator().estimate() : nullptr; }

void Peer::set_needed_bitrate(Timestamp now, DataRate needed) {
  impl_->needed = needed;
  if (impl_->congestion) impl_->congestion->set_needed(now, needed);
}

std::optional<CongestionStats> Peer::congestion(Timestamp now) const {
  return impl_->congestion ? std::optional(impl_->congestion->stats(now)) : std::nullopt;
}

void Peer::record_estimates(Timestamp now, size_t capacity) {
  if (impl_->congestion) impl_->congestion->record(impl_->context.bandwidth, now, capacity);
}

const cc::EstimatorLog* Peer::recorded_estimates() const { return impl_->congestion ? impl_->congestion->log() : nullptr; }

std::optional<uint16_t> Peer::take_keyframe_wanted() {
  if (!impl_->congestion || impl_->congestion->keyframes_wanted.empty()) return std::nullopt;
  const uint16_t slot = impl_->congestion->keyframes_wanted.back();
  impl_->congestion->keyframes_wanted.pop_back();
  return slot;
}

std::vector<StreamStats> Peer::stats() const {
  std::vector<StreamStats> all;
  for (const IngressLayer& layer : impl_->ingress.layers()) {
    const auto* s = layer.statistics();
    if (!s) continue;
    const PublishSpec& spec = impl_->publish[layer.track()];
    StreamStats& e = all.emplace_back();
    e.inbound = true;
    e.index = layer.track();
    e.layer = layer.layer();
    e.kind = spec.kind;
    e.ssrc = s->source();
    e.mid = spec.mid;
    e.rid = layer.rid();
    e.packets = s->packets();
    e.bytes = s->bytes();
    e.packets_lost = static_cast<int64_t>(s->lost());
    e.jitter_s = s->jitter().seconds_f();
    e.nacks = layer.nacks().asked();
    e.plis = layer.keyframes().sent();
    e.retransmitted = s->recovered() - layer.recovered_by_red;
    e.recovered_by_red = layer.recovered_by_red;
  }
  for (size_t i = 0; i < impl_->egress.size(); ++i) {
    const EgressStream& stream = impl_->egress[i];
    const auto& s = stream.statistics();
    if (s.packets() == 0) continue;
    StreamStats& e = all.emplace_back();
    e.index = static_cast<uint16_t>(i);
    e.kind = stream.spec().kind;
    e.ssrc = stream.spec().ssrc;
    e.mid = stream.spec().mid;
    e.packets = s.packets();
    e.bytes = s.bytes();
    if (s.last_block()) {
      e.packets_lost = s.last_block()->cumulative_lost;
      e.fraction_lost = s.fraction_lost();
    }
    if (auto rtt = s.last_round_trip_time()) e.round_trip_time_s = rtt->seconds_f();
    e.nacks = stream.nacks;
    e.plis = stream.plis;
    e.retransmitted = s.retransmitted();
    if (stream.red()) e.red_packets = stream.red()->packets();
    if (stream.fec()) e.fec_packets = stream.fec()->packets();
  }
  return all;
}

}  // namespace tutti::peer
