#include "proto/srtp/cm_session.hpp"

#include <openssl/crypto.h>

#include <array>

#include "proto/srtp/suite_shape.hpp"
#include "tutti/base/byte_writer.hpp"
#include "tutti/base/crypto.hpp"

namespace tutti::srtp {

CmKey::CmKey(Multibuffer& multibuffer, const SessionKeys& keys) : hmac(keys.authentication), salt(keys.salt) {
  multibuffer.expand(std::span(keys.cipher).first<16>(), round_keys);
}

CmKey::~CmKey() { OPENSSL_cleanse(&round_keys, sizeof(round_keys)); }

CmSession::CmSession(Multibuffer& multibuffer, const ParticipantKeys& keys)
    : IpsecSession(keys.suite),
      multibuffer_(multibuffer),
      send_rtp_(multibuffer, keys.send_rtp),
      receive_rtp_(multibuffer, keys.receive_rtp),
      send_rtcp_(keys.send_rtcp),
      receive_rtcp_(keys.receive_rtcp) {}

// RFC 3711 §4.2: the tag is over the packet and the rollover counter, which is not sent.
bool CmSession::open_rtp_text(std::span<uint8_t> packet, size_t header_size, Ssrc ssrc, uint64_t index) {
  const auto tag = packet.last(rtp_tag_size(suite()));
  const auto authenticated = packet.first(packet.size() - tag.size());
  std::array<uint8_t, 4> rollover;
  ByteWriter(rollover).u32(static_cast<uint32_t>(index >> 16));
  const Sha1Digest digest = receive_rtp_.hmac.digest(authenticated, rollover);
  if (!equal_constant_time(std::span(digest).first(tag.size()), tag)) return false;
  multibuffer_.cipher(receive_rtp_.round_keys, counter_block(receive_rtp_.salt, ssrc, index),
                      authenticated.subspan(header_size));
  return true;
}

bool CmSession::open_rtcp_text(std::span<uint8_t> packet, Ssrc ssrc, uint32_t index_word) {
  const auto tag = packet.last(rtcp_tag_size(suite()));
  const auto authenticated = packet.first(packet.size() - tag.size());
  const CmKey key(multibuffer_, receive_rtcp_);
  const Sha1Digest digest = key.hmac.digest(authenticated);
  if (!equal_constant_time(std::span(digest).first(tag.size()), tag)) return false;
  const auto text = authenticated.first(authenticated.size() - kRtcpIndexWordSize).subspan(kRtcpHeaderSize);
  multibuffer_.cipher(key.round_keys, counter_block(key.salt, ssrc, index_word & ~kRtcpEncrypted), text);
  return true;
}

void CmSession::seal_rtcp_text(std::span<uint8_t> buffer, size_t size, Ssrc ssrc, uint32_t index_word) {
  const CmKey key(multibuffer_, send_rtcp_);
  const auto text = buffer.first(size).subspan(kRtcpHeaderSize);
  multibuffer_.cipher(key.round_keys, counter_block(key.salt, ssrc, index_word & ~kRtcpEncrypted), text);
  ByteWriter trailer(buffer.subspan(size));
  trailer.u32(index_word);
  const Sha1Digest digest = key.hmac.digest(buffer.first(size + kRtcpIndexWordSize));
  trailer.bytes(std::span(digest).first(rtcp_tag_size(suite())));
}

}  // namespace tutti::srtp
