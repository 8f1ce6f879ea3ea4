#include "tutti/media/audio/limiter.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace tutti::audio {
namespace {

// -1 dBFS: below it nothing is changed.
constexpr float kKnee = 32768.0F * 0.8912509F;
// What the loudest sample may become: 0 dBFS, less the rounding.
constexpr float kCeiling = 32767.0F;
// The gain moves in steps of this, linearly inside each.
constexpr TimeDelta kSubFrame = TimeDelta::micros(500);
constexpr size_t kMaxSubFrames = 40;
// The e-folding time of the way back: slow enough that the beat of two tones does not turn the volume.
constexpr float kReleaseSeconds = 0.15F;

// The gain that brings a peak under the ceiling: nothing below the knee, above it a curve that bends smoothly towards kCeiling and never
// passes it, so that louder stays louder.
float gain_for(float peak) {
  if (peak <= kKnee) return 1.0F;
  constexpr float kRoom = kCeiling - kKnee;
  const float over = peak - kKnee;
  return (kKnee + kRoom * over / (over + kRoom)) / peak;
}

}  // namespace

// The frame is cut into sub-frames. Each needs the gain of its own peak; the gain at the border of two is the smaller need of both, and
// inside it moves linearly, so that nothing is ever louder than its need allows: both ends of every sub-frame are at most its need. Thus a
// peak lowers the gain from one sub-frame before it. For a peak in the very first one that sub-frame is gone already; there the gain falls
// within its first quarter, 0.125 ms, and what is left above the ceiling in that time is cut.
void Limiter::process(std::span<const int32_t> sum, std::span<int16_t> out) {
  const size_t frames = sum.size() / format_.channels;
  const size_t length = std::max<size_t>(1, format_.samples(kSubFrame));
  const size_t count = std::min(kMaxSubFrames, (frames + length - 1) / length);
  std::array<float, kMaxSubFrames> need;
  bool all_one = gain_ == 1.0F;
  for (size_t s = 0; s < count; ++s) {
    const size_t begin = s * length * format_.channels;
    const size_t end = s + 1 == count ? sum.size() : begin + length * format_.channels;
    int32_t highest = 0;
    for (size_t i = begin; i < end; ++i) highest = std::max(highest, std::abs(sum[i]));
    need[s] = gain_for(static_cast<float>(highest));
    all_one = all_one && need[s] == 1.0F;
  }
  if (all_one) {
    for (size_t i = 0; i < sum.size(); ++i) out[i] = static_cast<int16_t>(sum[i]);
    return;
  }
  const float release = 1.0F - std::exp(-static_cast<float>(length) / (kReleaseSeconds * static_cast<float>(format_.sample_rate_hz)));
  float from = gain_;
  for (size_t s = 0; s < count; ++s) {
    const size_t begin = s * length;
    const size_t end = s + 1 == count ? frames : begin + length;
    float to = std::min(from + (1.0F - from) * release, need[s]);
    if (s + 1 < count) to = std::min(to, need[s + 1]);
    if (to > 0.9999F && need[s] == 1.0F) to = 1.0F;
    // Falls faster where the first sub-frame itself holds the peak.
    const size_t ramp = from > need[s] ? std::max<size_t>(1, (end - begin) / 4) : end - begin;
    const float step = (to - from) / static_cast<float>(ramp);
    for (size_t i = begin; i < end; ++i) {
      const float gain = i - begin < ramp ? from + step * static_cast<float>(i - begin + 1) : to;
      for (size_t c = 0; c < format_.channels; ++c) {
        const size_t at = i * format_.channels + c;
        out[at] = static_cast<int16_t>(std::clamp(std::nearbyint(static_cast<float>(sum[at]) * gain), -32768.0F, 32767.0F));
      }
    }
    from = to;
  }
  gain_ = from;
}

}  // namespace tutti::audio
