#include "tutti/media/audio/speaker_selector.hpp"

#include <algorithm>
#include <cmath>

namespace tutti::audio {
namespace {

// How a level is remembered: it rises at once and falls by this much for each frame, so that the gaps between syllables do not count.
constexpr double kFallPerFrame = 0.3;

}  // namespace

std::span<const uint64_t> SpeakerSelector::update(Timestamp now, std::span<const Source> sources) {
  for (State& s : states_) s.seen = false;
  for (size_t i = 0; i < sources.size(); ++i) {
    const Source& source = sources[i];
    // Sources come in the same order nearly always, so the search ends at once.
    auto state = i < states_.size() && states_[i].id == source.id
                     ? states_.begin() + static_cast<std::ptrdiff_t>(i)
                     : std::find_if(states_.begin(), states_.end(), [&](const State& s) { return s.id == source.id; });
    if (state == states_.end()) {
      states_.push_back({source.id, 0, Timestamp::long_ago(), Timestamp::never(), true});
      state = states_.end() - 1;
    }
    state->seen = true;
    state->smoothed = std::max(source.loudness, state->smoothed - kFallPerFrame);
    if (source.loudness >= settings_.speaking) state->last_spoke = now;
  }
  std::erase_if(states_, [](const State& s) { return !s.seen; });

  auto selected = [](const State& s) { return s.selected_at != Timestamp::never(); };
  size_t count = 0;
  for (State& s : states_) {
    if (selected(s) && now - s.last_spoke > settings_.hold) s.selected_at = Timestamp::never();
    count += selected(s) ? 1 : 0;
  }
  // Challengers, the loudest first, as long as there is a place or somebody to take it from. K is small, so this is O(K n).
  for (size_t round = 0; round < settings_.max_selected; ++round) {
    State* challenger = nullptr;
    for (State& s : states_) {
      if (selected(s) || s.last_spoke != now) continue;
      if (!challenger || s.smoothed > challenger->smoothed) challenger = &s;
    }
    if (!challenger) break;
    if (count < settings_.max_selected) {
      challenger->selected_at = now;
      ++count;
      continue;
    }
    State* quietest = nullptr;
    for (State& s : states_) {
      if (selected(s) && (!quietest || s.smoothed < quietest->smoothed)) quietest = &s;
    }
    const double margin = now - quietest->selected_at < settings_.min_stay ? 3 * settings_.margin : settings_.margin;
    if (challenger->smoothed < quietest->smoothed + margin) break;
    quietest->selected_at = Timestamp::never();
    challenger->selected_at = now;
  }

  selected_.clear();
  for (const State& s : states_) {
    if (selected(s)) selected_.push_back(s.id);
  }
  auto loudness = [this](uint64_t id) {
    return std::find_if(states_.begin(), states_.end(), [&](const State& s) { return s.id == id; })->smoothed;
  };
  std::sort(selected_.begin(), selected_.end(), [&](uint64_t a, uint64_t b) { return loudness(a) > loudness(b); });
  return selected_;
}

bool SpeakerSelector::is_selected(uint64_t id) const { return std::find(selected_.begin(), selected_.end(), id) != selected_.end(); }

double loudness_of(std::span<const int16_t> pcm) {
  if (pcm.empty()) return 0;
  double energy = 0;
  for (const int16_t sample : pcm) energy += static_cast<double>(sample) * sample;
  const double mean = energy / static_cast<double>(pcm.size());
  if (mean < 1e-6) return 0;
  return std::clamp(127 + 10 * std::log10(mean / (32768.0 * 32768.0)), 0.0, 127.0);
}

}  // namespace tutti::audio
