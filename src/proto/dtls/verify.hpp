// The check of the peer's certificate that replaces OpenSSL's chain validation: certificates are self-signed, and the
// fingerprint from the signalling alone says whose they are (RFC 8827 §6.5, RFC 8122 §6.2). Runs inside the handshake,
// so a wrong certificate ends it with an alert and no keys are ever there to be taken.
#pragma once

#include <span>

#include "tutti/proto/dtls/fingerprint.hpp"

struct ssl_st;
struct x509_store_ctx_st;

namespace tutti::dtls {

// What a Transport expects, found by the callback through its SSL. Outlives the SSL.
struct ExpectedPeer {
  std::span<const Fingerprint> fingerprints;
  bool mismatch = false;  // set by the callback when no fingerprint matched
};
void expect(ssl_st* ssl, ExpectedPeer& peer);

// For SSL_CTX_set_cert_verify_callback. 1 if the certificate has one of the expected fingerprints.
int verify_fingerprint(x509_store_ctx_st* store, void*) noexcept;

}  // namespace tutti::dtls
