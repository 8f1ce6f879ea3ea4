// WebrtcLink: the way of a WebRTC client to its keys: a controlling ICE agent that nominates the one pair there is (RFC
// 8445) and goes on to refresh consent (RFC 7675), and a DTLS client. Sans-IO. Owned by its Person.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "harness/wire.hpp"
#include "tutti/base/random.hpp"
#include "tutti/base/srtp_suite.hpp"
#include "tutti/proto/dtls/transport.hpp"
#include "tutti/wire/stun/message.hpp"

namespace tutti::bench {

struct IceCredentials {
  std::string ufrag, pwd;
};

class WebrtcLink {
 public:
  WebrtcLink(const dtls::Context& context, Random& random);

  const IceCredentials& local() const { return local_; }
  // With what the answer said of the server: checks begin.
  void begin(Timestamp now, IceCredentials remote, const dtls::Fingerprint& fingerprint);

  void handle_datagram(Timestamp now, std::span<const uint8_t> datagram, Wire& wire);
  Timestamp next_deadline() const;
  void handle_deadline(Timestamp now, Wire& wire);

  std::optional<SrtpKeys> keys() const { return dtls_ ? dtls_->srtp_keys() : std::nullopt; }
  bool failed() const { return failed_; }
  // How long it took: the first check to its reply, ClientHello to keys.
  std::optional<TimeDelta> ice_time() const;
  std::optional<TimeDelta> dtls_time() const;

 private:
  void send_check(Timestamp now, Wire& wire);
  void handle_stun(Timestamp now, std::span<const uint8_t> datagram, Wire& wire);
  void follow_dtls(Timestamp now, Wire& wire);

  const dtls::Context& context_;
  IceCredentials local_, remote_;
  std::optional<dtls::Fingerprint> fingerprint_;
  uint64_t tie_breaker_;
  stun::TransactionId transaction_{};
  std::unique_ptr<dtls::Transport> dtls_;
  bool failed_ = false;
  Timestamp next_check_ = Timestamp::never();
  std::optional<Timestamp> began_, checked_, secured_;
};

}  // namespace tutti::bench
