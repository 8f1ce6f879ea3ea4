#include "proto/srtp/session_keys.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <span>

#include "proto/srtp/suite_shape.hpp"

namespace tutti::srtp {
namespace {

constexpr uint8_t kCipherLabel = 0, kAuthenticationLabel = 1, kSaltLabel = 2;  // three more for SRTCP

// §4.3.3: the keystream of AES in counter mode from x * 2^16 on.
class Prf {
 public:
  explicit Prf(SrtpSuite suite, std::span<const uint8_t> key, const Salt& salt)
      : context_(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free), key_(key), salt_(salt) {
    const EVP_CIPHER* cipher = suite == SrtpSuite::kAeadAes256Gcm ? EVP_aes_256_ctr() : EVP_aes_128_ctr();
    ok_ = context_ && EVP_EncryptInit_ex(context_.get(), cipher, nullptr, nullptr, nullptr) == 1;
  }
  bool ok() const { return ok_; }

  // §4.3.1: x = (label || index / key_derivation_rate) XOR salt, and the rate is 0.
  void derive(uint8_t label, std::span<uint8_t> out) {
    CounterBlock block{};
    std::copy(salt_.begin(), salt_.end(), block.begin());
    block[7] ^= label;
    std::fill(out.begin(), out.end(), uint8_t{0});
    int size = 0;
    ok_ = ok_ && EVP_EncryptInit_ex(context_.get(), nullptr, nullptr, key_.data(), block.data()) == 1 &&
          EVP_EncryptUpdate(context_.get(), out.data(), &size, out.data(), static_cast<int>(out.size())) == 1;
  }

 private:
  std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context_;
  std::span<const uint8_t> key_;
  const Salt& salt_;
  bool ok_ = false;
};

}  // namespace

SessionKeys::~SessionKeys() {
  OPENSSL_cleanse(cipher.data(), cipher.size());
  OPENSSL_cleanse(authentication.data(), authentication.size());
  OPENSSL_cleanse(salt.data(), salt.size());
}

namespace {

enum class Protocol : uint8_t { kRtp, kRtcp };

bool derive(SrtpSuite suite, const SrtpMasterKey& master, Protocol protocol, SessionKeys& keys) {
  // RFC 7714 §11: a master salt of 96 bits is padded with zeros on the right to the 112 that the derivation takes.
  Salt salt{};
  const auto master_salt = master.salt(suite);
  std::copy(master_salt.begin(), master_salt.end(), salt.begin());
  Prf prf(suite, master.key(suite), salt);
  const uint8_t first = protocol == Protocol::kRtcp ? 3 : 0;
  prf.derive(first + kCipherLabel, std::span(keys.cipher).first(key_size(suite)));
  if (!is_gcm(suite)) prf.derive(first + kAuthenticationLabel, keys.authentication);
  prf.derive(first + kSaltLabel, std::span(keys.salt).first(salt_size(suite)));
  return prf.ok();
}

}  // namespace

std::optional<ParticipantKeys> derive_session_keys(const SrtpKeys& keys) {
  ParticipantKeys out;
  out.suite = keys.suite;
  const bool ok = derive(keys.suite, keys.local, Protocol::kRtp, out.send_rtp) &&
                  derive(keys.suite, keys.local, Protocol::kRtcp, out.send_rtcp) &&
                  derive(keys.suite, keys.remote, Protocol::kRtp, out.receive_rtp) &&
                  derive(keys.suite, keys.remote, Protocol::kRtcp, out.receive_rtcp);
  if (!ok) return std::nullopt;
  return out;
}

}  // namespace tutti::srtp
