// The packets of AES-CM sessions in a batch that is sealed, gathered so that HMAC-SHA1, which is most of their cost,
// runs over many of them at a time: sixteen, one in each lane of an AVX-512 register. RFC 3711 §4. One backend's;
// reused for ever.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "proto/srtp/cm_session.hpp"
#include "proto/srtp/multibuffer.hpp"

namespace tutti::srtp {

class CmBatch {
 public:
  explicit CmBatch(Multibuffer& multibuffer);

  // Sets the job's size now; what stands in `out` is complete only after finish. The job fits.
  void add(SealJob& job, const CmSession& session, Ssrc ssrc, uint64_t index);
  // Encrypts and authenticates what was added.
  void finish();

 private:
  static constexpr size_t kCapacity = 64;  // packets; then it finishes by itself

  void add_cipher(const CmKey& key, const CounterBlock& block, const uint8_t* from, uint8_t* to, size_t size);
  size_t single_buffers() const;

  Multibuffer& multibuffer_;
  size_t lanes_, least_lanes_;
  // Written from the front; everything that is the same for all jobs is set once.
  std::vector<IMB_JOB> ciphers_, hashes_;
  std::vector<CounterBlock> blocks_;          // of each of ciphers_
  std::vector<const HmacSha1*> keys_;         // of each of hashes_
  std::vector<SealJob*> jobs_;                // likewise
  std::vector<std::span<uint8_t>> messages_;  // likewise
  size_t cipher_count_ = 0, hash_count_ = 0;
};

}  // namespace tutti::srtp
