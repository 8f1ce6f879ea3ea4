// SpeakerDetector: who speaks, from the audio-level extension (RFC 6464) of each track's packets; a track without it
// counts as speaking at a fixed level while its packets are larger than those of discontinuous transmission. Levels are
// smoothed, the active speaker changes with hysteresis. Owned by a Room.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "tutti/base/units.hpp"
#include "tutti/peer/media_packet.hpp"

namespace tutti::room {

class SpeakerDetector {
 public:
  // Loudness is 127 less the level: 0 is silence, 127 full scale.
  static constexpr double kSpeaking = 72;                         // -55 dBov
  static constexpr double kAssumed = 85;                          // of a track without the extension
  static constexpr double kMargin = 6;                            // dB by which another must be louder,
  static constexpr TimeDelta kTakeover = TimeDelta::millis(400);  // for so long, to become the active speaker
  static constexpr TimeDelta kHold = TimeDelta::millis(800);      // a pause this short is not the end of a speech

  void on_packet(Timestamp now, uint64_t track, const peer::MediaPacket& packet);
  void forget(uint64_t track);
  // Moves the active speaker on; call each kInterval or so. True if it has changed.
  static constexpr TimeDelta kInterval = TimeDelta::millis(100);
  bool update(Timestamp now);

  // The track of the active speaker; stays while nobody speaks.
  std::optional<uint64_t> active() const { return active_; }
  // When the track was last heard above kSpeaking; long_ago() if never.
  Timestamp last_spoke(uint64_t track) const;
  // Loudness now; 0 for who has been silent for kHold.
  double loudness(uint64_t track, Timestamp now) const;

 private:
  struct Level {
    double smoothed = 0;
    Timestamp last_packet = Timestamp::long_ago();
    Timestamp last_spoke = Timestamp::long_ago();
  };
  // The track may take over from who speaks at `current` now.
  bool outspeaks(uint64_t track, double current, Timestamp now) const;

  std::unordered_map<uint64_t, Level> levels_;
  std::optional<uint64_t> active_, challenger_;
  // What a challenger is measured by: the active speaker's loudness, which falls slowly, so that pauses between words
  // do not count against it.
  double active_level_ = 0;
  Timestamp challenged_at_;
};

}  // namespace tutti::room
