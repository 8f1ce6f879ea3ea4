#include "proto/dtls/verify.hpp"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>

namespace tutti::dtls {
namespace {
constexpr int kAppData = 0;  // the ex_data index that OpenSSL keeps for the application (SSL_set_app_data)
}

void expect(ssl_st* ssl, ExpectedPeer& peer) { SSL_set_ex_data(ssl, kAppData, &peer); }

int verify_fingerprint(x509_store_ctx_st* store, void*) noexcept {
  const auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& peer = *static_cast<ExpectedPeer*>(SSL_get_ex_data(ssl, kAppData));
  const X509* certificate = X509_STORE_CTX_get0_cert(store);
  const bool match = certificate && std::any_of(peer.fingerprints.begin(), peer.fingerprints.end(), [&](const auto& f) {
                       return f == Fingerprint::of(*certificate, f.algorithm());
                     });
  peer.mismatch = !match;
  X509_STORE_CTX_set_error(store, match ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
  return match ? 1 : 0;
}

}  // namespace tutti::dtls
