// NAL units in a byte stream with start codes, as H.264 encoders and decoders take it. ITU-T H.264 §B.1. Views; no
// allocation.
#pragma once

#include <cstdint>
#include <span>

namespace tutti::payload {

// Takes the next NAL unit out of `stream`, without its start code and the zeros behind it, and leaves the rest there.
// Bytes before the first start code are passed over. Empty when there is none left; a NAL unit without a byte is passed
// over, too.
std::span<const uint8_t> take_nal_unit(std::span<const uint8_t>& stream) noexcept;

}  // namespace tutti::payload
