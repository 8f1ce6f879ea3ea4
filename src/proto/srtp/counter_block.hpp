// The one place that knows how a packet's counter block and nonce are built. One rule serves SRTP and SRTCP: the index
// is 48 bits of rollover counter and sequence number there, 31 bits of SRTCP index here.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "tutti/base/ids.hpp"

namespace tutti::srtp {

using Salt = std::array<uint8_t, 14>;  // AES-GCM's has 12, and two zeros behind
using CounterBlock = std::array<uint8_t, 16>;
using Nonce = std::array<uint8_t, 12>;

namespace counter_block_detail {
// XORs the low `size` bytes of `value`, big-endian, onto those from `to` on.
inline void xor_number(uint8_t* to, uint64_t value, int size) {
  for (int i = 0; i < size; ++i) to[i] ^= static_cast<uint8_t>(value >> (8 * (size - 1 - i)));
}
}  // namespace counter_block_detail

// RFC 3711 §4.1.1: (salt * 2^16) XOR (SSRC * 2^64) XOR (index * 2^16), and in the last two bytes the number of the
// block.
inline CounterBlock counter_block(const Salt& salt, Ssrc ssrc, uint64_t index, uint16_t block_number = 0) {
  CounterBlock out;
  std::copy(salt.begin(), salt.end(), out.begin());
  counter_block_detail::xor_number(&out[4], ssrc.value(), 4);
  counter_block_detail::xor_number(&out[8], index, 6);
  out[14] = static_cast<uint8_t>(block_number >> 8);
  out[15] = static_cast<uint8_t>(block_number);
  return out;
}

// RFC 7714 §8.1, §9.1: (00 00 || SSRC || index of 48 bits) XOR salt.
inline Nonce gcm_nonce(const Salt& salt, Ssrc ssrc, uint64_t index) {
  Nonce out;
  std::copy_n(salt.begin(), out.size(), out.begin());
  counter_block_detail::xor_number(&out[2], ssrc.value(), 4);
  counter_block_detail::xor_number(&out[6], index, 6);
  return out;
}

}  // namespace tutti::srtp
