// SpeakerSelector: which K of many sources are mixed. The loudest, by the level that their packets claim (RFC 6464) or
// by decoded energy; with hysteresis, so that two alike do not take turns, and a hold, so that a pause between words is
// not an end. A newcomer whose speech is clearly louder enters with its first packet. Pure state machine; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tutti/base/units.hpp"

namespace tutti::audio {

struct SpeakerSelectorSettings {
  size_t max_selected = 4;
  // Loudness (127 + dBov) from which somebody speaks: -55 dBov.
  double speaking = 72;
  // dB by which a challenger must be louder than the quietest selected.
  double margin = 6;
  // A selected one stays for so long after its last speech, unless it is out-spoken,
  TimeDelta hold = TimeDelta::millis(2500);
  // and at least so long after it entered against challengers that are not much (3 x margin) louder.
  TimeDelta min_stay = TimeDelta::millis(400);
};

class SpeakerSelector {
 public:
  struct Source {
    uint64_t id = 0;
    double loudness = 0;  // of this frame: 127 + dBov, 0 for silence or nothing received
  };

  explicit SpeakerSelector(SpeakerSelectorSettings settings) : settings_(settings) {}
  // Once for each frame, with all sources that may be mixed (those not named are forgotten), each once. What it returns
  // is valid until the next call: the ids selected, loudest first. O(n) while the sources keep their order; allocates
  // only for more than ever before.
  std::span<const uint64_t> update(Timestamp now, std::span<const Source> sources);
  bool is_selected(uint64_t id) const;

 private:
  struct State {
    uint64_t id = 0;
    double smoothed = 0;  // rises at once, falls slowly
    Timestamp last_spoke;
    Timestamp selected_at;  // never(): is not
    bool is_selected() const { return selected_at != Timestamp::never(); }
  };
  static bool is_louder(const State& a, const State& b);
  void take_levels(Timestamp now, std::span<const Source> sources);
  void release_silent(Timestamp now);
  void admit(Timestamp now);

  SpeakerSelectorSettings settings_;
  Timestamp updated_ = Timestamp::never();
  std::vector<State> states_;
  std::vector<const State*> ranking_;  // of the last update
  std::vector<uint64_t> selected_;
};

// 127 + dBov of a frame of PCM, between 0 and 127.
double loudness_of(std::span<const int16_t> pcm);

}  // namespace tutti::audio
