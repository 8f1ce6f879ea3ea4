#include "peer/webrtc_transport.hpp"

#include <algorithm>
#include <utility>

namespace tutti::peer {
namespace {
constexpr size_t kMaxReplies = 16;
}

WebrtcTransport::WebrtcTransport(const dtls::Context& dtls, srtp::Backend& srtp, Counters& counters, ice::LocalCredentials local,
                                 ice::RemoteCredentials remote, std::vector<dtls::Fingerprint> fingerprints,
                                 ice::LiteAgentConfig config, Timestamp now)
    : srtp_(srtp),
      counters_(counters),
      agent_(std::move(local), std::move(remote), config, now),
      dtls_(dtls, dtls::Role::kServer, std::move(fingerprints), now) {}

std::optional<DropReason> WebrtcTransport::handle_stun(Timestamp now, const Path& path, const stun::Message& message) {
  if (replies_.size() == kMaxReplies) return DropReason::kQueueFull;
  StunReply& reply = replies_.emplace_back();
  const ice::CheckResult result = agent_.handle_binding(now, path, message, reply.bytes);
  reply.path = path;
  reply.size = result.reply_size;
  if (result.reply_size == 0) replies_.pop_back();
  if (result.error_code != 0) counters_.add(Counter::kStunErrors);
  if (!result.dropped) {
    counters_.add(Counter::kStunRequests);
    if (state_ == LinkState::kNew) state_ = LinkState::kConnecting;
  }
  return result.dropped;
}

std::optional<DropReason> WebrtcTransport::handle_dtls(Timestamp now, const Path& path, std::span<const uint8_t> datagram) {
  if (agent_.path_count() == 0) return DropReason::kDtlsBeforeIce;
  if (!agent_.is_verified(path)) return DropReason::kDtlsUnverifiedPath;
  const auto dropped = dtls_.handle_datagram(now, datagram);
  follow_dtls();
  return dropped;
}

std::optional<DropReason> WebrtcTransport::refuse_media_from(const Path& path) const {
  if (!agent_.is_verified(path)) return DropReason::kMediaUnverifiedPath;
  return session_ ? std::nullopt : std::optional(DropReason::kSrtpNoKeys);
}

Timestamp WebrtcTransport::next_deadline() const {
  if (state_ == LinkState::kClosed || state_ == LinkState::kExpired) return Timestamp::never();
  return std::min(agent_.next_deadline(), dtls_.next_deadline());
}

void WebrtcTransport::handle_deadline(Timestamp now) {
  if (dtls_.next_deadline() <= now) {
    dtls_.handle_deadline(now);
    follow_dtls();
  }
  if (state_ != LinkState::kClosed && agent_.expired(now)) {
    state_ = LinkState::kExpired;
    counters_.add(Counter::kConsentExpired);
  }
}

void WebrtcTransport::poll_transmit(Timestamp, TransmitBatch& batch) {
  while (!replies_.empty() && !batch.full()) {
    const StunReply& reply = replies_.front();
    std::copy_n(reply.bytes.begin(), reply.size, batch.next().bytes.begin());
    batch.commit(reply.path, reply.size);
    replies_.erase(replies_.begin());
  }
  const auto path = agent_.send_path();
  while (path && !batch.full()) {
    const size_t size = dtls_.poll_transmit(batch.next().bytes);
    if (size == 0) break;
    batch.commit(*path, size);
  }
}

void WebrtcTransport::close(Timestamp) {
  dtls_.close();
  state_ = LinkState::kClosed;
}

void WebrtcTransport::follow_dtls() {
  switch (dtls_.state()) {
    case dtls::State::kNew:
    case dtls::State::kConnecting: return;
    case dtls::State::kConnected: {
      if (session_) return;
      const auto keys = dtls_.srtp_keys();
      auto session = srtp_.make_session(*keys);
      if (!session) {
        state_ = LinkState::kClosed;
        return;
      }
      session_ = std::move(*session);
      suite_ = keys->suite;
      state_ = LinkState::kConnected;
      counters_.add(Counter::kDtlsHandshakes);
      return;
    }
    case dtls::State::kClosed:
    case dtls::State::kFailed: state_ = LinkState::kClosed; return;
  }
}

}  // namespace tutti::peer
