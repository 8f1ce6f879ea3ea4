// HMAC-SHA1 with a key that is hashed once: what is kept is SHA-1's state after the key's inner and outer block, and a
// message costs only its own blocks and one more. RFC 2104 §4, RFC 3711 §4.2.1.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "tutti/base/crypto.hpp"

namespace tutti::srtp {

class HmacSha1 {
 public:
  using State = std::array<uint32_t, 5>;  // words as the processor has them, which ipsec-mb takes too

  explicit HmacSha1(std::span<const uint8_t, 20> key);
  ~HmacSha1();
  HmacSha1(const HmacSha1&) = delete;
  HmacSha1& operator=(const HmacSha1&) = delete;

  // Of the two parts, one behind the other. OpenSSL's SHA-1, which uses the processor's instructions for it.
  Sha1Digest digest(std::span<const uint8_t> data, std::span<const uint8_t> more = {}) const;

  const State& inner() const { return inner_; }
  const State& outer() const { return outer_; }

 private:
  State inner_{}, outer_{};
};

}  // namespace tutti::srtp
