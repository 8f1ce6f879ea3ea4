// The picture size in an H.264 sequence parameter set. ITU-T H.264 §7.3.2.1.1. Pure function; no allocation.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "tutti/wire/payload/dimensions.hpp"

namespace tutti::payload {

// `nal`: the NAL unit with its header byte. nullopt if it is cut short, longer than kMaxSps, or gives no sensible size.
std::optional<Dimensions> read_h264_sps_dimensions(std::span<const uint8_t> nal) noexcept;

}  // namespace tutti::payload
