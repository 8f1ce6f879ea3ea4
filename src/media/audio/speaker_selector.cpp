#include "tutti/media/audio/speaker_selector.hpp"

#include <algorithm>
#include <cmath>

namespace tutti::audio {
namespace {

// How a level is remembered: it rises at once and falls slowly, so that the gaps between syllables do not count.
constexpr double kFallPerSecond = 15;

}  // namespace

std::span<const uint64_t> SpeakerSelector::update(Timestamp now, std::span<const Source> sources) {
  take_levels(now, sources);
  release_silent(now);
  admit(now);

  ranking_.clear();
  for (const State& s : states_) {
    if (s.is_selected()) ranking_.push_back(&s);
  }
  std::sort(ranking_.begin(), ranking_.end(), [](const State* a, const State* b) { return is_louder(*a, *b); });
  selected_.clear();
  for (const State* s : ranking_) selected_.push_back(s->id);
  return selected_;
}

bool SpeakerSelector::is_selected(uint64_t id) const {
  return std::find(selected_.begin(), selected_.end(), id) != selected_.end();
}

// Ids make equals unequal, so that the order of the sources decides nothing.
bool SpeakerSelector::is_louder(const State& a, const State& b) {
  return a.smoothed != b.smoothed ? a.smoothed > b.smoothed : a.id < b.id;
}

void SpeakerSelector::take_levels(Timestamp now, std::span<const Source> sources) {
  const double fall = updated_ == Timestamp::never() ? 0 : kFallPerSecond * std::max(0.0, (now - updated_).seconds_f());
  updated_ = now;
  // States stand in the order in which the sources came last time, which is nearly always the order of this time, too:
  // then nothing is searched. Who comes or goes moves those behind it once.
  for (size_t i = 0; i < sources.size(); ++i) {
    const Source& source = sources[i];
    const auto place = states_.begin() + static_cast<std::ptrdiff_t>(i);
    if (place == states_.end() || place->id != source.id) {
      const auto found = std::find_if(place, states_.end(), [&](const State& s) { return s.id == source.id; });
      if (found == states_.end()) {
        states_.insert(place, {source.id, 0, Timestamp::long_ago(), Timestamp::never()});
      } else {
        std::rotate(place, found, found + 1);
      }
    }
    State& state = states_[i];
    state.smoothed = std::max(source.loudness, state.smoothed - fall);
    if (source.loudness >= settings_.speaking) state.last_spoke = now;
  }
  states_.resize(sources.size());
}

void SpeakerSelector::release_silent(Timestamp now) {
  for (State& s : states_) {
    if (s.is_selected() && now - s.last_spoke > settings_.hold) s.selected_at = Timestamp::never();
  }
}

// Challengers, the loudest first, as long as there is a place or somebody to take it from. K is small, so this is O(K
// n).
void SpeakerSelector::admit(Timestamp now) {
  for (size_t round = 0; round < settings_.max_selected; ++round) {
    State* challenger = nullptr;
    State* quietest = nullptr;
    size_t count = 0;
    for (State& s : states_) {
      if (s.is_selected()) {
        ++count;
        if (!quietest || is_louder(*quietest, s)) quietest = &s;
      } else if (s.last_spoke == now && (!challenger || is_louder(s, *challenger))) {
        challenger = &s;
      }
    }
    if (!challenger) return;
    if (count >= settings_.max_selected) {
      const double margin = now - quietest->selected_at < settings_.min_stay ? 3 * settings_.margin : settings_.margin;
      if (challenger->smoothed < quietest->smoothed + margin) return;
      quietest->selected_at = Timestamp::never();
    }
    challenger->selected_at = now;
  }
}

double loudness_of(std::span<const int16_t> pcm) {
  if (pcm.empty()) return 0;
  int64_t energy = 0;
  for (const int16_t sample : pcm) energy += int32_t{sample} * sample;
  if (energy == 0) return 0;
  const double mean = static_cast<double>(energy) / static_cast<double>(pcm.size());
  return std::clamp(127 + 10 * std::log10(mean / (32768.0 * 32768.0)), 0.0, 127.0);
}

}  // namespace tutti::audio
