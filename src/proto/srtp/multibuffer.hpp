// Intel's multi-buffer library, as one backend has it: its manager, the calls of each AES-GCM key size, and a place
// where keys that are seldom needed are expanded. One worker; nothing global.
#pragma once

#include <intel-ipsec-mb.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "tutti/base/srtp_suite.hpp"

namespace tutti::srtp {

// The direct API for one key size.
struct GcmCalls {
  aes_gcm_pre_t expand;
  aes_gcm_enc_dec_t encrypt;
  aes_gcm_enc_dec_t decrypt;
  aes_gcm_init_t init;
  aes_gcm_enc_dec_update_t encrypt_update;
  aes_gcm_enc_dec_finalize_t encrypt_finalize;
};

// An expanded key: a KiB. The library wants it aligned, but its header says so to nobody.
struct alignas(64) GcmKey {
  gcm_key_data data;
};

// AES-128's eleven round keys.
struct alignas(16) AesRoundKeys {
  std::array<uint8_t, 16 * 11> bytes;
};

class Multibuffer {
 public:
  // Null if the processor has no AES instructions, or the library fails its own test.
  static std::unique_ptr<Multibuffer> create();
  ~Multibuffer();
  Multibuffer(const Multibuffer&) = delete;
  Multibuffer& operator=(const Multibuffer&) = delete;

  IMB_MGR& manager() { return *manager_; }
  // How many messages SHA-1 works on at a time.
  size_t sha1_lanes() const;

  const GcmCalls& gcm(SrtpSuite suite) const { return suite == SrtpSuite::kAeadAes256Gcm ? gcm256_ : gcm128_; }
  // Expands an SRTCP key; the next call overwrites it.
  const GcmKey& scratch_key(SrtpSuite suite, std::span<const uint8_t> key);

  void expand(std::span<const uint8_t, 16> key, AesRoundKeys& out);
  // AES in counter mode over `text`, in place.
  void cipher(const AesRoundKeys& keys, std::span<const uint8_t, 16> counter_block, std::span<uint8_t> text);

 private:
  struct Free {
    void operator()(IMB_MGR* manager) const { free_mb_mgr(manager); }
  };
  explicit Multibuffer(std::unique_ptr<IMB_MGR, Free> manager);

  std::unique_ptr<IMB_MGR, Free> manager_;
  GcmCalls gcm128_, gcm256_;
  GcmKey scratch_;
  IMB_JOB cipher_job_{};
};

}  // namespace tutti::srtp
