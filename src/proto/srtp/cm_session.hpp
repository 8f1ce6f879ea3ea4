// AES_CM_128_HMAC_SHA1_80 and _32: AES in counter mode by ipsec-mb, and HMAC-SHA1, of one packet by OpenSSL and of many
// by CmBatch. RFC 3711 §4.1.1, §4.2.1.
#pragma once

#include <cstdint>
#include <span>

#include "proto/srtp/hmac_sha1.hpp"
#include "proto/srtp/ipsec_session.hpp"
#include "proto/srtp/multibuffer.hpp"
#include "proto/srtp/session_keys.hpp"

namespace tutti::srtp {

// One direction of SRTP, ready to use.
struct CmKey {
  CmKey(Multibuffer& multibuffer, const SessionKeys& keys);
  ~CmKey();

  AesRoundKeys round_keys;
  HmacSha1 hmac;
  Salt salt;
};

class CmSession final : public IpsecSession {
 public:
  CmSession(Multibuffer& multibuffer, const ParticipantKeys& keys);

  const CmKey& send_key() const { return send_rtp_; }

 private:
  bool open_rtp_text(std::span<uint8_t> packet, size_t header_size, Ssrc ssrc, uint64_t index) override;
  bool open_rtcp_text(std::span<uint8_t> packet, Ssrc ssrc, uint32_t index_word) override;
  void seal_rtcp_text(std::span<uint8_t> buffer, size_t size, Ssrc ssrc, uint32_t index_word) override;

  Multibuffer& multibuffer_;
  CmKey send_rtp_, receive_rtp_;
  SessionKeys send_rtcp_, receive_rtcp_;  // expanded for each packet: there are few
};

}  // namespace tutti::srtp
