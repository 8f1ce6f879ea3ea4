// The SRTP protection profiles of RFC 5764 §4.1.2 and RFC 7714 §14.2, and the master keys that go with them: what
// `dtls` or the REST interface hands out and `srtp` takes in. Values; any thread. Keys are wiped from memory when they
// die.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tutti {

enum class SrtpSuite : uint8_t {
  kAesCm128HmacSha1_80,
  kAesCm128HmacSha1_32,
  kAeadAes128Gcm,
  kAeadAes256Gcm,
};

// The name as RFC 4568 and RFC 7714 register it, for example "AEAD_AES_128_GCM".
std::string_view name(SrtpSuite suite);
// Exact match; nothing for a suite that we do not speak.
std::optional<SrtpSuite> srtp_suite_from_name(std::string_view name);

// Master key and salt, in bytes.
constexpr size_t key_size(SrtpSuite suite) { return suite == SrtpSuite::kAeadAes256Gcm ? 32 : 16; }
constexpr size_t salt_size(SrtpSuite suite) {
  switch (suite) {
    case SrtpSuite::kAesCm128HmacSha1_80:
    case SrtpSuite::kAesCm128HmacSha1_32:
      return 14;  // RFC 3711 §8.2
    case SrtpSuite::kAeadAes128Gcm:
    case SrtpSuite::kAeadAes256Gcm:
      return 12;  // RFC 7714 §12
  }
  return 0;
}
constexpr size_t master_key_size(SrtpSuite suite) { return key_size(suite) + salt_size(suite); }

// A master key followed by its master salt. Equality takes the same time wherever the difference is.
class SrtpMasterKey {
 public:
  static constexpr size_t kMaxSize = 46;  // AES-256 and a salt of 14 bytes

  SrtpMasterKey() = default;
  // Keeps nothing if `key_and_salt` is longer than kMaxSize.
  explicit SrtpMasterKey(std::span<const uint8_t> key_and_salt);
  SrtpMasterKey(std::span<const uint8_t> key, std::span<const uint8_t> salt);
  SrtpMasterKey(const SrtpMasterKey&) = default;
  SrtpMasterKey& operator=(const SrtpMasterKey&) = default;
  ~SrtpMasterKey();

  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  std::span<const uint8_t> bytes() const { return {bytes_.data(), size_}; }
  // The two parts, for a key of that suite's length; both empty if the length is another.
  std::span<const uint8_t> key(SrtpSuite suite) const;
  std::span<const uint8_t> salt(SrtpSuite suite) const;

  bool operator==(const SrtpMasterKey& other) const;

 private:
  std::array<uint8_t, kMaxSize> bytes_{};
  size_t size_ = 0;
};

// Both directions of one association: `local` protects what we send, `remote` opens what we receive.
struct SrtpKeys {
  SrtpSuite suite = SrtpSuite::kAeadAes128Gcm;
  SrtpMasterKey local;
  SrtpMasterKey remote;
};

}  // namespace tutti
