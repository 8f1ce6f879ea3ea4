#include "proto/srtp/multibuffer.hpp"

#include <openssl/crypto.h>

#include <utility>

namespace tutti::srtp {

std::unique_ptr<Multibuffer> Multibuffer::create() {
  std::unique_ptr<IMB_MGR, Free> manager(alloc_mb_mgr(0));
  if (!manager || (manager->features & IMB_FEATURE_AESNI) == 0 || (manager->features & IMB_FEATURE_PCLMULQDQ) == 0)
    return nullptr;
  IMB_ARCH arch = IMB_ARCH_NONE;
  init_mb_mgr_auto(manager.get(), &arch);
  if (imb_get_errno(manager.get()) != 0 || arch == IMB_ARCH_NONE || arch == IMB_ARCH_NOAESNI) return nullptr;
  return std::unique_ptr<Multibuffer>(new Multibuffer(std::move(manager)));
}

Multibuffer::Multibuffer(std::unique_ptr<IMB_MGR, Free> manager)
    : manager_(std::move(manager)),
      gcm128_{manager_->gcm128_pre,  manager_->gcm128_enc,        manager_->gcm128_dec,
              manager_->gcm128_init, manager_->gcm128_enc_update, manager_->gcm128_enc_finalize},
      gcm256_{manager_->gcm256_pre,  manager_->gcm256_enc,        manager_->gcm256_dec,
              manager_->gcm256_init, manager_->gcm256_enc_update, manager_->gcm256_enc_finalize} {
  cipher_job_.cipher_mode = IMB_CIPHER_CNTR;
  cipher_job_.cipher_direction = IMB_DIR_ENCRYPT;
  cipher_job_.key_len_in_bytes = IMB_KEY_128_BYTES;
  cipher_job_.iv_len_in_bytes = 16;
}

Multibuffer::~Multibuffer() { OPENSSL_cleanse(&scratch_, sizeof(scratch_)); }

size_t Multibuffer::sha1_lanes() const {
  switch (manager_->used_arch) {
    case IMB_ARCH_AVX512:
      return 16;
    case IMB_ARCH_AVX2:
      return 8;
    case IMB_ARCH_AVX:
      return 4;
    default:
      return (manager_->features & IMB_FEATURE_SHANI) != 0 ? 2 : 4;
  }
}

const GcmKey& Multibuffer::scratch_key(SrtpSuite suite, std::span<const uint8_t> key) {
  gcm(suite).expand(key.data(), &scratch_.data);
  return scratch_;
}

void Multibuffer::expand(std::span<const uint8_t, 16> key, AesRoundKeys& out) {
  AesRoundKeys for_decryption;  // which counter mode does without
  IMB_AES_KEYEXP_128(manager_.get(), key.data(), out.bytes.data(), for_decryption.bytes.data());
  OPENSSL_cleanse(&for_decryption, sizeof(for_decryption));
}

void Multibuffer::cipher(const AesRoundKeys& keys, std::span<const uint8_t, 16> counter_block,
                         std::span<uint8_t> text) {
  if (text.empty()) return;
  cipher_job_.enc_keys = cipher_job_.dec_keys = keys.bytes.data();
  cipher_job_.src = text.data();
  cipher_job_.dst = text.data();
  cipher_job_.msg_len_to_cipher_in_bytes = text.size();
  cipher_job_.iv = counter_block.data();
  IMB_SUBMIT_CIPHER_BURST_NOCHECK(manager_.get(), &cipher_job_, 1, IMB_CIPHER_CNTR, IMB_DIR_ENCRYPT, IMB_KEY_128_BYTES);
}

}  // namespace tutti::srtp
