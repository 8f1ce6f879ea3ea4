#include "harness/stamp.hpp"

#include <algorithm>
#include <cstring>

#include "tutti/base/byte_reader.hpp"
#include "tutti/base/byte_writer.hpp"
#include "tutti/base/random.hpp"

namespace tutti::bench {

constexpr size_t kLongest = 2'048;

Pattern::Pattern(uint64_t seed) : bytes_(kSize + kLongest) {
  SeededRandom random(seed);
  random.fill(bytes_);
}

void write_stamp(std::span<uint8_t> out, int64_t wall_ns, uint16_t offset, uint16_t length) {
  ByteWriter w(out);
  w.u64(static_cast<uint64_t>(wall_ns));
  w.u16(offset);
  w.u16(length);
}

std::optional<int64_t> check_stamped(const Pattern& pattern, std::span<const uint8_t> payload) {
  ByteReader r(payload);
  const uint64_t wall_ns = r.u64();
  const uint16_t offset = r.u16(), length = r.u16();
  const auto rest = r.rest();
  if (!r.ok() || rest.size() != length || length > kLongest) return std::nullopt;
  const auto expected = pattern.at(offset, length);
  if (length > 0 && std::memcmp(rest.data(), expected.data(), length) != 0) return std::nullopt;
  return static_cast<int64_t>(wall_ns);
}

}  // namespace tutti::bench
