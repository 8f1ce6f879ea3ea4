#include "tutti/proto/dtls/certificate.hpp"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <array>
#include <stdexcept>

namespace tutti::dtls {
namespace {

constexpr int64_t kDay = 24 * 60 * 60;

void require(bool done, const char* step) {
  if (!done) throw std::runtime_error(std::string("dtls certificate: ") + step + " failed");
}

// RFC 5280 §4.1.2.2: a positive integer of at most 20 octets.
void set_serial(x509_st* x509, Random& random) {
  std::array<uint8_t, 16> bytes{};
  random.fill(bytes);
  bytes[0] = static_cast<uint8_t>((bytes[0] & 0x7F) | 0x40);
  const std::unique_ptr<BIGNUM, void (*)(BIGNUM*)> number(BN_bin2bn(bytes.data(), bytes.size(), nullptr), BN_free);
  require(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x509)), "serial number");
}

}  // namespace

Certificate Certificate::self_signed(Random& random, int64_t unix_seconds) {
  Certificate out;
  out.key_.reset(EVP_EC_gen("P-256"));
  require(out.key_ != nullptr, "key generation");
  out.x509_.reset(X509_new());
  auto* x509 = out.x509_.get();
  require(x509 && X509_set_version(x509, X509_VERSION_3), "version");
  set_serial(x509, random);
  require(ASN1_TIME_set(X509_getm_notBefore(x509), unix_seconds - kDay) &&
              ASN1_TIME_set(X509_getm_notAfter(x509), unix_seconds + 365 * kDay),
          "validity");
  auto* subject = X509_get_subject_name(x509);
  const auto* common_name = reinterpret_cast<const unsigned char*>("tutti");
  require(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, common_name, -1, -1, 0) &&
              X509_set_issuer_name(x509, subject),
          "subject");
  require(X509_set_pubkey(x509, out.key()) && X509_sign(x509, out.key(), EVP_sha256()), "signature");
  return out;
}

Fingerprint Certificate::fingerprint(HashAlgorithm algorithm) const { return Fingerprint::of(*x509_, algorithm); }

}  // namespace tutti::dtls
