// Writes bits, most significant first, for tests of what is packed so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tutti::test {

class BitWriter {
 public:
  // The lower `n` bits of `value`, zeros above its 32. Chains: BitWriter().put(2, 1).put(3, 5).
  BitWriter& put(size_t n, uint32_t value) {
    while (n-- > 0) {
      if (used_ % 8 == 0) bytes_.push_back(0);
      bytes_.back() = static_cast<uint8_t>(bytes_.back() | (n < 32 ? value >> n & 1 : 0) << (7 - used_ % 8));
      ++used_;
    }
    return *this;
  }
  BitWriter& repeat(size_t times, size_t n, uint32_t value) {
    while (times-- > 0) put(n, value);
    return *this;
  }
  // The exp-Golomb codes of H.264 §9.1. value: below 2^32 - 1.
  BitWriter& ue(uint32_t value) {
    size_t width = 0;
    while (width < 32 && (uint64_t{value} + 1) >> (width + 1) != 0) ++width;
    return put(width, 0).put(width + 1, value + 1);
  }
  BitWriter& se(int32_t value) {
    return ue(value > 0 ? static_cast<uint32_t>(2 * value - 1) : static_cast<uint32_t>(-2 * value));
  }
  const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  std::vector<uint8_t> bytes_;
  size_t used_ = 0;
};

}  // namespace tutti::test
