#include "tutti/wire/payload/opus.hpp"

#include <array>

namespace tutti::payload {

// RFC 6716 §3.1, the TOC byte:
//  0 1 2 3 4 5 6 7
// +-+-+-+-+-+-+-+-+
// | config  |s| c |
// +-+-+-+-+-+-+-+-+
constexpr uint8_t kStereo = 0x04;

bool is_opus_dtx(std::span<const uint8_t> payload) noexcept { return payload.size() == 1 || payload.size() == 2; }

bool is_opus_stereo(std::span<const uint8_t> payload) noexcept { return !payload.empty() && payload[0] & kStereo; }

// Table 2: SILK in configurations 0 to 11, hybrid 12 to 15, CELT 16 to 31.
static uint32_t frame_samples(uint8_t config) noexcept {
  constexpr std::array<uint32_t, 4> kSilk = {480, 960, 1920, 2880};  // 10, 20, 40, 60 ms
  constexpr std::array<uint32_t, 2> kHybrid = {480, 960};
  constexpr std::array<uint32_t, 4> kCelt = {120, 240, 480, 960};  // 2.5, 5, 10, 20 ms
  if (config < 12) return kSilk[config % 4];
  if (config < 16) return kHybrid[config % 2];
  return kCelt[config % 4];
}

std::optional<uint32_t> opus_duration_samples(std::span<const uint8_t> payload) noexcept {
  constexpr uint32_t kMaxSamples = 5760;
  if (payload.empty()) return std::nullopt;
  const uint8_t code = payload[0] & 3;
  uint32_t frames = code == 0 ? 1 : 2;
  if (code == 3) {
    // §3.2.5: the second byte's lower six bits count the frames; "M MUST NOT be zero".
    if (payload.size() < 2) return std::nullopt;
    frames = payload[1] & 0x3F;
  }
  const uint32_t samples = frames * frame_samples(static_cast<uint8_t>(payload[0] >> 3));
  if (samples == 0 || samples > kMaxSamples) return std::nullopt;
  return samples;
}

}  // namespace tutti::payload
