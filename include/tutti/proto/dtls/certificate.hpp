// Certificate: the self-signed identity that a process shows in every DTLS handshake (RFC 8827 §6.5), ECDSA on P-256.
// Made once at start and owned by the app; read-only from then on, so any thread may use it.
#pragma once

#include <cstdint>
#include <string>

#include "tutti/base/random.hpp"
#include "tutti/proto/dtls/fingerprint.hpp"
#include "tutti/proto/dtls/openssl_ptr.hpp"

namespace tutti::dtls {

class Certificate {
 public:
  // `unix_seconds` is the wall clock; valid from a day before it (clients' clocks differ) to a year after. The serial
  // number comes from `random`, the key from OpenSSL's generator. Throws std::runtime_error if OpenSSL fails.
  static Certificate self_signed(Random& random, int64_t unix_seconds);

  // As `a=fingerprint:sha-256` shows it: "AB:CD:...".
  std::string fingerprint_sha256() const { return fingerprint().str(); }
  Fingerprint fingerprint(HashAlgorithm algorithm = HashAlgorithm::kSha256) const;

  x509_st* x509() const { return x509_.get(); }
  evp_pkey_st* key() const { return key_.get(); }

 private:
  Certificate() = default;
  OpenSslPtr<evp_pkey_st> key_;
  OpenSslPtr<x509_st> x509_;
};

}  // namespace tutti::dtls
