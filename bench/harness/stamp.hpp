// What stands in a payload that nobody decodes: a stamp (when it was sent, which bytes follow) and bytes of a known
// pattern, so that its receiver knows how long it took and that every byte is the one that was sent. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace tutti::bench {

//  0               8       10      12
//  | wall clock, ns | offset | length | bytes of the pattern ...
constexpr size_t kStampSize = 12;

// Random bytes that sender and receiver share.
class Pattern {
 public:
  static constexpr size_t kSize = 64 * 1024;
  explicit Pattern(uint64_t seed);
  // `length` at most 2,048. Any offset.
  std::span<const uint8_t> at(uint16_t offset, size_t length) const {
    return std::span(bytes_).subspan(offset, length);
  }

 private:
  std::vector<uint8_t> bytes_;
};

// `out`: kStampSize bytes.
void write_stamp(std::span<uint8_t> out, int64_t wall_ns, uint16_t offset, uint16_t length);
// The time in a payload that begins with a stamp; nothing if a byte behind it is another, or one is missing or too
// many.
std::optional<int64_t> check_stamped(const Pattern& pattern, std::span<const uint8_t> payload);

}  // namespace tutti::bench
