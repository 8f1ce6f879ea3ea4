// ByteReader walks a span in network byte order and never leaves it. A read past the end returns zero and makes the
// reader not ok(), for good; a parser may read a whole fixed part and check once. Parsers use this, never a cast.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tutti {

class ByteReader {
 public:
  constexpr explicit ByteReader(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  constexpr bool ok() const { return ok_; }
  constexpr size_t remaining() const { return bytes_.size() - pos_; }
  constexpr bool at_end() const { return pos_ == bytes_.size(); }
  constexpr size_t position() const { return pos_; }

  constexpr uint8_t u8() { return static_cast<uint8_t>(read(1)); }
  constexpr uint16_t u16() { return static_cast<uint16_t>(read(2)); }
  constexpr uint32_t u24() { return static_cast<uint32_t>(read(3)); }
  constexpr uint32_t u32() { return static_cast<uint32_t>(read(4)); }
  constexpr uint64_t u48() { return read(6); }
  constexpr uint64_t u64() { return read(8); }

  // The next `n` bytes, or an empty span and not ok() if there are fewer.
  constexpr std::span<const uint8_t> bytes(size_t n) {
    if (!ok_ || n > remaining()) return fail();
    auto out = bytes_.subspan(pos_, n);
    pos_ += n;
    return out;
  }
  constexpr std::span<const uint8_t> rest() { return bytes(remaining()); }
  constexpr void skip(size_t n) { (void)bytes(n); }
  // A reader over the next `n` bytes, which this one steps over.
  constexpr ByteReader sub(size_t n) {
    ByteReader inner(bytes(n));
    inner.ok_ = ok_;
    return inner;
  }

 private:
  constexpr std::span<const uint8_t> fail() {
    ok_ = false;
    pos_ = bytes_.size();
    return {};
  }
  constexpr uint64_t read(size_t n) {
    auto b = bytes(n);
    uint64_t v = 0;
    for (uint8_t x : b) v = v << 8 | x;
    return v;
  }

  std::span<const uint8_t> bytes_;
  size_t pos_ = 0;
  bool ok_ = true;
};

}  // namespace tutti
