// AudioSource: one published audio track as the mixer hears it: its jitter buffer, its way to 48 kHz, its volume, and
// how loud it is now. Owned by AudioMix.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "tutti/media/audio/limiter.hpp"
#include "tutti/media/audio/mix_bus.hpp"
#include "tutti/media/audio/preprocessor.hpp"
#include "tutti/media/audio/resampler.hpp"
#include "tutti/media/jitter/audio_jitter_buffer.hpp"
#include "tutti/room/router.hpp"

namespace tutti::routing {

class AudioSource {
 public:
  // Null if the track's codec is not decoded here.
  static std::unique_ptr<AudioSource> make(room::Track& track, TimeDelta frame);

  room::Track& track() const { return track_; }
  room::Participant& participant() const { return track_.publisher(); }
  void on_rtp(Timestamp now, const peer::MediaPacket& packet);
  // From now on nothing was received.
  void restart() { buffer_.reset(); }

  // 127 + dBov, for the selection: what its packets say of themselves, else what was decoded last.
  double loudness(Timestamp now) const;
  // Without levels it must be decoded to know.
  bool claims_levels(Timestamp now) const { return now - last_level_ < kLevelsAreStale; }
  void select(Timestamp now, bool selected);
  bool is_audible() const { return !ramp_.is_silent(); }

  // The next frame at 48 kHz, with its volume; nothing if it need not be decoded, time passes all the same. Valid until
  // the next call.
  std::span<const int16_t> pull(Timestamp now);
  uint8_t channels() const { return format_.channels; }
  // How old what is played now is since it was captured, or if that is not known since it arrived.
  TimeDelta age(Timestamp now) const;
  std::optional<Ssrc> ssrc() const;
  void add_stats(room::StatsEntry& entry) const;

 private:
  static constexpr TimeDelta kLevelsAreStale = TimeDelta::seconds(2);
  // Once somebody has been heard for so long, claims are held against what was heard. This much is allowed; it is
  // forgiven a decibel a second.
  static constexpr int kFramesUntilJudged = 25;
  static constexpr double kClaimAllowed = 12, kForgivenPerFrame = 0.02, kDriftPerFrame = 0.5;
  // A level counts for so long after its packet: discontinuous transmission sends nothing for 400 ms.
  static constexpr TimeDelta kLevelLasts = TimeDelta::millis(60);

  AudioSource(room::Track& track, std::unique_ptr<audio::AudioDecoder> decoder, TimeDelta frame);
  void set_up_voice();
  // More volume than there is room for bends instead of being cut.
  void boost();

  room::Track& track_;
  TimeDelta frame_;
  audio::AudioFormat format_;  // the decoder's
  jitter::AudioJitterBuffer buffer_;
  audio::Resampler resampler_;
  std::optional<audio::Preprocessor> preprocessor_;
  audio::GainRamp ramp_;
  float boost_ = 1, boosted_ = 1;  // what is wanted, and what the last frame ended with
  audio::Limiter limiter_;
  std::vector<int16_t> decoded_, pcm_;
  std::vector<int32_t> wide_;

  Timestamp last_level_ = Timestamp::long_ago();
  double claimed_ = 0;
  double heard_ = 0;
  int frames_selected_ = 0;
  // What it claims all the time, and the loudest that was heard of it lately: a word that begins is claimed before it
  // is heard.
  double claim_floor_ = 0, heard_peak_ = 0;
  double excess_ = 0;  // dB by which it claims to be louder than it is
  uint8_t epoch_ = 0;
};

}  // namespace tutti::routing
