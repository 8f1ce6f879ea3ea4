#include "tutti/media/audio/limiter.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "media/audio/gain_kernel.hpp"

namespace tutti::audio {
namespace {

// -1 dBFS: below it nothing is changed.
constexpr float kKnee = 32768.0F * 0.8912509F;
// What the loudest sample comes near to and never reaches: 0 dBFS.
constexpr float kCeiling = 32767.0F;
// The gain moves in steps of this, linearly inside each.
constexpr TimeDelta kSubFrame = TimeDelta::micros(500);
constexpr size_t kMaxSubFrames = 40;
// After a peak the gain stays for a while, so that the beat of two tones does not turn the volume, and then comes back
// with this e-folding time: together 160 ms for most of the way.
constexpr TimeDelta kHold = TimeDelta::millis(60);
constexpr float kReleaseSeconds = 0.1F;
// A peak that needs nearly the gain that there is holds it, too.
constexpr float kAlike = 1.02F;

// The gain that brings a peak under the ceiling: nothing below the knee, above it a curve that bends smoothly towards
// kCeiling and never passes it, so that louder stays louder.
float gain_for(float peak) {
  if (peak <= kKnee) return 1.0F;
  constexpr float kRoom = kCeiling - kKnee;
  const float over = peak - kKnee;
  return (kKnee + kRoom * over / (over + kRoom)) / peak;
}

float peak_of(std::span<const int32_t> sum) {
  int32_t low = 0, high = 0;
  for (const int32_t s : sum) {
    low = std::min(low, s);
    high = std::max(high, s);
  }
  return std::max(static_cast<float>(high), -static_cast<float>(low));
}

// The gentlest straight fall from `from` to `to` that no sample passes before it is low enough.
float fall(std::span<const int32_t> sum, size_t channels, float from, float to) {
  const size_t frames = sum.size() / channels;
  float step = (to - from) / static_cast<float>(frames);
  for (size_t i = 0; i * channels < sum.size(); ++i) {
    const float need = gain_for(peak_of(sum.subspan(i * channels, channels)));
    step = std::min(step, (need - from) / static_cast<float>(i + 1));
  }
  return step;
}

}  // namespace

// The frame is cut into sub-frames. Each needs the gain of its own peak; the gain at the border of two is the smaller
// need of both, and inside it moves linearly, so that nothing is ever louder than its need allows: both ends of every
// sub-frame are at most its need. Thus a peak lowers the gain from one sub-frame before it. For a peak in the very
// first one that sub-frame is gone already: there the gain falls inside it, as steeply as its samples ask for and no
// steeper, so that even these are bent and not cut.
void Limiter::process(std::span<const int32_t> sum, std::span<int16_t> out) {
  const size_t channels = format_.channels;
  const size_t frames = sum.size() / channels;
  const size_t length = std::max({size_t{1}, format_.samples(kSubFrame), (frames + kMaxSubFrames - 1) / kMaxSubFrames});
  const size_t count = (frames + length - 1) / length;
  std::array<float, kMaxSubFrames> need;
  bool all_one = gain_ == 1.0F;
  for (size_t s = 0; s < count; ++s) {
    const size_t begin = s * length;
    need[s] = gain_for(peak_of(sum.subspan(begin * channels, std::min(length, frames - begin) * channels)));
    all_one = all_one && need[s] == 1.0F;
  }
  if (all_one) {
    for (size_t i = 0; i < sum.size(); ++i) out[i] = static_cast<int16_t>(sum[i]);
    return;
  }
  const float release =
      1.0F - std::exp(-static_cast<float>(length) / (kReleaseSeconds * static_cast<float>(format_.sample_rate_hz)));
  for (size_t s = 0; s < count; ++s) {
    const size_t begin = s * length, size = std::min(length, frames - begin);
    const std::span<const int32_t> in = sum.subspan(begin * channels, size * channels);
    const float most = std::min(need[s], need[std::min(s + 1, count - 1)]);
    held_ = most < 1.0F && most <= gain_ * kAlike ? TimeDelta::zero() : held_ + format_.duration(size);
    float to = held_ < kHold ? gain_ : gain_ + (1.0F - gain_) * release;
    if (to > 0.9999F) to = 1.0F;
    to = std::min(to, most);
    float step = (to - gain_) / static_cast<float>(size);
    size_t turning = size;
    if (gain_ > need[s]) {
      step = fall(in, channels, gain_, to);
      turning = std::min(size, static_cast<size_t>((to - gain_) / step));
    }
    // Of the sums that voices make none is cut here; of those a thousand times full scale some are, by float's last
    // bit.
    const auto multiply = channels == 1 ? scale<1, int32_t> : scale<2, int32_t>;
    int16_t* const to_here = &out[begin * channels];
    multiply(in.data(), to_here, turning, gain_, step);
    multiply(in.data() + turning * channels, to_here + turning * channels, size - turning, to, 0);
    gain_ = to;
  }
}

}  // namespace tutti::audio
