#include "media/jitter/time_stretch.hpp"

#include <algorithm>
#include <cmath>

namespace tutti::jitter {
namespace {

constexpr TimeDelta kShortestLag = TimeDelta::millis(1);
constexpr TimeDelta kFade = TimeDelta::micros(7500);
constexpr double kAlike = 0.9;  // NetEQ's accelerate has the same
constexpr double kAlikeFast = 0.5;
constexpr uint32_t kCoarseRateHz = 8000;  // pitch needs no more
constexpr double kQuiet = 33;             // -60 dBFS
constexpr double kPause = 0.03;           // -30 dB below speech
constexpr double kLevelDecay = 0.998;     // for each frame: 3 dB in 3.5 s of frames of 20 ms

double level(const int16_t* x, size_t n) {
  if (n == 0) return 0;
  int64_t sum = 0;
  for (size_t i = 0; i < n; ++i) sum += int32_t{x[i]} * x[i];
  return std::sqrt(static_cast<double>(sum) / static_cast<double>(n));
}

}  // namespace

TimeStretch::TimeStretch(audio::AudioFormat format) : format_(format), shortest_(format.samples(kShortestLag)) {}

void TimeStretch::on_played(std::span<const int16_t> frame) {
  speech_level_ = std::max(level(frame.data(), frame.size()), speech_level_ * kLevelDecay);
}

bool TimeStretch::quiet(const PlayoutBuffer& buffer) const {
  const size_t n = std::min(buffer.future(), format_.samples(TimeDelta::millis(20))) * format_.channels;
  // Of two halves, so that the first syllable after a pause is not taken for its end.
  const double loudest = std::max(level(buffer.sample(0), n / 2), level(buffer.sample(0) + n / 2, n - n / 2));
  return loudest < std::max(kQuiet, kPause * speech_level_);
}

size_t TimeStretch::accelerate(PlayoutBuffer& buffer, size_t most, Care care) const {
  const size_t fade = std::min(format_.samples(kFade), buffer.future() / 2);
  const size_t longest = std::min({most, format_.samples(kLongestLag), buffer.future() - fade});
  size_t lag = longest;
  if (!quiet(buffer)) {
    const Match match = best_lag(buffer, 1, longest, fade);
    if (match.correlation < (care == Care::kFast ? kAlikeFast : kAlike)) return 0;
    // Of a short period as many as there is room for: the sooner it is over.
    lag = care == Care::kFast ? match.lag * (longest / match.lag) : match.lag;
  }
  if (lag > 0) buffer.remove(0, lag, fade);
  return lag;
}

size_t TimeStretch::expand(PlayoutBuffer& buffer, size_t wanted, size_t tolerance) const {
  const size_t fade = std::min(format_.samples(kFade), buffer.future());
  const size_t longest = std::min({format_.samples(kLongestLag), buffer.history()});
  size_t lag = std::min(wanted, longest);
  if (!quiet(buffer)) {
    Match match = best_lag(buffer, -1, lag, fade);
    if (match.correlation < kAlike) match = best_lag(buffer, -1, std::min(wanted + tolerance, longest), fade);
    if (match.correlation < kAlike) return 0;
    lag = match.lag;
  }
  if (lag > 0) buffer.repeat(lag, fade);
  return lag;
}

TimeStretch::Match TimeStretch::best_lag(const PlayoutBuffer& buffer, int direction, size_t longest,
                                         size_t window) const {
  const size_t step = std::max<size_t>(1, format_.sample_rate_hz / kCoarseRateHz);
  Match best;
  const auto consider = [&](size_t lag, size_t sampled) {
    const double c = correlation(buffer, direction * static_cast<ptrdiff_t>(lag), window, sampled);
    if (c > best.correlation) best = {lag, c};
  };
  for (size_t lag = shortest_; lag <= longest; lag += step) consider(lag, step);
  if (best.lag == 0 || step == 1) return best;
  const size_t around = best.lag;
  best = {};
  for (size_t lag = std::max(shortest_, around - step + 1); lag <= std::min(longest, around + step - 1); ++lag)
    consider(lag, 1);
  return best;
}

// Normalised, of the first channel's samples `step` apart. Without a filter before it the coarse search hears aliases
// too, of both pieces alike; what it finds is judged at the full rate.
double TimeStretch::correlation(const PlayoutBuffer& buffer, ptrdiff_t at, size_t window, size_t step) const {
  const int16_t* const a = buffer.sample(0);
  const int16_t* const b = buffer.sample(at);
  const size_t stride = step * format_.channels, n = window * format_.channels;
  int64_t ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < n; i += stride) {
    ab += int32_t{a[i]} * b[i];
    aa += int32_t{a[i]} * a[i];
    bb += int32_t{b[i]} * b[i];
  }
  if (aa == 0 || bb == 0) return 0;
  return static_cast<double>(ab) / std::sqrt(static_cast<double>(aa) * static_cast<double>(bb));
}

}  // namespace tutti::jitter
