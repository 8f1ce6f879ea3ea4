// The few primitives that protocols need by themselves: HMAC-SHA1 (STUN), SHA-256, constant-time comparison, and the text
// forms base64 (RFC 4648 §4, padded) and hex. Pure functions over OpenSSL's libcrypto.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tutti {

using Sha1Digest = std::array<uint8_t, 20>;
using Sha256Digest = std::array<uint8_t, 32>;

Sha1Digest hmac_sha1(std::span<const uint8_t> key, std::span<const uint8_t> data);
Sha256Digest sha256(std::span<const uint8_t> data);
// Takes the same time wherever the difference is. Different lengths are unequal.
bool equal_constant_time(std::span<const uint8_t> a, std::span<const uint8_t> b);
// CRC-32 of ISO 3309, as STUN's FINGERPRINT uses it (before its XOR).
uint32_t crc32(std::span<const uint8_t> data);

std::string base64_encode(std::span<const uint8_t> data);
// Standard alphabet with padding; nothing on any other character.
std::optional<std::vector<uint8_t>> base64_decode(std::string_view text);
std::string hex(std::span<const uint8_t> data);

inline std::span<const uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace tutti
