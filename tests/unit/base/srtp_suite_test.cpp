#include "tutti/base/srtp_suite.hpp"

#include <catch2/catch.hpp>
#include <vector>

using namespace tutti;

TEST_CASE("an SRTP suite is found by its registered name", "[base][srtp_suite]") {
  CHECK(srtp_suite_from_name("AES_CM_128_HMAC_SHA1_80") == SrtpSuite::kAesCm128HmacSha1_80);
  CHECK(srtp_suite_from_name("AES_CM_128_HMAC_SHA1_32") == SrtpSuite::kAesCm128HmacSha1_32);
  CHECK(srtp_suite_from_name("AEAD_AES_128_GCM") == SrtpSuite::kAeadAes128Gcm);
  CHECK(srtp_suite_from_name("AEAD_AES_256_GCM") == SrtpSuite::kAeadAes256Gcm);
  CHECK_FALSE(srtp_suite_from_name("aead_aes_128_gcm"));
  CHECK_FALSE(srtp_suite_from_name(""));
  CHECK(name(SrtpSuite::kAeadAes256Gcm) == "AEAD_AES_256_GCM");
}

TEST_CASE("a master key splits into key and salt of its suite's length only", "[base][srtp_suite]") {
  std::vector<uint8_t> bytes(28);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i);
  const SrtpMasterKey key(bytes);
  REQUIRE(key.size() == master_key_size(SrtpSuite::kAeadAes128Gcm));
  CHECK(key.key(SrtpSuite::kAeadAes128Gcm).size() == 16);
  CHECK(key.salt(SrtpSuite::kAeadAes128Gcm).size() == 12);
  CHECK(key.salt(SrtpSuite::kAeadAes128Gcm)[0] == 16);
  CHECK(key.key(SrtpSuite::kAesCm128HmacSha1_80).empty());
  CHECK(key == SrtpMasterKey(std::span<const uint8_t>(bytes).first(16), std::span<const uint8_t>(bytes).subspan(16)));
  bytes[27] ^= 1;
  CHECK_FALSE(key == SrtpMasterKey(bytes));
}

TEST_CASE("a master key that is longer than any suite's is not kept", "[base][srtp_suite]") {
  const std::vector<uint8_t> bytes(SrtpMasterKey::kMaxSize + 1, 7);
  CHECK(SrtpMasterKey(bytes).empty());
}
