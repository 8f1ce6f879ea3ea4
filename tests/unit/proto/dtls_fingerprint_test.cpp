#include "tutti/proto/dtls/fingerprint.hpp"

#include <openssl/asn1.h>
#include <openssl/x509.h>

#include <catch2/catch.hpp>
#include <string>

#include "support/dtls_link.hpp"
#include "tutti/base/crypto.hpp"
#include "tutti/proto/dtls/certificate.hpp"

using namespace tutti;
using namespace tutti::dtls;

namespace {
std::string pairs(size_t count, const std::string& pair) {
  std::string out = pair;
  for (size_t i = 1; i < count; ++i) out += ":" + pair;
  return out;
}
}  // namespace

TEST_CASE("a fingerprint reads what it wrote, whatever the case", "[dtls][fingerprint]") {
  const auto f = Fingerprint::parse("SHA-256", pairs(32, "aB"));
  REQUIRE(f);
  CHECK(f->algorithm() == HashAlgorithm::kSha256);
  CHECK(f->str() == pairs(32, "AB"));
  CHECK(Fingerprint::make("sha-256", f->bytes()) == f);
  CHECK(Fingerprint::parse("sha-384", pairs(48, "01"))->bytes().size() == 48);
  CHECK(Fingerprint::parse("sha-512", pairs(64, "01"))->bytes().size() == 64);
}

TEST_CASE("a fingerprint of another hash, length or form is refused", "[dtls][fingerprint]") {
  CHECK_FALSE(Fingerprint::parse("sha-1", pairs(20, "AB")));
  CHECK_FALSE(Fingerprint::parse("sha-256", pairs(31, "AB")));
  CHECK_FALSE(Fingerprint::parse("sha-256", pairs(33, "AB")));
  CHECK_FALSE(Fingerprint::parse("sha-256", pairs(32, "AG")));
  CHECK_FALSE(Fingerprint::parse("sha-256", pairs(32, "AB") + ":"));
  CHECK_FALSE(Fingerprint::parse("sha-256", ""));
  CHECK_FALSE(Fingerprint::parse("sha-512", pairs(500, "AB")));
  std::string dashes = pairs(32, "AB");
  dashes[2] = '-';
  CHECK_FALSE(Fingerprint::parse("sha-256", dashes));
}

TEST_CASE("equal bytes under different hashes are different fingerprints", "[dtls][fingerprint]") {
  const auto& certificate = test::DtlsPair::client_certificate();
  CHECK_FALSE(certificate.fingerprint() == certificate.fingerprint(HashAlgorithm::kSha384));
  CHECK_FALSE(certificate.fingerprint() == test::DtlsPair::server_certificate().fingerprint());
}

TEST_CASE("a certificate's fingerprint is the hash of its DER form", "[dtls][certificate]") {
  const auto& certificate = test::DtlsPair::client_certificate();
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate.x509(), &der);
  REQUIRE(size > 0);
  const auto hash = sha256({der, static_cast<size_t>(size)});
  OPENSSL_free(der);
  CHECK(certificate.fingerprint_sha256() == Fingerprint::make("sha-256", hash)->str());
}

TEST_CASE("a certificate is signed by its own key and valid from a day before the given time", "[dtls][certificate]") {
  SeededRandom random(1);
  const auto certificate = Certificate::self_signed(random, 1'700'000'000);
  CHECK(X509_verify(certificate.x509(), certificate.key()) == 1);
  CHECK(ASN1_TIME_cmp_time_t(X509_get0_notBefore(certificate.x509()), 1'700'000'000 - 86'400) == 0);
  CHECK(ASN1_TIME_cmp_time_t(X509_get0_notAfter(certificate.x509()), 1'700'000'000) > 0);
}
