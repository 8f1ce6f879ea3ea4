#include "proto/srtp/gcm_session.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>

#include "proto/srtp/suite_shape.hpp"
#include "tutti/base/byte_writer.hpp"
#include "tutti/base/crypto.hpp"

namespace tutti::srtp {
namespace {

constexpr size_t kTagSize = 16;
using Tag = std::array<uint8_t, kTagSize>;

// RFC 7714 §9.2: what is authenticated of SRTCP beside the text is the first header and the index word.
using RtcpAad = std::array<uint8_t, kRtcpHeaderSize + kRtcpIndexWordSize>;
RtcpAad rtcp_aad(std::span<const uint8_t> packet, uint32_t index_word) {
  RtcpAad aad;
  ByteWriter writer(aad);
  writer.bytes(packet.first(kRtcpHeaderSize));
  writer.u32(index_word);
  return aad;
}

}  // namespace

GcmSession::GcmSession(Multibuffer& multibuffer, const ParticipantKeys& keys)
    : IpsecSession(keys.suite),
      multibuffer_(multibuffer),
      calls_(multibuffer.gcm(keys.suite)),
      send_salt_(keys.send_rtp.salt),
      receive_rtp_(small(keys.receive_rtp)),
      send_rtcp_(small(keys.send_rtcp)),
      receive_rtcp_(small(keys.receive_rtcp)) {
  calls_.expand(keys.send_rtp.cipher.data(), &send_key_.data);
}

GcmSession::~GcmSession() {
  for (SmallKey* key : {&receive_rtp_, &send_rtcp_, &receive_rtcp_}) OPENSSL_cleanse(key, sizeof(*key));
  OPENSSL_cleanse(&send_key_, sizeof(send_key_));
  if (receive_key_) OPENSSL_cleanse(receive_key_.get(), sizeof(*receive_key_));
}

void GcmSession::seal(SealJob& job, Ssrc ssrc, uint64_t index) const {
  const Nonce nonce = gcm_nonce(send_salt_, ssrc, index);
  const size_t text_size = job.prefix.size() + job.rest.size();
  uint8_t* text = job.out.data() + job.header_size;
  gcm_context_data context;
  if (job.prefix.empty()) {
    calls_.encrypt(&send_key_.data, &context, text, job.rest.data(), text_size, nonce.data(), job.out.data(),
                   job.header_size, text + text_size, kTagSize);
  } else {
    calls_.init(&send_key_.data, &context, nonce.data(), job.out.data(), job.header_size);
    calls_.encrypt_update(&send_key_.data, &context, text, job.prefix.data(), job.prefix.size());
    if (!job.rest.empty())
      calls_.encrypt_update(&send_key_.data, &context, text + job.prefix.size(), job.rest.data(), job.rest.size());
    calls_.encrypt_finalize(&send_key_.data, &context, text + text_size, kTagSize);
  }
  job.sealed_size = job.header_size + text_size + kTagSize;
}

bool GcmSession::open_rtp_text(std::span<uint8_t> packet, size_t header_size, Ssrc ssrc, uint64_t index) {
  if (!receive_key_) {
    receive_key_ = std::make_unique<GcmKey>();
    calls_.expand(receive_rtp_.cipher.data(), &receive_key_->data);
  }
  const Nonce nonce = gcm_nonce(receive_rtp_.salt, ssrc, index);
  const auto text = packet.subspan(header_size, packet.size() - header_size - kTagSize);
  gcm_context_data context;
  Tag tag;
  calls_.decrypt(&receive_key_->data, &context, text.data(), text.data(), text.size(), nonce.data(), packet.data(),
                 header_size, tag.data(), tag.size());
  return equal_constant_time(tag, packet.last(kTagSize));
}

bool GcmSession::open_rtcp_text(std::span<uint8_t> packet, Ssrc ssrc, uint32_t index_word) {
  const GcmKey& key = multibuffer_.scratch_key(suite(), receive_rtcp_.cipher);
  const Nonce nonce = gcm_nonce(receive_rtcp_.salt, ssrc, index_word & ~kRtcpEncrypted);
  const RtcpAad aad = rtcp_aad(packet, index_word);
  const size_t end = packet.size() - rtcp_overhead(suite());
  const auto text = packet.first(end).subspan(kRtcpHeaderSize);
  gcm_context_data context;
  Tag tag;
  calls_.decrypt(&key.data, &context, text.data(), text.data(), text.size(), nonce.data(), aad.data(), aad.size(),
                 tag.data(), tag.size());
  return equal_constant_time(tag, packet.subspan(end, kTagSize));
}

void GcmSession::seal_rtcp_text(std::span<uint8_t> buffer, size_t size, Ssrc ssrc, uint32_t index_word) {
  const GcmKey& key = multibuffer_.scratch_key(suite(), send_rtcp_.cipher);
  const Nonce nonce = gcm_nonce(send_rtcp_.salt, ssrc, index_word & ~kRtcpEncrypted);
  const RtcpAad aad = rtcp_aad(buffer, index_word);
  const auto text = buffer.first(size).subspan(kRtcpHeaderSize);
  gcm_context_data context;
  calls_.encrypt(&key.data, &context, text.data(), text.data(), text.size(), nonce.data(), aad.data(), aad.size(),
                 buffer.data() + size, kTagSize);
  ByteWriter(buffer.subspan(size + kTagSize)).u32(index_word);
}

}  // namespace tutti::srtp
