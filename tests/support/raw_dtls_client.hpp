// A DTLS client straight on OpenSSL, for what our own client role never does: show no certificate, offer no SRTP, pad
// its ClientHello past the MTU, list suites in another order. Has the members of dtls::Transport that DtlsLink uses.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "proto/dtls/datagram_bio.hpp"
#include "tutti/base/drop_reason.hpp"
#include "tutti/base/units.hpp"
#include "tutti/proto/dtls/certificate.hpp"

namespace tutti::test {

struct RawDtlsOptions {
  const dtls::Certificate* certificate = nullptr;
  std::string srtp_profiles = "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM:SRTP_AEAD_AES_128_GCM";  // as Chromium
  uint64_t options = 0;                                                                              // SSL_OP_*
  int max_version = DTLS1_2_VERSION;
  long max_datagram = 1200;
  size_t padding = 0;  // bytes of ALPN names, which a server without ALPN passes over
};

class RawDtlsClient {
 public:
  explicit RawDtlsClient(const RawDtlsOptions& o)
      : pipe_(static_cast<size_t>(o.max_datagram)), method_(dtls::make_bio_method()), ctx_(SSL_CTX_new(DTLS_method())) {
    SSL_CTX_set_security_level(ctx_.get(), 0);  // lets it speak DTLS 1.0
    SSL_CTX_set_min_proto_version(ctx_.get(), DTLS1_VERSION);
    SSL_CTX_set_max_proto_version(ctx_.get(), o.max_version);
    SSL_CTX_set_options(ctx_.get(), o.options | SSL_OP_NO_QUERY_MTU);
    SSL_CTX_set_verify(ctx_.get(), SSL_VERIFY_NONE, nullptr);
    if (!o.srtp_profiles.empty()) SSL_CTX_set_tlsext_use_srtp(ctx_.get(), o.srtp_profiles.c_str());
    if (o.certificate) {
      SSL_CTX_use_certificate(ctx_.get(), o.certificate->x509());
      SSL_CTX_use_PrivateKey(ctx_.get(), o.certificate->key());
    }
    std::vector<uint8_t> names;
    while (names.size() < o.padding) {
      names.push_back(200);
      names.insert(names.end(), 200, 'x');
    }
    if (!names.empty()) SSL_CTX_set_alpn_protos(ctx_.get(), names.data(), static_cast<unsigned>(names.size()));

    ssl_.reset(SSL_new(ctx_.get()));
    BIO* bio = dtls::make_bio(method_.get(), pipe_);
    SSL_set_bio(ssl_.get(), bio, bio);
    DTLS_set_link_mtu(ssl_.get(), o.max_datagram);
    SSL_set_connect_state(ssl_.get());
    SSL_do_handshake(ssl_.get());
  }

  std::optional<DropReason> handle_datagram(Timestamp, std::span<const uint8_t> datagram) {
    pipe_.set_input(datagram);
    uint8_t byte = 0;
    if (SSL_do_handshake(ssl_.get()) == 1) SSL_read(ssl_.get(), &byte, 1);
    return std::nullopt;
  }
  void handle_deadline(Timestamp) {}
  Timestamp next_deadline() const { return Timestamp::never(); }
  size_t poll_transmit(std::span<uint8_t> out) { return pipe_.pop_output(out); }

  bool finished() const { return SSL_is_init_finished(ssl_.get()) == 1; }
  bool closed_by_peer() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
  ssl_st* ssl() { return ssl_.get(); }

 private:
  dtls::DatagramPipe pipe_;
  dtls::OpenSslPtr<bio_method_st> method_;
  dtls::OpenSslPtr<ssl_ctx_st> ctx_;
  dtls::OpenSslPtr<ssl_st> ssl_;
};

}  // namespace tutti::test
