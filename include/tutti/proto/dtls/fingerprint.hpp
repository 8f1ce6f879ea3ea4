// Fingerprint: the hash of a certificate as `a=fingerprint` carries it (RFC 8122 §5). It binds the DTLS handshake to
// the signalling: who shows a certificate with this hash is who sent the SDP. A value; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct x509_st;

namespace tutti::dtls {

// SHA-1 and older are left out: RFC 8122 §5.1 keeps them for legacy only, and every browser sends sha-256.
enum class HashAlgorithm : uint8_t { kSha256, kSha384, kSha512 };

// "sha-256", "sha-384" or "sha-512".
std::string_view name(HashAlgorithm algorithm);

class Fingerprint {
 public:
  // `algorithm` is one of the names above in any case; `hex` is "AB:CD:...", pairs in any case. Nothing if the
  // algorithm is another, the length is not that of its hash, or the text is malformed.
  static std::optional<Fingerprint> parse(std::string_view algorithm, std::string_view hex);
  // The same from bytes.
  static std::optional<Fingerprint> make(std::string_view algorithm, std::span<const uint8_t> bytes);
  // Of the certificate's DER form.
  static Fingerprint of(const x509_st& certificate, HashAlgorithm algorithm);

  HashAlgorithm algorithm() const { return algorithm_; }
  std::span<const uint8_t> bytes() const { return {bytes_.data(), size_}; }
  // Upper-case pairs joined by colons, without the algorithm's name.
  std::string str() const;

  // Takes the same time wherever the difference is.
  bool operator==(const Fingerprint& other) const;

 private:
  HashAlgorithm algorithm_ = HashAlgorithm::kSha256;
  size_t size_ = 0;
  std::array<uint8_t, 64> bytes_{};
};

}  // namespace tutti::dtls
