// AEAD_AES_128_GCM and AEAD_AES_256_GCM over ipsec-mb's direct calls, one packet at a time: a single buffer already
// runs as fast as the processor can. RFC 7714.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "proto/srtp/ipsec_session.hpp"
#include "proto/srtp/multibuffer.hpp"
#include "proto/srtp/session_keys.hpp"

namespace tutti::srtp {

class GcmSession final : public IpsecSession {
 public:
  GcmSession(Multibuffer& multibuffer, const ParticipantKeys& keys);
  ~GcmSession() override;

  // From the shared payload into `out`; the job fits.
  void seal(SealJob& job, Ssrc ssrc, uint64_t index) const;

 private:
  // An expanded key takes a KiB: only the one that every packet needs is kept from the start.
  struct SmallKey {
    std::array<uint8_t, 32> cipher;
    Salt salt;
  };
  static SmallKey small(const SessionKeys& keys) { return {keys.cipher, keys.salt}; }

  bool open_rtp_text(std::span<uint8_t> packet, size_t header_size, Ssrc ssrc, uint64_t index) override;
  bool open_rtcp_text(std::span<uint8_t> packet, Ssrc ssrc, uint32_t index_word) override;
  void seal_rtcp_text(std::span<uint8_t> buffer, size_t size, Ssrc ssrc, uint32_t index_word) override;

  Multibuffer& multibuffer_;
  const GcmCalls& calls_;
  Salt send_salt_;
  SmallKey receive_rtp_, send_rtcp_, receive_rtcp_;
  std::unique_ptr<GcmKey> receive_key_;  // of receive_rtp_, from the first packet on
  GcmKey send_key_;
};

}  // namespace tutti::srtp
