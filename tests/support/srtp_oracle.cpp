#include "support/srtp_oracle.hpp"

#include <openssl/evp.h>

#include <memory>
#include <stdexcept>

#include "tutti/base/crypto.hpp"

namespace tutti::test {
namespace {

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

void require(bool ok) {
  if (!ok) throw std::runtime_error("OpenSSL refused");
}

void append(Bytes& to, std::span<const uint8_t> bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

bool is_gcm(SrtpSuite suite) { return suite == SrtpSuite::kAeadAes128Gcm || suite == SrtpSuite::kAeadAes256Gcm; }

// XORs a big-endian number into `bytes`, its last byte at `end`.
void xor_number(Bytes& bytes, size_t end, uint64_t value, size_t size) {
  for (size_t i = 0; i < size; ++i) bytes[end - i] ^= static_cast<uint8_t>(value >> (8 * i));
}

uint32_t ssrc_of(std::span<const uint8_t> b, size_t at) {
  return static_cast<uint32_t>(b[at]) << 24 | static_cast<uint32_t>(b[at + 1]) << 16 | static_cast<uint32_t>(b[at + 2]) << 8 | b[at + 3];
}

Bytes tag_of(std::span<const uint8_t> key, const Bytes& authenticated, size_t size) {
  const Sha1Digest digest = hmac_sha1(key, authenticated);
  return {digest.begin(), digest.begin() + static_cast<std::ptrdiff_t>(size)};
}

}  // namespace

Bytes aes_cm_keystream(std::span<const uint8_t> key, std::span<const uint8_t> counter, size_t size) {
  Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  const Bytes zeros(size);
  Bytes out(size);
  int n = 0;
  require(EVP_EncryptInit_ex(context.get(), key.size() == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr(), nullptr, key.data(), counter.data()) == 1);
  require(EVP_EncryptUpdate(context.get(), out.data(), &n, zeros.data(), static_cast<int>(size)) == 1);
  return out;
}

SessionKeys derive_session_keys(SrtpSuite suite, std::span<const uint8_t> master, bool rtcp) {
  const auto key = master.first(key_size(suite));
  // RFC 7714 §11: a salt of 96 bits is padded with zeros on the right to the 112 that the derivation takes.
  Bytes salt(master.begin() + static_cast<std::ptrdiff_t>(key.size()), master.end());
  salt.resize(14);
  auto derive = [&](uint8_t label, size_t size) {
    Bytes counter = salt;
    counter[7] ^= label;  // key_id = label || index, and the key derivation rate is 0
    counter.resize(16);
    return aes_cm_keystream(key, counter, size);
  };
  const uint8_t first = rtcp ? 3 : 0;
  SessionKeys out;
  out.cipher = derive(first, key_size(suite));
  if (!is_gcm(suite)) out.authentication = derive(static_cast<uint8_t>(first + 1), 20);
  out.salt = derive(static_cast<uint8_t>(first + 2), salt_size(suite));
  return out;
}

Bytes gcm_seal(std::span<const uint8_t> key, std::span<const uint8_t> iv, std::span<const uint8_t> aad, std::span<const uint8_t> text) {
  Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  Bytes out(text.size() + 16);
  int n = 0;
  require(EVP_EncryptInit_ex(context.get(), key.size() == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm(), nullptr, key.data(), iv.data()) == 1);
  require(EVP_EncryptUpdate(context.get(), nullptr, &n, aad.data(), static_cast<int>(aad.size())) == 1);
  if (!text.empty()) require(EVP_EncryptUpdate(context.get(), out.data(), &n, text.data(), static_cast<int>(text.size())) == 1);
  require(EVP_EncryptFinal_ex(context.get(), out.data() + text.size(), &n) == 1);
  require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, 16, out.data() + text.size()) == 1);
  return out;
}

Bytes protect_rtp(SrtpSuite suite, const SessionKeys& keys, uint32_t rollover, std::span<const uint8_t> packet, size_t header_size) {
  const uint64_t index = static_cast<uint64_t>(rollover) << 16 | static_cast<uint64_t>(packet[2] << 8 | packet[3]);
  Bytes out(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(header_size));
  Bytes iv = keys.salt;
  if (is_gcm(suite)) {
    // RFC 7714 §8.1: 00 00 || SSRC || ROC || SEQ, XOR salt
    xor_number(iv, 5, ssrc_of(packet, 8), 4);
    xor_number(iv, 11, index, 6);
    append(out, gcm_seal(keys.cipher, iv, packet.first(header_size), packet.subspan(header_size)));
    return out;
  }
  // RFC 3711 §4.1.1: (salt * 2^16) XOR (SSRC * 2^64) XOR (index * 2^16)
  iv.resize(16);
  xor_number(iv, 7, ssrc_of(packet, 8), 4);
  xor_number(iv, 13, index, 6);
  const Bytes stream = aes_cm_keystream(keys.cipher, iv, packet.size() - header_size);
  for (size_t i = header_size; i < packet.size(); ++i) out.push_back(packet[i] ^ stream[i - header_size]);
  Bytes authenticated = out;
  for (int shift = 24; shift >= 0; shift -= 8) authenticated.push_back(static_cast<uint8_t>(rollover >> shift));
  append(out, tag_of(keys.authentication, authenticated, suite == SrtpSuite::kAesCm128HmacSha1_32 ? 4 : 10));
  return out;
}

Bytes protect_rtcp(SrtpSuite suite, const SessionKeys& keys, uint32_t index, std::span<const uint8_t> packet) {
  Bytes word;
  for (int shift = 24; shift >= 0; shift -= 8) word.push_back(static_cast<uint8_t>((index | 0x80000000u) >> shift));
  Bytes out(packet.begin(), packet.begin() + 8);
  Bytes iv = keys.salt;
  if (is_gcm(suite)) {
    // RFC 7714 §9.1, and §9.2: the associated data is the header and the word with the E flag
    xor_number(iv, 5, ssrc_of(packet, 4), 4);
    xor_number(iv, 11, index, 4);
    Bytes aad = out;
    append(aad, word);
    append(out, gcm_seal(keys.cipher, iv, aad, packet.subspan(8)));
    append(out, word);
    return out;
  }
  iv.resize(16);
  xor_number(iv, 7, ssrc_of(packet, 4), 4);
  xor_number(iv, 13, index, 6);
  const Bytes stream = aes_cm_keystream(keys.cipher, iv, packet.size() - 8);
  for (size_t i = 8; i < packet.size(); ++i) out.push_back(packet[i] ^ stream[i - 8]);
  append(out, word);
  append(out, tag_of(keys.authentication, out, 10));
  return out;
}

}  // namespace tutti::test
