// KeyedTransport: the caller brought the keys (or, for plain RTP, none), and the remote address, or leaves it to be learned
// from the first packet that authenticates. RFC 7362 tells what goes wrong otherwise: an address is moved by nothing else.
#pragma once

#include <memory>

#include "peer/transport.hpp"

namespace tutti::peer {

class KeyedTransport final : public Transport {
 public:
  // `session` null means plain RTP, which needs a `remote`. `local`: the socket to send from. `timeout` infinite: lives until
  // it is removed.
  KeyedTransport(std::unique_ptr<srtp::Session> session, std::optional<SrtpSuite> suite, std::optional<Path> remote,
                 TimeDelta timeout, Timestamp now)
      : session_(std::move(session)), suite_(suite), remote_(remote), timeout_(timeout), last_packet_(now) {}

  std::optional<DropReason> handle_stun(Timestamp, const Path&, const stun::Message&) override { return DropReason::kUnknownUfrag; }
  std::optional<DropReason> handle_dtls(Timestamp, const Path&, std::span<const uint8_t>) override { return DropReason::kDtlsUnverifiedPath; }
  std::optional<DropReason> refuse_media_from(const Path& path) const override {
    // Once the address is known, only Rooms' path table leads here; while it is not, the packet is tried.
    return !remote_ || remote_->remote == path.remote ? std::nullopt : std::optional(DropReason::kMediaUnverifiedPath);
  }
  void on_authenticated(Timestamp now, const Path& path) override {
    if (!remote_) remote_ = path;
    last_packet_ = now;
    heard_ = true;
  }
  srtp::Session* session() override { return session_.get(); }
  std::optional<SrtpSuite> suite() const override { return suite_; }
  bool is_ready() const override { return true; }
  std::optional<Path> send_path() const override { return remote_; }
  bool owns(const Path& path) const override { return remote_ && remote_->remote == path.remote; }
  LinkState state() const override { return state_ != LinkState::kNew ? state_ : remote_ || heard_ ? LinkState::kConnected : LinkState::kNew; }
  Timestamp next_deadline() const override { return state_ == LinkState::kNew ? last_packet_ + timeout_ : Timestamp::never(); }
  void handle_deadline(Timestamp now) override {
    if (now >= next_deadline()) state_ = LinkState::kExpired;
  }
  void poll_transmit(Timestamp, TransmitBatch&) override {}
  void close(Timestamp) override { state_ = LinkState::kClosed; }

 private:
  std::unique_ptr<srtp::Session> session_;
  std::optional<SrtpSuite> suite_;
  std::optional<Path> remote_;
  TimeDelta timeout_;
  Timestamp last_packet_;
  bool heard_ = false;
  LinkState state_ = LinkState::kNew;
};

}  // namespace tutti::peer
