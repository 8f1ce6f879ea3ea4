// ByteWriter fills a span in network byte order and never leaves it. A write that does not fit writes nothing and makes the
// writer not ok(), for good; a serialiser writes all and checks once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tutti {

class ByteWriter {
 public:
  constexpr explicit ByteWriter(std::span<uint8_t> out) : out_(out) {}

  constexpr bool ok() const { return ok_; }
  constexpr size_t size() const { return pos_; }
  constexpr size_t remaining() const { return out_.size() - pos_; }
  constexpr std::span<const uint8_t> written() const { return out_.first(pos_); }

  constexpr void u8(uint8_t v) { write(v, 1); }
  constexpr void u16(uint16_t v) { write(v, 2); }
  constexpr void u24(uint32_t v) { write(v, 3); }
  constexpr void u32(uint32_t v) { write(v, 4); }
  constexpr void u48(uint64_t v) { write(v, 6); }
  constexpr void u64(uint64_t v) { write(v, 8); }
  constexpr void bytes(std::span<const uint8_t> b) {
    if (!reserve(b.size())) return;
    std::copy(b.begin(), b.end(), out_.begin() + static_cast<std::ptrdiff_t>(pos_));
    pos_ += b.size();
  }
  constexpr void zeros(size_t n) {
    if (!reserve(n)) return;
    std::fill_n(out_.begin() + static_cast<std::ptrdiff_t>(pos_), n, uint8_t{0});
    pos_ += n;
  }
  // Overwrites two bytes written before, for a length that is known only at the end.
  constexpr void patch_u16(size_t at, uint16_t v) {
    if (at + 2 > pos_) return;
    out_[at] = static_cast<uint8_t>(v >> 8);
    out_[at + 1] = static_cast<uint8_t>(v);
  }

 private:
  constexpr bool reserve(size_t n) {
    if (!ok_ || n > remaining()) ok_ = false;
    return ok_;
  }
  constexpr void write(uint64_t v, size_t n) {
    if (!reserve(n)) return;
    for (size_t i = 0; i < n; ++i) out_[pos_ + i] = static_cast<uint8_t>(v >> (8 * (n - 1 - i)));
    pos_ += n;
  }

  std::span<uint8_t> out_;
  size_t pos_ = 0;
  bool ok_ = true;
};

}  // namespace tutti
