#include "tutti/wire/payload/av1.hpp"

namespace tutti::payload {

// §4.4:
//  0 1 2 3 4 5 6 7
// +-+-+-+-+-+-+-+-+
// |Z|Y| W |N|-|-|-|
// +-+-+-+-+-+-+-+-+
std::optional<Av1AggregationHeader> Av1AggregationHeader::parse(std::span<const uint8_t> payload) noexcept {
  if (payload.empty()) return std::nullopt;
  Av1AggregationHeader header;
  header.continues_obu = (payload[0] & 0x80) != 0;
  header.last_obu_continues = (payload[0] & 0x40) != 0;
  header.obu_count = payload[0] >> 4 & 3;
  header.new_coded_sequence = (payload[0] & 0x08) != 0;
  // "If N is set to 1 then Z must be set to 0."
  if (header.new_coded_sequence && header.continues_obu) return std::nullopt;
  return header;
}

}  // namespace tutti::payload
