// Context: what all DTLS associations of a process have in common: OpenSSL's SSL_CTX with our certificate, DTLS 1.2
// only, the cipher suites and groups of RFC 8827 §6.5, and the SRTP suites in our order of preference (RFC 5764
// §4.1.1). Made once in main and read-only from then on: workers' threads share it. Outlives its Transports.
#pragma once

#include <cstddef>
#include <vector>

#include "tutti/base/srtp_suite.hpp"
#include "tutti/proto/dtls/certificate.hpp"
#include "tutti/proto/dtls/openssl_ptr.hpp"

namespace tutti::dtls {

struct ContextSettings {
  // Best first. As a server our order decides, not the client's: GCM costs a fifth of AES-CM with HMAC-SHA1.
  std::vector<SrtpSuite> suites = {SrtpSuite::kAeadAes128Gcm, SrtpSuite::kAeadAes256Gcm,
                                   SrtpSuite::kAesCm128HmacSha1_80};
  // The largest datagram, in bytes of UDP payload. OpenSSL takes no less than 256.
  size_t max_datagram = 1200;
};

class Context {
 public:
  // Throws std::runtime_error if OpenSSL refuses a setting.
  explicit Context(const Certificate& certificate, const ContextSettings& settings = {});

  ssl_ctx_st* ssl_ctx() const { return ssl_ctx_.get(); }
  const bio_method_st* bio_method() const { return bio_method_.get(); }
  size_t max_datagram() const { return max_datagram_; }

 private:
  OpenSslPtr<bio_method_st> bio_method_;
  OpenSslPtr<ssl_ctx_st> ssl_ctx_;
  size_t max_datagram_;
};

}  // namespace tutti::dtls
