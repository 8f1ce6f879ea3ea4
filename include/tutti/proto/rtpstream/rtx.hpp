// The retransmission payload format, RFC 4588 §4: the original packet's payload behind its sequence number (OSN), under
// an SSRC, payload type and sequence number of the retransmission's own. Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "tutti/base/seq_num.hpp"

namespace tutti::rtpstream {

// Bytes that the original sequence number puts in front of the payload.
constexpr size_t kRtxPrefixSize = 2;

struct RtxPayload {
  SeqNum original;
  std::span<const uint8_t> rest;  // the original payload, within what was parsed
};

// payload: of the RTX packet, padding removed. Nothing if it has no room for the number. Senders probe with RTX packets
// that carry only padding: those have none.
std::optional<RtxPayload> parse_rtx(std::span<const uint8_t> payload) noexcept;
void write_rtx_prefix(SeqNum original, std::span<uint8_t, kRtxPrefixSize> out) noexcept;

}  // namespace tutti::rtpstream
