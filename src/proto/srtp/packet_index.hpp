// The 48 bits that SRTP numbers packets by: 16 on the wire, and a rollover counter that both sides keep. RFC 3711
// §3.3.1.
#pragma once

#include <cstdint>

namespace tutti::srtp {

// Appendix A: the index of a packet with this sequence number that is nearest to `highest`, the highest index so far (0
// at the start). Before the first wrap there is nothing to go back to: what would have a rollover counter of -1 is
// taken for a packet ahead, as libsrtp2 does, so that a stream may begin with any number.
constexpr uint64_t estimate_index(uint64_t highest, uint16_t sequence) {
  constexpr int kMedian = 1 << 15;
  const uint64_t rollover = highest >> 16;
  const int last = static_cast<int>(highest & 0xFFFF);
  const uint64_t same = rollover << 16 | sequence;
  if (last < kMedian) return sequence - last > kMedian && rollover > 0 ? same - 0x10000 : same;
  return last - kMedian > sequence ? same + 0x10000 : same;
}

}  // namespace tutti::srtp
