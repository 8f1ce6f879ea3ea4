// WebrtcTransport: ICE-lite, a DTLS 1.2 server, and the SRTP session that they lead to. DTLS is read from addresses that
// ICE has verified and from no others, so a stranger's ClientHello cannot race the real one (CVE-2023-51443).
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "peer/transport.hpp"
#include "tutti/base/counters.hpp"
#include "tutti/proto/dtls/transport.hpp"
#include "tutti/proto/ice/agent.hpp"

namespace tutti::peer {

class WebrtcTransport final : public Transport {
 public:
  WebrtcTransport(const dtls::Context& dtls, srtp::Backend& srtp, Counters& counters, ice::LocalCredentials local,
                  ice::RemoteCredentials remote, std::vector<dtls::Fingerprint> fingerprints, ice::LiteAgentConfig config,
                  Timestamp now);

  std::optional<DropReason> handle_stun(Timestamp now, const Path& path, const stun::Message& message) override;
  std::optional<DropReason> handle_dtls(Timestamp now, const Path& path, std::span<const uint8_t> datagram) override;
  std::optional<DropReason> refuse_media_from(const Path& path) const override;
  void on_authenticated(Timestamp, const Path&) override {}
  srtp::Session* session() override { return session_.get(); }
  std::optional<SrtpSuite> suite() const override { return suite_; }
  bool is_ready() const override { return session_ != nullptr; }
  std::optional<Path> send_path() const override { return agent_.send_path(); }
  bool owns(const Path& path) const override { return agent_.is_verified(path); }
  LinkState state() const override { return state_; }
  Timestamp next_deadline() const override;
  void handle_deadline(Timestamp now) override;
  void poll_transmit(Timestamp now, TransmitBatch& batch) override;
  void close(Timestamp now) override;

  void restart_ice(Timestamp now, ice::LocalCredentials local, ice::RemoteCredentials remote) {
    agent_.restart(std::move(local), std::move(remote), now);
  }
  const ice::LiteAgent& agent() const { return agent_; }

 private:
  struct StunReply {
    Path path;
    size_t size = 0;
    std::array<uint8_t, ice::LiteAgent::kMaxReplySize> bytes;
  };
  void follow_dtls();

  srtp::Backend& srtp_;
  Counters& counters_;
  ice::LiteAgent agent_;
  dtls::Transport dtls_;
  std::unique_ptr<srtp::Session> session_;
  std::optional<SrtpSuite> suite_;
  LinkState state_ = LinkState::kNew;
  std::vector<StunReply> replies_;  // at most kMaxReplies between two polls
};

}  // namespace tutti::peer
