#include "tutti/base/srtp_suite.hpp"

#include <openssl/crypto.h>

#include <algorithm>

#include "tutti/base/crypto.hpp"

namespace tutti {

std::string_view name(SrtpSuite suite) {
  switch (suite) {
    case SrtpSuite::kAesCm128HmacSha1_80:
      return "AES_CM_128_HMAC_SHA1_80";
    case SrtpSuite::kAesCm128HmacSha1_32:
      return "AES_CM_128_HMAC_SHA1_32";
    case SrtpSuite::kAeadAes128Gcm:
      return "AEAD_AES_128_GCM";
    case SrtpSuite::kAeadAes256Gcm:
      return "AEAD_AES_256_GCM";
  }
  return {};
}

std::optional<SrtpSuite> srtp_suite_from_name(std::string_view text) {
  for (auto suite : {SrtpSuite::kAesCm128HmacSha1_80, SrtpSuite::kAesCm128HmacSha1_32, SrtpSuite::kAeadAes128Gcm,
                     SrtpSuite::kAeadAes256Gcm}) {
    if (name(suite) == text) return suite;
  }
  return std::nullopt;
}

SrtpMasterKey::SrtpMasterKey(std::span<const uint8_t> key_and_salt) : SrtpMasterKey(key_and_salt, {}) {}

SrtpMasterKey::SrtpMasterKey(std::span<const uint8_t> key, std::span<const uint8_t> salt) {
  if (key.size() > kMaxSize || salt.size() > kMaxSize - key.size()) return;
  std::copy(salt.begin(), salt.end(), std::copy(key.begin(), key.end(), bytes_.begin()));
  size_ = key.size() + salt.size();
}

SrtpMasterKey::~SrtpMasterKey() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

std::span<const uint8_t> SrtpMasterKey::key(SrtpSuite suite) const {
  if (size_ != master_key_size(suite)) return {};
  return bytes().first(key_size(suite));
}

std::span<const uint8_t> SrtpMasterKey::salt(SrtpSuite suite) const {
  if (size_ != master_key_size(suite)) return {};
  return bytes().subspan(key_size(suite));
}

bool SrtpMasterKey::operator==(const SrtpMasterKey& other) const { return equal_constant_time(bytes(), other.bytes()); }

}  // namespace tutti
