#include "tutti/proto/dtls/context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <stdexcept>
#include <string>

#include "proto/dtls/datagram_bio.hpp"
#include "proto/dtls/verify.hpp"

namespace tutti::dtls {
namespace {

// Ephemeral keys and AEAD only. RFC 8827 §6.5 asks for ECDHE-ECDSA-AES128-GCM-SHA256; RSA is for servers whose client
// we are.
constexpr const char* kCipherSuites =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";
constexpr const char* kGroups = "X25519:P-256";
// OpenSSL takes this for its bound on any handshake message, and reserves what a fragment's header claims.
constexpr long kMaxCertificateList = 8 * 1024;

void require(bool done, const char* step) {
  if (done) return;
  ERR_clear_error();
  throw std::runtime_error(std::string("dtls context: ") + step + " failed");
}

const char* openssl_name(SrtpSuite suite) {
  switch (suite) {
    case SrtpSuite::kAesCm128HmacSha1_80:
      return "SRTP_AES128_CM_SHA1_80";
    case SrtpSuite::kAesCm128HmacSha1_32:
      return "SRTP_AES128_CM_SHA1_32";
    case SrtpSuite::kAeadAes128Gcm:
      return "SRTP_AEAD_AES_128_GCM";
    case SrtpSuite::kAeadAes256Gcm:
      return "SRTP_AEAD_AES_256_GCM";
  }
  return "";
}

std::string profiles(const std::vector<SrtpSuite>& suites) {
  std::string out;
  for (auto suite : suites) {
    if (!out.empty()) out += ':';
    out += openssl_name(suite);
  }
  return out;
}

}  // namespace

Context::Context(const Certificate& certificate, const ContextSettings& settings)
    : bio_method_(make_bio_method()), ssl_ctx_(SSL_CTX_new(DTLS_method())), max_datagram_(settings.max_datagram) {
  auto* ctx = ssl_ctx_.get();
  require(ctx != nullptr, "SSL_CTX");
  require(SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION) && SSL_CTX_set_max_proto_version(ctx, DTLS1_2_VERSION),
          "protocol version");
  // No state outlives an association: tickets, cached sessions and renegotiation only add ways in.
  SSL_CTX_set_options(ctx, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(ctx, kMaxCertificateList);
  SSL_CTX_set_security_level(ctx, 2);  // 112 bits, whatever the machine's openssl.cnf says
  require(SSL_CTX_set_cipher_list(ctx, kCipherSuites) == 1, "cipher suites");
  require(SSL_CTX_set1_groups_list(ctx, kGroups) == 1, "groups");
  // Unlike nearly all of OpenSSL this returns 0 for success.
  require(SSL_CTX_set_tlsext_use_srtp(ctx, profiles(settings.suites).c_str()) == 0, "use_srtp");
  require(SSL_CTX_use_certificate(ctx, certificate.x509()) == 1 &&
              SSL_CTX_use_PrivateKey(ctx, certificate.key()) == 1 && SSL_CTX_check_private_key(ctx) == 1,
          "certificate");
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(ctx, verify_fingerprint, nullptr);
}

}  // namespace tutti::dtls
