// The codecs that Tutti knows, by the names of their media type registrations. Values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "tutti/base/ids.hpp"

namespace tutti {

enum class Codec : uint8_t { kOpus, kPcmu, kPcma, kG722, kVp8, kVp9, kH264, kAv1 };

// The encoding name of its media type registration ("opus", "VP8", "AV1"); lookup ignores case (RFC 8866 §6.6).
std::string_view to_string(Codec codec);
std::optional<Codec> codec_from_name(std::string_view name);
MediaKind kind_of(Codec codec);
uint32_t default_clock_rate_hz(Codec codec);

}  // namespace tutti
