// Any text as a trickle fragment: what parses is written and read again to the same values.
#include <cstdlib>
#include <string_view>

#include "tutti/wire/sdp/trickle_fragment.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tutti;
  const auto fragment = sdp::parse_fragment({reinterpret_cast<const char*>(data), size});
  if (!fragment) return 0;
  const sdp::Limits wide{.max_bytes = SIZE_MAX, .max_lines = SIZE_MAX, .max_line_length = 8192};
  const auto again = sdp::parse_fragment(sdp::serialise(*fragment), wide);
  if (!again || !(*again == *fragment)) std::abort();
  return 0;
}
