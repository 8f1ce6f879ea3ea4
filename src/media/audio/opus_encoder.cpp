#include <opus/opus.h>

#include <algorithm>
#include <utility>

#include "media/audio/opus.hpp"

namespace tutti::audio {
namespace {

class OpusAudioEncoder final : public AudioEncoder {
 public:
  explicit OpusAudioEncoder(const AudioEncoderSettings& settings) : settings_(settings) {
    int error = 0;
    // Voice is where low rates matter; two channels are music or a screen's sound.
    const int application = settings.channels == 1 ? OPUS_APPLICATION_VOIP : OPUS_APPLICATION_AUDIO;
    state_.reset(opus_encoder_create(static_cast<opus_int32>(kMixRateHz), settings.channels, application, &error));
    if (error != OPUS_OK) state_.reset();
    if (!state_) return;
    opus_encoder_ctl(state_.get(), OPUS_SET_VBR(1));
    opus_encoder_ctl(state_.get(), OPUS_SET_VBR_CONSTRAINT(1));
    opus_encoder_ctl(state_.get(), OPUS_SET_DTX(settings.dtx ? 1 : 0));
    adjust(settings);
    opus_int32 samples = 0;
    opus_encoder_ctl(state_.get(), OPUS_GET_LOOKAHEAD(&samples));
    lookahead_ = format().duration(static_cast<size_t>(samples));
  }

  bool ok() const { return state_ != nullptr; }
  AudioFormat format() const override { return {kMixRateHz, settings_.channels}; }
  const AudioEncoderSettings& settings() const override { return settings_; }
  TimeDelta lookahead() const override { return lookahead_; }

  size_t encode(std::span<const int16_t> pcm, std::span<uint8_t> out) override {
    if (independent_) opus_encoder_ctl(state_.get(), OPUS_SET_PREDICTION_DISABLED(1));
    const int frames = static_cast<int>(pcm.size() / settings_.channels);
    const auto room = static_cast<opus_int32>(std::min(out.size(), kMaxPacket));
    const opus_int32 size = opus_encode(state_.get(), pcm.data(), frames, out.data(), room);
    if (independent_) opus_encoder_ctl(state_.get(), OPUS_SET_PREDICTION_DISABLED(0));
    // A frame of discontinuous transmission tells the receiver nothing: then it is the next one that must stand alone.
    if (size > 2) independent_ = false;
    if (size <= 0) return 0;
    // RFC 7587 §3.1.3: a packet of one or two bytes need not be sent; the first one is, so that the receiver knows.
    // Each 400 ms the encoder sends one whole frame to keep the noise alive; the receiver still knows after it.
    if (!settings_.dtx || size > 2) {
      ++run_;
      return static_cast<size_t>(size);
    }
    return std::exchange(run_, 0) > 1 ? static_cast<size_t>(size) : 0;
  }

  void make_next_independent() override { independent_ = true; }

  void adjust(const AudioEncoderSettings& settings) override {
    settings_.bitrate = settings.bitrate;
    settings_.complexity = settings.complexity;
    settings_.expected_loss = settings.expected_loss;
    opus_encoder_ctl(state_.get(), OPUS_SET_BITRATE(static_cast<opus_int32>(settings.bitrate.bps())));
    opus_encoder_ctl(state_.get(), OPUS_SET_COMPLEXITY(settings.complexity));
    opus_encoder_ctl(state_.get(), OPUS_SET_INBAND_FEC(settings.expected_loss > 0 ? 1 : 0));
    opus_encoder_ctl(state_.get(), OPUS_SET_PACKET_LOSS_PERC(std::min<int>(settings.expected_loss, 100)));
  }

 private:
  struct Free {
    void operator()(OpusEncoder* state) const { opus_encoder_destroy(state); }
  };
  AudioEncoderSettings settings_;
  std::unique_ptr<OpusEncoder, Free> state_;
  TimeDelta lookahead_;
  size_t run_ = 2;  // frames with something in them, in a row
  bool independent_ = false;
};

}  // namespace

std::unique_ptr<AudioEncoder> make_opus_encoder(const AudioEncoderSettings& settings) {
  if (settings.channels < 1 || settings.channels > 2) return nullptr;
  auto encoder = std::make_unique<OpusAudioEncoder>(settings);
  if (!encoder->ok()) return nullptr;
  return encoder;
}

}  // namespace tutti::audio
