// A second, small implementation of SRTP and SRTCP over OpenSSL's ciphers, written from the RFCs alone: what the product's
// backends are compared with, byte for byte. Slow and without state: the caller gives rollover counter and index.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tutti/base/srtp_suite.hpp"

namespace tutti::test {

using Bytes = std::vector<uint8_t>;

struct SessionKeys {
  Bytes cipher, salt, authentication;
};

// RFC 3711 §4.3.1; labels 0, 1, 2 for SRTP and 3, 4, 5 for SRTCP. `authentication` is empty for AES-GCM.
SessionKeys derive_session_keys(SrtpSuite suite, std::span<const uint8_t> master, bool rtcp);
// RFC 3711 §4.1.1: `size` bytes of keystream from this counter block.
Bytes aes_cm_keystream(std::span<const uint8_t> key, std::span<const uint8_t> counter, size_t size);
// RFC 7714 §8, §9: ciphertext and tag.
Bytes gcm_seal(std::span<const uint8_t> key, std::span<const uint8_t> iv, std::span<const uint8_t> aad, std::span<const uint8_t> text);
// The whole protected packet. `header_size`: what stays readable.
Bytes protect_rtp(SrtpSuite suite, const SessionKeys& keys, uint32_t rollover, std::span<const uint8_t> packet, size_t header_size);
Bytes protect_rtcp(SrtpSuite suite, const SessionKeys& keys, uint32_t index, std::span<const uint8_t> packet);

}  // namespace tutti::test
