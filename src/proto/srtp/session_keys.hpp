// The session keys of one direction and protocol, derived from a master key. RFC 3711 §4.3, RFC 7714 §11. Wiped when
// they die.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "proto/srtp/counter_block.hpp"
#include "tutti/base/srtp_suite.hpp"

namespace tutti::srtp {

struct SessionKeys {
  std::array<uint8_t, 32> cipher{};          // 16 used but with AES-256
  std::array<uint8_t, 20> authentication{};  // AES-CM only
  Salt salt{};

  SessionKeys() = default;
  SessionKeys(const SessionKeys&) = default;
  SessionKeys& operator=(const SessionKeys&) = default;
  ~SessionKeys();
};

// Both directions of one participant.
struct ParticipantKeys {
  SrtpSuite suite;
  SessionKeys send_rtp, send_rtcp, receive_rtp, receive_rtcp;
};

// The master keys have the suite's length. Nothing if OpenSSL refuses.
std::optional<ParticipantKeys> derive_session_keys(const SrtpKeys& keys);

}  // namespace tutti::srtp
