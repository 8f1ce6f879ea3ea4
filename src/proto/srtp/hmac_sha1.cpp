// OpenSSL 3 calls the functions on a bare SHA-1 state deprecated; EVP's copies of a context cost as much as an audio
// packet's whole HMAC does.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "proto/srtp/hmac_sha1.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

namespace tutti::srtp {
namespace {

constexpr uint8_t kInnerPad = 0x36, kOuterPad = 0x5C;

HmacSha1::State state_of(const SHA_CTX& sha) { return {sha.h0, sha.h1, sha.h2, sha.h3, sha.h4}; }

HmacSha1::State hash_key(std::span<const uint8_t, 20> key, uint8_t pad) {
  std::array<uint8_t, SHA_CBLOCK> block;
  block.fill(pad);
  for (size_t i = 0; i < key.size(); ++i) block[i] ^= key[i];
  SHA_CTX sha;
  SHA1_Init(&sha);
  SHA1_Update(&sha, block.data(), block.size());
  OPENSSL_cleanse(block.data(), block.size());
  return state_of(sha);
}

// SHA-1 as it was after that one block.
SHA_CTX resume(const HmacSha1::State& state) {
  SHA_CTX sha;
  sha.h0 = state[0];
  sha.h1 = state[1];
  sha.h2 = state[2];
  sha.h3 = state[3];
  sha.h4 = state[4];
  sha.Nl = 8 * SHA_CBLOCK;
  sha.Nh = 0;
  sha.num = 0;
  return sha;
}

}  // namespace

HmacSha1::HmacSha1(std::span<const uint8_t, 20> key)
    : inner_(hash_key(key, kInnerPad)), outer_(hash_key(key, kOuterPad)) {}

HmacSha1::~HmacSha1() {
  OPENSSL_cleanse(inner_.data(), sizeof(inner_));
  OPENSSL_cleanse(outer_.data(), sizeof(outer_));
}

Sha1Digest HmacSha1::digest(std::span<const uint8_t> data, std::span<const uint8_t> more) const {
  Sha1Digest out;
  SHA_CTX sha = resume(inner_);
  SHA1_Update(&sha, data.data(), data.size());
  if (!more.empty()) SHA1_Update(&sha, more.data(), more.size());
  SHA1_Final(out.data(), &sha);
  sha = resume(outer_);
  SHA1_Update(&sha, out.data(), out.size());
  SHA1_Final(out.data(), &sha);
  return out;
}

}  // namespace tutti::srtp
