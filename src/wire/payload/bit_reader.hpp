// BitReader walks a span bit by bit, most significant first, and never leaves it. A read past the end returns zero and
// makes the reader not ok(), for good, as ByteReader does for bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tutti::payload {

class BitReader {
 public:
  constexpr explicit BitReader(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  constexpr bool ok() const { return ok_; }
  constexpr size_t remaining() const { return bytes_.size() * 8 - pos_; }

  constexpr bool flag() { return bits(1) != 0; }

  // n: 0 to 32.
  constexpr uint32_t bits(size_t n) {
    if (!reserve(n)) return 0;
    uint32_t v = 0;
    for (size_t end = pos_ + n; pos_ < end; ++pos_) v = v << 1 | (bytes_[pos_ / 8] >> (7 - pos_ % 8) & 1u);
    return v;
  }
  constexpr void skip(size_t n) {
    if (reserve(n)) pos_ += n;
  }
  // For a value that breaks the syntax: as if the bits had ended.
  constexpr void fail() { ok_ = false; }

  // ue(v) of H.264 §9.1. More than 31 leading zeros are no valid code and count as the end.
  constexpr uint32_t exp_golomb() {
    size_t zeros = 0;
    while (ok_ && !flag()) {
      if (++zeros > 31) ok_ = false;
    }
    if (!ok_) return 0;
    return static_cast<uint32_t>((uint64_t{1} << zeros) - 1 + bits(zeros));
  }
  // se(v) of H.264 §9.1.1.
  constexpr int32_t signed_exp_golomb() {
    const uint32_t v = exp_golomb();
    const auto magnitude = static_cast<int32_t>((uint64_t{v} + 1) / 2);
    return v % 2 == 1 ? magnitude : -magnitude;
  }

  // ns(n) of AV1 §4.10.7: a value below n in as few bits as it takes. n: 1 to 2^31.
  constexpr uint32_t non_symmetric(uint32_t n) {
    size_t width = 0;
    for (uint32_t x = n; x != 0; x >>= 1) ++width;
    const uint32_t short_codes = static_cast<uint32_t>((uint64_t{1} << width) - n);
    const uint32_t v = bits(width - 1);
    if (v < short_codes) return v;
    return (v << 1) - short_codes + bits(1);
  }

 private:
  constexpr bool reserve(size_t n) {
    if (!ok_ || n > remaining()) ok_ = false;
    return ok_;
  }

  std::span<const uint8_t> bytes_;
  size_t pos_ = 0;
  bool ok_ = true;
};

}  // namespace tutti::payload
