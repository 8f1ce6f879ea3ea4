#include "tutti/proto/dtls/openssl_ptr.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace tutti::dtls {

void OpenSslDelete::operator()(ssl_st* p) const { SSL_free(p); }
void OpenSslDelete::operator()(ssl_ctx_st* p) const { SSL_CTX_free(p); }
void OpenSslDelete::operator()(x509_st* p) const { X509_free(p); }
void OpenSslDelete::operator()(evp_pkey_st* p) const { EVP_PKEY_free(p); }
void OpenSslDelete::operator()(bio_method_st* p) const { BIO_meth_free(p); }

}  // namespace tutti::dtls
