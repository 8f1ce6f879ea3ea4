// The payload of a retransmission packet: the original sequence number, then the original payload. RFC 4588 §4. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "tutti/base/seq_num.hpp"

namespace tutti::rtpstream {

constexpr size_t kRtxHeaderSize = 2;

struct RtxPayload {
  SeqNum original;
  std::span<const uint8_t> payload;
};

// Nothing if it is too short. A payload of nothing is padding, with which senders probe for bandwidth.
constexpr std::optional<RtxPayload> parse_rtx(std::span<const uint8_t> payload) {
  if (payload.size() < kRtxHeaderSize) return std::nullopt;
  return RtxPayload{SeqNum(static_cast<uint16_t>(payload[0] << 8 | payload[1])), payload.subspan(kRtxHeaderSize)};
}

}  // namespace tutti::rtpstream
