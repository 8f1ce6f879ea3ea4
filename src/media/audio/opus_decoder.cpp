#include <opus/opus.h>

#include <algorithm>
#include <cmath>

#include "media/audio/opus.hpp"

namespace tutti::audio {
namespace {

constexpr int kRate = static_cast<int>(kMixRateHz);
constexpr TimeDelta kLongestPacket = TimeDelta::millis(120);
// Concealment is left as the codec makes it for so long, and is silence after so long.
constexpr double kFadeFromMs = 60, kFadeToMs = 180;

// RFC 6716 §3.1: the configuration is the upper five bits; 0 to 11 are SILK, 12 to 15 hybrid, the rest CELT.
int configuration(uint8_t toc) { return toc >> 3; }

class OpusAudioDecoder final : public AudioDecoder {
 public:
  explicit OpusAudioDecoder(uint8_t channels) : channels_(channels) {
    int error = 0;
    state_.reset(opus_decoder_create(kRate, channels, &error));
    if (error != OPUS_OK) state_.reset();
  }
  bool ok() const { return state_ != nullptr; }

  AudioFormat format() const override { return {kMixRateHz, channels_}; }

  TimeDelta duration(std::span<const uint8_t> payload) const override {
    if (payload.empty()) return TimeDelta::zero();
    // Looks into the packet whole: lengths of frames that do not add up are refused here.
    const uint8_t* frames[48];
    opus_int16 sizes[48];
    const int count = opus_packet_parse(payload.data(), static_cast<opus_int32>(payload.size()), nullptr, frames, sizes, nullptr);
    if (count <= 0) return TimeDelta::zero();
    const TimeDelta time = format().duration(static_cast<size_t>(count) * static_cast<size_t>(opus_packet_get_samples_per_frame(payload.data(), kRate)));
    return time <= kLongestPacket ? time : TimeDelta::zero();
  }

  size_t decode(std::span<const uint8_t> payload, std::span<int16_t> out) override {
    if (duration(payload) == TimeDelta::zero()) return 0;
    const int samples = opus_decode(state_.get(), payload.data(), static_cast<opus_int32>(payload.size()), out.data(),
                                    static_cast<int>(out.size() / channels_), 0);
    if (samples <= 0) return 0;
    concealed_ms_ = 0;
    return static_cast<size_t>(samples);
  }

  // RFC 6716 §4.2.3 and §4.2.4: a SILK or hybrid frame begins with a flag for voice activity of each of its 20 ms, then one that says whether
  // redundancy (LBRR) follows; for stereo the same for the side channel. They are the first bits that the range coder takes, each
  // of probability one half, so they stand there as they are.
  bool has_fec(std::span<const uint8_t> payload) const override {
    if (payload.size() < 2 || configuration(payload[0]) >= 16) return false;
    const uint8_t* frames[48];
    opus_int16 sizes[48];
    const int count = opus_packet_parse(payload.data(), static_cast<opus_int32>(payload.size()), nullptr, frames, sizes, nullptr);
    if (count <= 0 || sizes[0] <= 1) return false;
    const int frame_ms = opus_packet_get_samples_per_frame(payload.data(), 1000);
    const int silk_frames = frame_ms <= 20 ? 1 : frame_ms / 20;
    const int channels = opus_packet_get_nb_channels(payload.data());
    for (int c = 0; c < channels; ++c) {
      if (frames[0][0] & (0x80 >> ((c + 1) * (silk_frames + 1) - 1))) return true;
    }
    return false;
  }

  size_t decode_fec(std::span<const uint8_t> payload, TimeDelta lost, std::span<int16_t> out) override {
    if (!has_fec(payload)) return 0;
    const size_t wanted = std::min(format().samples(lost), out.size() / channels_);
    const int samples = opus_decode(state_.get(), payload.data(), static_cast<opus_int32>(payload.size()), out.data(), static_cast<int>(wanted), 1);
    if (samples <= 0) return 0;
    concealed_ms_ = 0;
    return static_cast<size_t>(samples);
  }

  void conceal(std::span<int16_t> out) override {
    const size_t frames = out.size() / channels_;
    const int made = opus_decode(state_.get(), nullptr, 0, out.data(), static_cast<int>(frames), 0);
    const size_t valid = made > 0 ? static_cast<size_t>(made) * channels_ : 0;
    std::fill(out.begin() + static_cast<std::ptrdiff_t>(valid), out.end(), int16_t{0});
    const double ms_per_frame = 1000.0 / kRate;
    for (size_t i = 0; i < frames; ++i, concealed_ms_ += ms_per_frame) {
      if (concealed_ms_ < kFadeFromMs) continue;
      const double gain = std::max(0.0, 1 - (concealed_ms_ - kFadeFromMs) / (kFadeToMs - kFadeFromMs));
      for (size_t c = 0; c < channels_; ++c) {
        int16_t& sample = out[i * channels_ + c];
        sample = static_cast<int16_t>(std::lrint(sample * gain));
      }
    }
  }

  void reset() override {
    opus_decoder_ctl(state_.get(), OPUS_RESET_STATE);
    concealed_ms_ = 0;
  }

 private:
  struct Free {
    void operator()(OpusDecoder* state) const { opus_decoder_destroy(state); }
  };
  uint8_t channels_;
  std::unique_ptr<OpusDecoder, Free> state_;
  double concealed_ms_ = 0;
};

}  // namespace

std::unique_ptr<AudioDecoder> make_opus_decoder(uint8_t channels) {
  if (channels < 1 || channels > 2) return nullptr;
  auto decoder = std::make_unique<OpusAudioDecoder>(channels);
  if (!decoder->ok()) return nullptr;
  return decoder;
}

}  // namespace tutti::audio
