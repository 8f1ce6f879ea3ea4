// BitWriter fills a span bit by bit, most significant first, and never leaves it: what does not fit makes it not ok(),
// for good. The counterpart of BitReader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tutti::payload {

class BitWriter {
 public:
  constexpr explicit BitWriter(std::span<uint8_t> out) : out_(out) {}

  constexpr bool ok() const { return ok_; }
  // Bytes that have been begun; the last one ends in zeros.
  constexpr size_t size() const { return (pos_ + 7) / 8; }

  // The lower n bits of `value`, n: 0 to 32.
  constexpr void put(size_t n, uint32_t value) {
    if (!ok_ || n > out_.size() * 8 - pos_) {
      ok_ = false;
      return;
    }
    while (n-- > 0) {
      if (pos_ % 8 == 0) out_[pos_ / 8] = 0;
      out_[pos_ / 8] = static_cast<uint8_t>(out_[pos_ / 8] | (value >> n & 1u) << (7 - pos_ % 8));
      ++pos_;
    }
  }

 private:
  std::span<uint8_t> out_;
  size_t pos_ = 0;
  bool ok_ = true;
};

}  // namespace tutti::payload
