#include "proto/srtp/cm_batch.hpp"

#include <algorithm>

#include "proto/srtp/seal_job.hpp"
#include "proto/srtp/suite_shape.hpp"
#include "tutti/base/byte_writer.hpp"

namespace tutti::srtp {
namespace {

constexpr size_t kBlockSize = 16;
constexpr size_t kRolloverSize = 4;
// ipsec-mb writes 12 or 20 bytes of a tag. A job has kMaxOverhead bytes of room, so those that are too many do no harm.
constexpr size_t kTagWritten = 12;
static_assert(kTagWritten <= kMaxOverhead);

// With fewer messages than this, one after the other on the processor's SHA-1 instructions is faster than all at once:
// a run of the lanes costs the same however few are filled. Measured for 16; for fewer lanes from their full-load
// figures.
constexpr size_t least_filled(size_t lanes) { return lanes == 16 ? 4 : lanes == 8 ? 6 : lanes; }

IMB_JOB cipher_job() {
  IMB_JOB job{};
  job.cipher_mode = IMB_CIPHER_CNTR;
  job.cipher_direction = IMB_DIR_ENCRYPT;
  job.key_len_in_bytes = IMB_KEY_128_BYTES;
  job.iv_len_in_bytes = kBlockSize;
  return job;
}

IMB_JOB hash_job() {
  IMB_JOB job{};
  job.hash_alg = IMB_AUTH_HMAC_SHA_1;
  job.auth_tag_output_len_in_bytes = kTagWritten;
  return job;
}

const uint8_t* as_octets(const HmacSha1::State& state) { return reinterpret_cast<const uint8_t*>(state.data()); }

}  // namespace

CmBatch::CmBatch(Multibuffer& multibuffer)
    : multibuffer_(multibuffer),
      lanes_(multibuffer.sha1_lanes()),
      least_lanes_(least_filled(lanes_)),
      ciphers_(2 * kCapacity, cipher_job()),
      hashes_(kCapacity, hash_job()),
      blocks_(2 * kCapacity),
      keys_(kCapacity),
      jobs_(kCapacity),
      messages_(kCapacity) {}

void CmBatch::add(SealJob& job, const CmSession& session, Ssrc ssrc, uint64_t index) {
  if (hash_count_ == kCapacity) finish();
  const CmKey& key = session.send_key();
  uint8_t* text = job.out.data() + job.header_size;
  const size_t text_size = job.prefix.size() + job.rest.size();

  // Counter mode starts at whole blocks. So the prefix is filled up to a block with the first bytes of the payload and
  // encrypted where it goes, and the rest of the payload is read from where it is.
  size_t head = 0;
  if (!job.prefix.empty()) {
    head = std::min((job.prefix.size() + kBlockSize - 1) / kBlockSize * kBlockSize, text_size);
    place_prefix(job);
    std::copy_n(job.rest.begin(), head - job.prefix.size(), text + job.prefix.size());
    add_cipher(key, counter_block(key.salt, ssrc, index), text, text, head);
  }
  if (head < text_size) {
    add_cipher(key, counter_block(key.salt, ssrc, index, static_cast<uint16_t>(head / kBlockSize)),
               job.rest.data() + (head - job.prefix.size()), text + head, text_size - head);
  }

  // The rollover counter is authenticated, but not sent: the tag takes its place.
  const size_t size = job.header_size + text_size;
  ByteWriter(job.out.subspan(size)).u32(static_cast<uint32_t>(index >> 16));
  IMB_JOB& hash = hashes_[hash_count_];
  hash.src = job.out.data();
  hash.msg_len_to_hash_in_bytes = size + kRolloverSize;
  hash.auth_tag_output = job.out.data() + size;
  hash.u.HMAC._hashed_auth_key_xor_ipad = as_octets(key.hmac.inner());
  hash.u.HMAC._hashed_auth_key_xor_opad = as_octets(key.hmac.outer());
  keys_[hash_count_] = &key.hmac;
  jobs_[hash_count_] = &job;
  messages_[hash_count_] = job.out.first(size + kRolloverSize);
  ++hash_count_;
  job.sealed_size = size + rtp_tag_size(session.suite());
}

void CmBatch::add_cipher(const CmKey& key, const CounterBlock& block, const uint8_t* from, uint8_t* to, size_t size) {
  IMB_JOB& job = ciphers_[cipher_count_];
  blocks_[cipher_count_] = block;
  job.enc_keys = job.dec_keys = key.round_keys.bytes.data();
  job.src = from;
  job.dst = to;
  job.msg_len_to_cipher_in_bytes = size;
  job.iv = blocks_[cipher_count_].data();
  ++cipher_count_;
}

void CmBatch::finish() {
  IMB_MGR& manager = multibuffer_.manager();
  size_t ciphered = 0, hashed = 0;
  if (cipher_count_ > 0) {
    ciphered = IMB_SUBMIT_CIPHER_BURST_NOCHECK(&manager, ciphers_.data(), static_cast<uint32_t>(cipher_count_), IMB_CIPHER_CNTR,
                                               IMB_DIR_ENCRYPT, IMB_KEY_128_BYTES);
  }
  const size_t together = hash_count_ - single_buffers();
  if (together > 0)
    hashed = IMB_SUBMIT_HASH_BURST_NOCHECK(&manager, hashes_.data(), static_cast<uint32_t>(together), IMB_AUTH_HMAC_SHA_1);
  // The library has never done less than it was asked; if it should, nothing half encrypted may leave.
  if (ciphered != cipher_count_ || hashed != together) {
    for (size_t i = 0; i < hash_count_; ++i) jobs_[i]->sealed_size = 0;
  }
  for (size_t i = together; i < hash_count_; ++i) {
    const Sha1Digest digest = keys_[i]->digest(messages_[i]);
    std::copy_n(digest.begin(), kTagWritten, hashes_[i].auth_tag_output);
  }
  cipher_count_ = hash_count_ = 0;
}

// How many of the last packets would leave most lanes empty.
size_t CmBatch::single_buffers() const {
  const size_t left_over = hash_count_ % lanes_;
  return left_over < least_lanes_ ? left_over : 0;
}

}  // namespace tutti::srtp
