#include "routing/mcu/audio_source.hpp"

#include <algorithm>
#include <cmath>

#include "routing/mcu/capture_age.hpp"
#include "tutti/media/audio/speaker_selector.hpp"
#include "tutti/room/participant.hpp"
#include "tutti/wire/sdp/session.hpp"

namespace tutti::routing {
namespace {

// RFC 7587 §6.1: a sender that may send stereo says so; else two channels would be decoded in vain.
uint8_t channels_of(const peer::CodecSpec& codec) {
  return codec.codec == Codec::kOpus && sdp::fmtp_number(codec.fmtp, "sprop-stereo", 0) == 1 ? 2 : 1;
}

float gain_of(const room::VoiceControls& voice) { return static_cast<float>(std::pow(10.0, voice.gain_db / 20)); }

}  // namespace

std::unique_ptr<AudioSource> AudioSource::make(room::Track& track, TimeDelta frame) {
  const peer::CodecSpec& codec = track.spec().codec;
  auto decoder = audio::make_audio_decoder(codec.codec, channels_of(codec));
  if (!decoder) return nullptr;
  return std::unique_ptr<AudioSource>(new AudioSource(track, std::move(decoder), frame));
}

AudioSource::AudioSource(room::Track& track, std::unique_ptr<audio::AudioDecoder> decoder, TimeDelta frame)
    : track_(track),
      frame_(frame),
      format_(decoder->format()),
      buffer_(std::move(decoder), {.rtp_clock_rate_hz = track.spec().codec.clock_rate_hz}),
      resampler_(format_.sample_rate_hz, audio::kMixRateHz, format_.channels),
      limiter_({audio::kMixRateHz, format_.channels}),
      decoded_(format_.samples(frame) * format_.channels),
      pcm_(audio::AudioFormat{audio::kMixRateHz, format_.channels}.samples(frame) * format_.channels) {}

void AudioSource::on_rtp(Timestamp now, const peer::MediaPacket& packet) {
  if (packet.epoch != epoch_) {
    buffer_.reset();
    epoch_ = packet.epoch;
  }
  if (packet.audio_level) {
    // The loudest since the last frame; a packet of silence does not take back a word that is still to be played.
    const double loudness = 127 - packet.audio_level->level;
    claimed_ = now - last_level_ < frame_ ? std::max(claimed_, loudness) : loudness;
    last_level_ = now;
  }
  buffer_.insert({packet.sequence, packet.timestamp, packet.arrival, packet.payload(), packet.comfort_noise});
}

double AudioSource::loudness(Timestamp now) const {
  if (track_.muted) return 0;
  if (!claims_levels(now)) return heard_;
  return now - last_level_ < kLevelLasts ? std::max(0.0, claimed_ - excess_) : 0;
}

void AudioSource::select(Timestamp now, bool selected) {
  set_up_voice();
  const float gain = gain_of(participant().voice);
  boost_ = std::max(1.0F, gain);
  ramp_.set_target(selected && !track_.muted ? std::min(1.0F, gain) : 0);
  frames_selected_ = selected ? frames_selected_ + 1 : 0;
  excess_ = std::max(0.0, excess_ - kForgivenPerFrame);
  // RFC 6464 §5: levels are what the sender says. Who claims to be loud and is not would keep a place among the
  // speakers for ever. Who sends nothing claims nothing: a hole in the network is no lie.
  const double claimed = now - last_level_ < kLevelLasts ? claimed_ : 0;
  claim_floor_ = std::min(claimed, claim_floor_ + kDriftPerFrame);
  heard_peak_ = std::max(heard_, heard_peak_ - kDriftPerFrame);
  if (frames_selected_ > kFramesUntilJudged) excess_ = std::max(excess_, claim_floor_ - heard_peak_ - kClaimAllowed);
}

void AudioSource::boost() {
  if (boost_ == 1 && boosted_ == 1) return;
  wide_.resize(pcm_.size());
  // A step would click.
  const float step = (boost_ - boosted_) / static_cast<float>(pcm_.size());
  for (size_t i = 0; i < pcm_.size(); ++i)
    wide_[i] =
        static_cast<int32_t>(std::lrint(static_cast<float>(pcm_[i]) * (boosted_ + step * static_cast<float>(i + 1))));
  boosted_ = boost_;
  limiter_.process(wide_, pcm_);
}

void AudioSource::set_up_voice() {
  const room::VoiceControls& voice = participant().voice;
  const audio::PreprocessorSettings wanted{voice.gain_control, voice.noise_suppression};
  if (!wanted.any() || format_.channels != 1) {
    preprocessor_.reset();
  } else if (!preprocessor_ || preprocessor_->settings() != wanted) {
    preprocessor_.emplace(wanted, frame_);
  }
}

std::span<const int16_t> AudioSource::pull(Timestamp now) {
  if (!is_audible() && ramp_.target() == 0 && (track_.muted || claims_levels(now))) {
    buffer_.skip(now, frame_);
    return {};
  }
  buffer_.pull(now, decoded_);
  resampler_.process(decoded_, pcm_);
  if (preprocessor_) preprocessor_->process(pcm_);
  heard_ = audio::loudness_of(pcm_);
  if (!is_audible() && ramp_.target() == 0) return {};
  boost();
  ramp_.apply(pcm_, {audio::kMixRateHz, format_.channels});
  return pcm_;
}

TimeDelta AudioSource::age(Timestamp now) const {
  const auto next = buffer_.next_timestamp();
  const room::CaptureClock* clock = track_.layers.front().capture_clock();
  if (!next || !clock) return buffer_.waiting_time();
  // What is played now began a frame before what is next.
  const TimeDelta age = now - clock->at(*next) + frame_;
  return is_believable(age) ? age : buffer_.waiting_time();
}

std::optional<Ssrc> AudioSource::ssrc() const { return participant().peer->layer_ssrc(track_.index(), 0); }

void AudioSource::add_stats(room::StatsEntry& entry) const {
  const jitter::AudioJitterStats s = buffer_.stats();
  entry.total_samples_received = s.total_samples;
  entry.concealed_samples = s.concealed_samples;
  entry.concealment_events = s.concealment_events;
  entry.inserted_samples_for_deceleration = s.inserted_for_deceleration;
  entry.removed_samples_for_acceleration = s.removed_for_acceleration;
  entry.fec_packets_received = s.fec_packets_used;
  entry.packets_discarded = s.packets_discarded;
  entry.jitter_buffer_target_delay_s = s.target_delay.seconds_f();
  entry.jitter_buffer_delay_s = s.current_delay.seconds_f();
  if (s.undecodable_packets > 0 && s.total_samples == s.concealed_samples) entry.decoder_error = "corrupt";
}

}  // namespace tutti::routing
