#include <spandsp.h>

#include "media/audio/pitch_concealer.hpp"
#include "media/audio/telephony.hpp"

namespace tutti::audio {
namespace {

constexpr AudioFormat kFormat{16'000, 1};
constexpr int kBitrate = 64'000;
constexpr size_t kMaxBytes = 960;  // 120 ms
constexpr size_t kSamplesPerByte = 2;

struct Free {
  void operator()(g722_decode_state_t* state) const { g722_decode_free(state); }
  void operator()(g722_encode_state_t* state) const { g722_encode_free(state); }
};

class G722Decoder final : public AudioDecoder {
 public:
  G722Decoder() : state_(g722_decode_init(nullptr, kBitrate, 0)) {}
  AudioFormat format() const override { return kFormat; }
  TimeDelta duration(std::span<const uint8_t> payload) const override {
    return payload.size() <= kMaxBytes ? kFormat.duration(payload.size() * kSamplesPerByte) : TimeDelta::zero();
  }
  size_t decode(std::span<const uint8_t> payload, std::span<int16_t> out) override {
    if (payload.empty() || payload.size() > kMaxBytes || out.size() < payload.size() * kSamplesPerByte) return 0;
    const int samples = g722_decode(state_.get(), out.data(), payload.data(), static_cast<int>(payload.size()));
    if (samples <= 0) return 0;
    concealer_.on_samples(out.first(static_cast<size_t>(samples)));
    return static_cast<size_t>(samples);
  }
  bool has_fec(std::span<const uint8_t>) const override { return false; }
  size_t decode_fec(std::span<const uint8_t>, TimeDelta, std::span<int16_t>) override { return 0; }
  void conceal(std::span<int16_t> out) override { concealer_.conceal(out); }
  void reset() override {
    g722_decode_init(state_.get(), kBitrate, 0);
    concealer_.reset();
  }

 private:
  std::unique_ptr<g722_decode_state_t, Free> state_;
  PitchConcealer concealer_{kFormat.sample_rate_hz};
};

class G722Encoder final : public AudioEncoder {
 public:
  explicit G722Encoder(const AudioEncoderSettings& settings)
      : settings_(settings), state_(g722_encode_init(nullptr, kBitrate, 0)) {}
  AudioFormat format() const override { return kFormat; }
  const AudioEncoderSettings& settings() const override { return settings_; }
  // Of its band-splitting filter: 22 samples.
  TimeDelta lookahead() const override { return kFormat.duration(22); }
  size_t encode(std::span<const int16_t> pcm, std::span<uint8_t> out) override {
    const int bytes = g722_encode(state_.get(), out.data(), pcm.data(), static_cast<int>(pcm.size()));
    return bytes > 0 ? static_cast<size_t>(bytes) : 0;
  }
  void adjust(const AudioEncoderSettings&) override {}

 private:
  AudioEncoderSettings settings_;
  std::unique_ptr<g722_encode_state_t, Free> state_;
};

}  // namespace

std::unique_ptr<AudioDecoder> make_g722_decoder() { return std::make_unique<G722Decoder>(); }

std::unique_ptr<AudioEncoder> make_g722_encoder(const AudioEncoderSettings& settings) {
  if (settings.channels != 1) return nullptr;
  return std::make_unique<G722Encoder>(settings);
}

}  // namespace tutti::audio
