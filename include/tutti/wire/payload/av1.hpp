// The AV1 aggregation header. "RTP Payload Format For AV1" v1.0 §4.4 (AOM). Layers are told by the header extension of
// dependency_descriptor.hpp. Value; no allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tutti::payload {

struct Av1AggregationHeader {
  static constexpr size_t kSize = 1;

  bool continues_obu = false;       // Z: the first OBU element goes on from the previous packet
  bool last_obu_continues = false;  // Y: the last one goes on in the next packet
  uint8_t obu_count = 0;            // W: 1 to 3, or 0 if each element has its length
  bool new_coded_sequence = false;  // N: first packet of a coded video sequence

  // `payload`: the RTP payload. nullopt if it is empty, or N and Z are both set.
  static std::optional<Av1AggregationHeader> parse(std::span<const uint8_t> payload) noexcept;

  // This packet begins a keyframe, in which decoding can start.
  bool keyframe() const { return new_coded_sequence; }
};

}  // namespace tutti::payload
