// Redundant audio: one packet with the primary block and earlier ones. RFC 2198 §3. Views into the caller's bytes; no
// allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "tutti/base/ids.hpp"

namespace tutti::payload {

struct RedBlock {
  PayloadType payload_type;
  uint16_t timestamp_offset = 0;  // how much older than the RTP timestamp; 0 for the primary
  std::span<const uint8_t> data;
};

struct RedPayload {
  // Chromium sends one earlier packet before the primary, our own RED two at most; one more is slack. Of more blocks
  // (by a field trial libwebrtc sends up to nine) the oldest are passed over, as nobody waits that long for a packet.
  static constexpr size_t kMaxBlocks = 4;

  // Oldest first, as on the wire; the last is the primary. Never empty.
  std::span<const RedBlock> blocks() const { return {blocks_.data(), count_}; }
  const RedBlock& primary() const { return blocks_[count_ - 1]; }

  // `payload`: the RTP payload. nullopt if a header or a block is cut short.
  static std::optional<RedPayload> parse(std::span<const uint8_t> payload) noexcept;

 private:
  RedPayload() = default;
  std::array<RedBlock, kMaxBlocks> blocks_{};
  size_t count_ = 0;
};

}  // namespace tutti::payload
