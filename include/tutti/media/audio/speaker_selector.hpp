// SpeakerSelector: which K of many sources are mixed. The loudest, by the level that their packets claim (RFC 6464) or by decoded
// energy; with hysteresis, so that two alike do not take turns, and a hold, so that a pause between words is not an end. A newcomer
// whose speech is clearly louder enters with its first packet. Pure state machine; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tutti/base/units.hpp"

namespace tutti::audio {

struct SpeakerSelectorSettings {
  size_t max_selected = 4;
  double speaking = 72;                              // loudness (127 + dBov) from which somebody speaks: -55 dBov
  double margin = 6;                                 // dB by which a challenger must be louder than the quietest selected
  TimeDelta hold = TimeDelta::millis(2500);          // a selected one stays for so long after its last speech, unless it is out-spoken
  TimeDelta min_stay = TimeDelta::millis(400);       // and at least so long against challengers that are not much (3 x margin) louder
};

class SpeakerSelector {
 public:
  struct Source {
    uint64_t id = 0;
    double loudness = 0;  // of this frame: 127 + dBov, 0 for silence or nothing received
  };

  explicit SpeakerSelector(SpeakerSelectorSettings settings) : settings_(settings) {}
  // Once for each frame, with all sources that may be mixed (those not named are forgotten). What it returns is valid until the next
  // call: the ids selected, loudest first. O(n).
  std::span<const uint64_t> update(Timestamp now, std::span<const Source> sources);
  bool is_selected(uint64_t id) const;

 private:
  struct State {
    uint64_t id;
    double smoothed;       // rises at once, falls slowly
    Timestamp last_spoke;
    Timestamp selected_at;  // never(): is not
    bool seen;
  };
  SpeakerSelectorSettings settings_;
  std::vector<State> states_;
  std::vector<uint64_t> selected_;
};

// 127 + dBov of a frame of PCM, between 0 and 127.
double loudness_of(std::span<const int16_t> pcm);

}  // namespace tutti::audio
