#include <array>
#include <stdexcept>
#include <vector>

#include "micro/steps/steps.hpp"
#include "support/pcm.hpp"
#include "tutti/media/audio/decoder.hpp"
#include "tutti/media/audio/encoder.hpp"
#include "tutti/media/audio/limiter.hpp"
#include "tutti/media/audio/mix_bus.hpp"
#include "tutti/media/audio/speaker_selector.hpp"
#include "tutti/media/jitter/audio_jitter_buffer.hpp"

namespace tutti::bench {
namespace {

constexpr TimeDelta kFrame = TimeDelta::millis(20);
constexpr audio::AudioFormat kFormat{audio::kMixRateHz, 1};
constexpr size_t kSamples = 960;
constexpr size_t kFrames = 80;  // one period of the voice, its pause included

// The frame of 20 ms with this number, over and over.
std::span<const int16_t> frame_of(const test::Pcm& pcm, size_t number) {
  return std::span(pcm).subspan(number % kFrames * kSamples, kSamples);
}

// One mix of a room: the three loudest of a hundred are summed, the listeners' mix limited, and for each of the three
// one without its own voice.
void measure_mix(Steps& steps) {
  const test::Pcm voice = test::speech_like(0.3, kFrames * kSamples);
  audio::SpeakerSelectorSettings settings;
  settings.max_selected = 3;
  audio::SpeakerSelector selector(settings);
  std::vector<audio::SpeakerSelector::Source> sources(100);
  for (size_t i = 0; i < sources.size(); ++i) sources[i] = {i + 1, i < 3 ? 100.0 : 20.0};
  audio::MixBus bus(kFormat, kFrame);
  std::vector<audio::Limiter> limiters(4, audio::Limiter(kFormat));
  std::vector<int32_t> without(kSamples);
  std::vector<int16_t> out(kSamples);
  Timestamp now = Timestamp::from_ms(1'000);
  size_t number = 0;
  steps.measure("mix", "bus of 3 of 100 with three mix-minus, 20 ms", kFrames, [&] {
    for (size_t i = 0; i < kFrames; ++i, ++number) {
      now = now + kFrame;
      bus.clear();
      for (const uint64_t id : selector.update(now, sources)) bus.add(frame_of(voice, number + id * 7), 1);
      limiters[3].process(bus.sum(), out);
      keep(out);
      for (size_t s = 0; s < bus.sources(); ++s) {
        std::copy(bus.sum().begin(), bus.sum().end(), without.begin());
        bus.subtract(s, without);
        limiters[s].process(without, out);
        keep(out);
      }
    }
  });
  if (bus.sources() != settings.max_selected) throw std::runtime_error("not three were mixed");
}

void measure_opus(Steps& steps) {
  const test::Pcm voice = test::speech_like(0.3, kFrames * kSamples);
  audio::AudioEncoderSettings settings;
  settings.dtx = false;
  const auto encoder = audio::make_audio_encoder(settings);
  std::vector<std::vector<uint8_t>> packets;
  std::array<uint8_t, audio::AudioEncoder::kMaxPacket> bytes{};
  for (size_t i = 0; i < kFrames; ++i) {
    const size_t size = encoder->encode(frame_of(voice, i), bytes);
    packets.emplace_back(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
  }
  steps.measure("mix", "Opus encode, 20 ms, 32 kbit/s, complexity 5", kFrames, [&] {
    for (size_t i = 0; i < kFrames; ++i) keep(encoder->encode(frame_of(voice, i), bytes));
  });
  const auto decoder = audio::make_audio_decoder(Codec::kOpus, 1);
  std::vector<int16_t> out(6 * kSamples);
  steps.measure("mix", "Opus decode, 20 ms", kFrames, [&] {
    for (const auto& packet : packets) keep(decoder->decode(packet, out));
  });
}

// PCMU, whose decoder is a table, so that what is measured is the buffer.
void measure_jitter_buffer(Steps& steps) {
  constexpr size_t kCount = 500;
  jitter::AudioJitterSettings settings;
  settings.rtp_clock_rate_hz = 8'000;
  jitter::AudioJitterBuffer buffer(audio::make_audio_decoder(Codec::kPcmu, 1), settings);
  const std::vector<uint8_t> payload(160, 0x7E);
  std::vector<int16_t> out(160);
  jitter::AudioPacket packet;
  packet.payload = payload;
  packet.arrival = Timestamp::from_ms(1'000);
  steps.measure("mix", "jitter buffer: insert and pull 20 ms of PCMU", kCount, [&] {
    for (size_t i = 0; i < kCount; ++i) {
      buffer.insert(packet);
      keep(buffer.pull(packet.arrival, out));
      packet.sequence = packet.sequence + 1;
      packet.timestamp = packet.timestamp + 160;
      packet.arrival = packet.arrival + kFrame;
    }
  });
  if (buffer.stats().packets_discarded + buffer.stats().concealed_samples > 0)
    throw std::runtime_error("a packet was not played");
}

}  // namespace

void measure_audio(Steps& steps) {
  measure_mix(steps);
  measure_opus(steps);
  measure_jitter_buffer(steps);
}

}  // namespace tutti::bench
