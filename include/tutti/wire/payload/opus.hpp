// What the first bytes of an Opus packet tell without decoding it. RFC 6716 §3.1, §3.2. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace tutti::payload {

// The encoder had nothing to say: one TOC byte, with at most one byte after it (RFC 6716 §2.1.9; libopus counts so
// too).
bool is_opus_dtx(std::span<const uint8_t> payload) noexcept;
// Coded with two channels. False for an empty payload.
bool is_opus_stereo(std::span<const uint8_t> payload) noexcept;
// Samples for each channel at 48 kHz, at most 5760 (120 ms). nullopt if empty, or longer than the RFC allows.
std::optional<uint32_t> opus_duration_samples(std::span<const uint8_t> payload) noexcept;

}  // namespace tutti::payload
