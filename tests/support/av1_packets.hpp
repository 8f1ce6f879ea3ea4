// RTP payloads of AV1 for tests: the temporal units of an encoder cut as a sender would. "RTP Payload Format For AV1"
// v1.0 §4.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "tutti/wire/payload/av1_obu.hpp"

namespace tutti::test {

struct Av1Cut {
  size_t max_payload = 1150;
  bool count_elements = true;  // W, so that the last one goes without its length; else each has one
  bool keep_sizes = false;     // leave obu_has_size_field as the encoder set it
};

namespace av1_detail {

inline void append_leb128(size_t value, std::vector<uint8_t>& out) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<uint8_t>(value | 0x80));
  out.push_back(static_cast<uint8_t>(value));
}

inline std::vector<uint8_t> without_size(const payload::Av1Obu& obu) {
  std::vector<uint8_t> out = {static_cast<uint8_t>(obu.bytes[0] & ~0x02)};
  if (obu.bytes[0] & 0x04) out.push_back(obu.bytes[1]);
  out.insert(out.end(), obu.payload.begin(), obu.payload.end());
  return out;
}

}  // namespace av1_detail

// `unit`: OBUs with sizes. `keyframe` sets N on the first packet.
inline std::vector<std::vector<uint8_t>> av1_payloads(std::span<const uint8_t> unit, bool keyframe, const Av1Cut& cut) {
  struct Packet {
    std::vector<std::vector<uint8_t>> elements;
    size_t size = 1;
    bool continues = false, goes_on = false;
  };
  std::vector<Packet> packets(1);
  // Each element's length takes two bytes at most.
  constexpr size_t kLength = 2;
  const size_t most_elements = cut.count_elements ? 3 : SIZE_MAX;
  while (const auto obu = payload::Av1Obu::take(unit)) {
    if (obu->type == payload::Av1Obu::kTemporalDelimiter) continue;
    const auto bytes =
        cut.keep_sizes ? std::vector<uint8_t>(obu->bytes.begin(), obu->bytes.end()) : av1_detail::without_size(*obu);
    std::span<const uint8_t> rest(bytes);
    bool begun = false;
    while (!rest.empty()) {
      if (packets.back().size + kLength + 1 > cut.max_payload || packets.back().elements.size() == most_elements) {
        packets.back().goes_on = begun;
        packets.emplace_back().continues = begun;
      }
      Packet& packet = packets.back();
      const auto part = rest.first(std::min(rest.size(), cut.max_payload - packet.size - kLength));
      packet.elements.emplace_back(part.begin(), part.end());
      packet.size += kLength + part.size();
      rest = rest.subspan(part.size());
      begun = true;
    }
  }
  std::vector<std::vector<uint8_t>> payloads;
  for (const Packet& packet : packets) {
    const size_t w = cut.count_elements ? packet.elements.size() : 0;
    const bool first = &packet == &packets.front();
    std::vector<uint8_t>& out = payloads.emplace_back();
    out.push_back(static_cast<uint8_t>((packet.continues ? 0x80 : 0) | (packet.goes_on ? 0x40 : 0) | w << 4 |
                                       (first && keyframe ? 0x08 : 0)));
    for (size_t i = 0; i < packet.elements.size(); ++i) {
      if (w == 0 || i + 1 < w) av1_detail::append_leb128(packet.elements[i].size(), out);
      out.insert(out.end(), packet.elements[i].begin(), packet.elements[i].end());
    }
  }
  return payloads;
}

}  // namespace tutti::test
