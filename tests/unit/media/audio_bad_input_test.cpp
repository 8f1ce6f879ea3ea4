#include <catch2/catch.hpp>

#include "support/audio_codec.hpp"
#include "tutti/wire/payload/opus.hpp"

namespace tutti::audio {
namespace {

constexpr Codec kCodecs[] = {Codec::kOpus, Codec::kPcmu, Codec::kPcma, Codec::kG722};
constexpr TimeDelta kLongest = TimeDelta::millis(120);

uint8_t widest(Codec codec) { return codec == Codec::kOpus ? 2 : 1; }

// What a decoder says of a packet and does with it agree.
void give(AudioDecoder& decoder, std::span<const uint8_t> payload, std::span<int16_t> out) {
  const TimeDelta duration = decoder.duration(payload);
  if (duration > kLongest || decoder.decode(payload, out) != decoder.format().samples(duration)) {
    FAIL("a packet of " << payload.size() << " bytes that plays for " << duration.us() << " us gave something else");
  }
}

TEST_CASE("random packets are refused or decoded, and never more than 120 ms", "[media][codec]") {
  for (const Codec codec : kCodecs) {
    SeededRandom random(9);
    auto decoder = make_audio_decoder(codec, widest(codec));
    test::Pcm out = test::longest_block(*decoder);
    std::vector<uint8_t> bytes(1'500);
    for (int i = 0; i < 100'000; ++i) {
      const std::span<uint8_t> payload = std::span(bytes).first(random.below(i % 50 == 0 ? bytes.size() : 24));
      random.fill(payload);
      const bool fec = decoder->has_fec(payload);
      if (i % 16 == 1 && decoder->decode_fec(payload, TimeDelta::millis(20), out) > 0 && !fec)
        FAIL("recovered from nothing");
      if (i % 16 == 2)
        decoder->conceal(std::span(out).first(decoder->format().samples(TimeDelta::millis(10)) * widest(codec)));
      give(*decoder, payload, out);
    }
  }
}

TEST_CASE("packets cut short, and packets with a bit turned, are refused or decoded", "[media][codec]") {
  SeededRandom random(10);
  for (const Codec codec : kCodecs) {
    auto encoder = make_audio_encoder({.codec = codec, .expected_loss = 10});
    auto decoder = make_audio_decoder(codec, widest(codec));
    const AudioFormat format = encoder->format();
    test::Pcm out = test::longest_block(*decoder);
    for (auto& packet : test::encoded(
             *encoder, test::speech_like(0.4, format.samples(TimeDelta::seconds(1)), format.sample_rate_hz))) {
      for (size_t length = 0; length < packet.size(); length += 7) give(*decoder, std::span(packet).first(length), out);
      for (int i = 0; i < 5 && !packet.empty(); ++i) {
        packet[random.below(packet.size())] ^= static_cast<uint8_t>(1U << random.below(8));
        decoder->decode_fec(packet, TimeDelta::millis(20), out);
        give(*decoder, packet, out);
      }
    }
  }
}

TEST_CASE("a packet that is refused leaves no trace", "[media][codec]") {
  // RFC 6716 §3.4: two frames of one length in an odd number of bytes; a length that is not there; 180 ms; no frames at
  // all.
  const std::vector<std::vector<uint8_t>> malformed = {
      {}, {1 << 3 | 1, 1, 2, 3}, {1 << 3 | 2, 200, 1}, {3 << 3 | 3, 3, 1, 2, 3}, {1 << 3 | 3, 0}, {1 << 3 | 3}};
  auto encoder = make_audio_encoder({});
  auto clean = make_audio_decoder(Codec::kOpus, 1), disturbed = make_audio_decoder(Codec::kOpus, 1);
  test::Pcm a = test::longest_block(*clean), b = a;
  for (const auto& packet : test::encoded(*encoder, test::speech_like(0.4, 48'000))) {
    for (const auto& bad : malformed) {
      CHECK(disturbed->duration(bad).us() == 0);
      CHECK(disturbed->decode(bad, b) == 0);
      CHECK_FALSE(disturbed->has_fec(bad));
    }
    // Nor does one that there is no room for.
    CHECK(disturbed->decode(packet, std::span(b).first(100)) == 0);
    CHECK(clean->decode(packet, a) == disturbed->decode(packet, b));
    REQUIRE((a == b));
  }
}

TEST_CASE("one duration of an Opus packet is told by the decoder and by the parser of payloads", "[media][codec]") {
  SeededRandom random(11);
  auto decoder = make_audio_decoder(Codec::kOpus, 1);
  std::vector<uint8_t> bytes(40);
  for (int i = 0; i < 20'000; ++i) {
    const std::span<uint8_t> payload = std::span(bytes).first(1 + random.below(bytes.size()));
    random.fill(payload);
    const auto samples = payload::opus_duration_samples(payload);
    REQUIRE((decoder->duration(payload) == TimeDelta::zero() ||
             decoder->format().samples(decoder->duration(payload)) == samples));
  }
  CHECK(decoder->duration(std::vector<uint8_t>{1 << 3}) == TimeDelta::millis(20));
  CHECK(decoder->duration(std::vector<uint8_t>{28 << 3}) == TimeDelta::micros(2'500));
  CHECK(decoder->duration(std::vector<uint8_t>{3 << 3 | 1, 1, 1}) == TimeDelta::millis(120));
}

TEST_CASE("packets of silence of one and two bytes are decoded", "[media][codec]") {
  for (const uint8_t channels : {uint8_t{1}, uint8_t{2}}) {
    auto encoder = make_audio_encoder({.channels = channels});
    auto decoder = make_audio_decoder(Codec::kOpus, channels);
    test::Pcm out = test::longest_block(*decoder);
    // Before anything else, and after speech.
    for (int i = 0; i < 2; ++i) {
      for (const uint8_t configuration : {1, 9, 13, 15, 19, 31}) {
        const auto toc = static_cast<uint8_t>(configuration << 3);
        CHECK(decoder->decode(std::vector<uint8_t>{toc}, out) == 960);
        CHECK(decoder->decode(std::vector<uint8_t>{toc, 0}, out) == 960);
      }
      test::decoded(*decoder, test::encoded(*encoder, test::speech_like(0.4, 48'000)));
    }
  }
}

}  // namespace
}  // namespace tutti::audio
