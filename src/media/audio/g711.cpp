#include <spandsp.h>

#include <algorithm>

#include "media/audio/pitch_concealer.hpp"
#include "media/audio/telephony.hpp"

namespace tutti::audio {
namespace {

constexpr AudioFormat kFormat{8'000, 1};
constexpr size_t kMaxBytes = 960;  // 120 ms

class G711Decoder final : public AudioDecoder {
 public:
  explicit G711Decoder(bool a_law) : a_law_(a_law) {}
  AudioFormat format() const override { return kFormat; }
  TimeDelta duration(std::span<const uint8_t> payload) const override {
    return payload.size() <= kMaxBytes ? kFormat.duration(payload.size()) : TimeDelta::zero();
  }
  size_t decode(std::span<const uint8_t> payload, std::span<int16_t> out) override {
    if (payload.empty() || payload.size() > kMaxBytes || out.size() < payload.size()) return 0;
    for (size_t i = 0; i < payload.size(); ++i)
      out[i] = a_law_ ? alaw_to_linear(payload[i]) : ulaw_to_linear(payload[i]);
    concealer_.on_samples(out.first(payload.size()));
    return payload.size();
  }
  bool has_fec(std::span<const uint8_t>) const override { return false; }
  size_t decode_fec(std::span<const uint8_t>, TimeDelta, std::span<int16_t>) override { return 0; }
  void conceal(std::span<int16_t> out) override { concealer_.conceal(out); }
  void reset() override { concealer_.reset(); }

 private:
  bool a_law_;
  PitchConcealer concealer_{kFormat.sample_rate_hz};
};

class G711Encoder final : public AudioEncoder {
 public:
  explicit G711Encoder(const AudioEncoderSettings& settings) : settings_(settings) {}
  AudioFormat format() const override { return kFormat; }
  const AudioEncoderSettings& settings() const override { return settings_; }
  TimeDelta lookahead() const override { return TimeDelta::zero(); }
  size_t encode(std::span<const int16_t> pcm, std::span<uint8_t> out) override {
    const bool a_law = settings_.codec == Codec::kPcma;
    std::transform(pcm.begin(), pcm.end(), out.begin(),
                   [a_law](int16_t s) { return a_law ? linear_to_alaw(s) : linear_to_ulaw(s); });
    return pcm.size();
  }
  void adjust(const AudioEncoderSettings&) override {}

 private:
  AudioEncoderSettings settings_;
};

}  // namespace

std::unique_ptr<AudioDecoder> make_g711_decoder(Codec law) {
  return std::make_unique<G711Decoder>(law == Codec::kPcma);
}

std::unique_ptr<AudioEncoder> make_g711_encoder(const AudioEncoderSettings& settings) {
  if (settings.channels != 1) return nullptr;
  return std::make_unique<G711Encoder>(settings);
}

}  // namespace tutti::audio
