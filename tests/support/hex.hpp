// Bytes written as hex in a test. Any thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace tutti::test {

// Spaces are skipped; anything else must be hex digits in pairs.
inline std::vector<uint8_t> from_hex(std::string_view text) {
  std::vector<uint8_t> out;
  bool high = true;
  for (char c : text) {
    if (c == ' ') continue;
    const int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
    if (high) {
      out.push_back(static_cast<uint8_t>(digit << 4));
    } else {
      out.back() = static_cast<uint8_t>(out.back() | digit);
    }
    high = !high;
  }
  return out;
}

}  // namespace tutti::test
