#include "tutti/proto/dtls/fingerprint.hpp"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>

#include "tutti/base/crypto.hpp"

namespace tutti::dtls {
namespace {

constexpr size_t hash_size(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::kSha256:
      return 32;
    case HashAlgorithm::kSha384:
      return 48;
    case HashAlgorithm::kSha512:
      return 64;
  }
  return 0;
}

const EVP_MD* digest(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::kSha256:
      return EVP_sha256();
    case HashAlgorithm::kSha384:
      return EVP_sha384();
    case HashAlgorithm::kSha512:
      return EVP_sha512();
  }
  return nullptr;
}

constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::optional<HashAlgorithm> algorithm_from_name(std::string_view text) {
  for (auto algorithm : {HashAlgorithm::kSha256, HashAlgorithm::kSha384, HashAlgorithm::kSha512}) {
    const auto known = name(algorithm);
    const auto same = [](char a, char b) { return to_lower(a) == b; };
    if (std::equal(text.begin(), text.end(), known.begin(), known.end(), same)) return algorithm;
  }
  return std::nullopt;
}

std::optional<uint8_t> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0');
  const char lower = to_lower(c);
  if (lower >= 'a' && lower <= 'f') return static_cast<uint8_t>(lower - 'a' + 10);
  return std::nullopt;
}

}  // namespace

std::string_view name(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::kSha256:
      return "sha-256";
    case HashAlgorithm::kSha384:
      return "sha-384";
    case HashAlgorithm::kSha512:
      return "sha-512";
  }
  return {};
}

std::optional<Fingerprint> Fingerprint::parse(std::string_view algorithm, std::string_view hex) {
  std::array<uint8_t, 64> bytes{};
  const size_t size = (hex.size() + 1) / 3;
  if (size > bytes.size() || hex.size() + 1 != size * 3) return std::nullopt;
  for (size_t i = 0; i < size; ++i) {
    const auto high = hex_digit(hex[3 * i]), low = hex_digit(hex[3 * i + 1]);
    if (!high || !low) return std::nullopt;
    if (i + 1 < size && hex[3 * i + 2] != ':') return std::nullopt;
    bytes[i] = static_cast<uint8_t>(*high << 4 | *low);
  }
  return make(algorithm, std::span(bytes).first(size));
}

std::optional<Fingerprint> Fingerprint::make(std::string_view algorithm, std::span<const uint8_t> bytes) {
  const auto known = algorithm_from_name(algorithm);
  if (!known || bytes.size() != hash_size(*known)) return std::nullopt;
  Fingerprint out;
  out.algorithm_ = *known;
  out.size_ = bytes.size();
  std::copy(bytes.begin(), bytes.end(), out.bytes_.begin());
  return out;
}

Fingerprint Fingerprint::of(const x509_st& certificate, HashAlgorithm algorithm) {
  Fingerprint out;
  out.algorithm_ = algorithm;
  unsigned size = 0;
  // Empty after a failure, which equals no fingerprint that parse() accepts.
  if (X509_digest(&certificate, digest(algorithm), out.bytes_.data(), &size) == 1) out.size_ = size;
  return out;
}

std::string Fingerprint::str() const {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  out.reserve(size_ * 3);
  for (uint8_t b : bytes()) {
    if (!out.empty()) out += ':';
    out += kDigits[b >> 4];
    out += kDigits[b & 15];
  }
  return out;
}

bool Fingerprint::operator==(const Fingerprint& other) const {
  return algorithm_ == other.algorithm_ && equal_constant_time(bytes(), other.bytes());
}

}  // namespace tutti::dtls
