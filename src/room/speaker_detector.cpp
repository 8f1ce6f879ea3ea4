#include "tutti/room/speaker_detector.hpp"

#include <algorithm>

namespace tutti::room {
namespace {
constexpr TimeDelta kPacketTime = TimeDelta::millis(20);
constexpr double kRise = 0.3, kFall = 0.05;  // for each packet time
constexpr double kActiveFall = 1;            // dB for each update
}  // namespace

void SpeakerDetector::on_packet(Timestamp now, uint64_t track, const peer::MediaPacket& packet) {
  Level& level = levels_[track];
  const double loudness = packet.audio_level ? 127.0 - packet.audio_level->level : packet.speech_like ? kAssumed : 0;
  // Quick to rise, slow to fall: a syllable counts, a pause between two does not. The fall is by time, because packets
  // are few while transmission is discontinuous.
  const double packets_apart = std::max(1.0, (now - level.last_packet) / kPacketTime);
  const double weight = loudness > level.smoothed ? kRise : std::min(1.0, kFall * packets_apart);
  level.smoothed += (loudness - level.smoothed) * weight;
  level.last_packet = now;
  if (loudness >= kSpeaking) level.last_spoke = now;
}

void SpeakerDetector::forget(uint64_t track) {
  levels_.erase(track);
  if (active_ == track) active_.reset();
}

bool SpeakerDetector::update(Timestamp now) {
  const double heard = active_ ? loudness(*active_, now) : 0;
  active_level_ = heard > 0 ? std::max(heard, active_level_ - kActiveFall) : 0;
  std::optional<uint64_t> loudest;
  double best = kSpeaking;
  for (const auto& [track, level] : levels_) {
    const double l = loudness(track, now);
    // Equal levels must not depend on the order of a hash table.
    if (l > best || (l == best && loudest && track < *loudest)) {
      best = l;
      loudest = track;
    }
  }
  if (!loudest || loudest == active_) {
    challenger_.reset();
    return false;
  }
  const double current = active_level_;
  // Whoever challenges goes on with it although a third one is louder for a moment: two that take turns at being the
  // loudest must not keep a quieter one in place.
  const bool goes_on = challenger_ && outspeaks(*challenger_, current, now);
  if (!goes_on) challenger_ = outspeaks(*loudest, current, now) ? loudest : std::nullopt;
  if (!challenger_) return false;
  if (!goes_on) challenged_at_ = now;
  // Silence is taken over at once, speech only after a while.
  if (current > 0 && now - challenged_at_ < kTakeover) return false;
  active_ = loudest;
  active_level_ = best;
  challenger_.reset();
  return true;
}

bool SpeakerDetector::outspeaks(uint64_t track, double current, Timestamp now) const {
  const double own = loudness(track, now);
  return own > kSpeaking && (current == 0 || own >= current + kMargin);
}

Timestamp SpeakerDetector::last_spoke(uint64_t track) const {
  auto it = levels_.find(track);
  return it == levels_.end() ? Timestamp::long_ago() : it->second.last_spoke;
}

double SpeakerDetector::loudness(uint64_t track, Timestamp now) const {
  auto it = levels_.find(track);
  return it == levels_.end() || now - it->second.last_spoke > kHold ? 0 : it->second.smoothed;
}

}  // namespace tutti::room
