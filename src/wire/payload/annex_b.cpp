#include "tutti/wire/payload/annex_b.hpp"

#include <algorithm>
#include <array>

namespace tutti::payload {

constexpr std::array<uint8_t, 3> kStartCode = {0, 0, 1};

std::span<const uint8_t> take_nal_unit(std::span<const uint8_t>& stream) noexcept {
  while (true) {
    const auto start = std::search(stream.begin(), stream.end(), kStartCode.begin(), kStartCode.end());
    if (start == stream.end()) {
      stream = {};
      return {};
    }
    const auto first = start + kStartCode.size();
    const auto end = std::search(first, stream.end(), kStartCode.begin(), kStartCode.end());
    auto nal = stream.subspan(static_cast<size_t>(first - stream.begin()), static_cast<size_t>(end - first));
    stream = stream.subspan(static_cast<size_t>(end - stream.begin()));
    // trailing_zero_8bits, and the fourth byte of a long start code that follows.
    while (!nal.empty() && nal.back() == 0) nal = nal.first(nal.size() - 1);
    if (!nal.empty()) return nal;
  }
}

}  // namespace tutti::payload
