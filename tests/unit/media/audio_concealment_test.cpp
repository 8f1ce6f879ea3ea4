#include <catch2/catch.hpp>

#include <algorithm>

#include "support/audio_codec.hpp"

namespace tutti::audio {
namespace {

constexpr Codec kCodecs[] = {Codec::kOpus, Codec::kPcmu, Codec::kPcma, Codec::kG722};

TEST_CASE("in-band redundancy brings a lost packet of speech back better than concealment does", "[media][codec]") {
  const test::Pcm speech = test::speech_like(0.4, 3 * 48'000);
  auto encoder = make_audio_encoder({.bitrate = DataRate::kbps(32), .expected_loss = 20});
  const test::Packets packets = test::encoded(*encoder, speech);
  auto whole = make_audio_decoder(Codec::kOpus, 1), repaired = make_audio_decoder(Codec::kOpus, 1),
       concealed = make_audio_decoder(Codec::kOpus, 1);
  std::vector<int16_t> a(5760), b(5760), c(5760);
  double error_fec = 0, error_plc = 0;
  size_t recovered = 0;
  for (size_t i = 0; i + 1 < packets.size(); ++i) {
    whole->decode(packets[i], a);
    const bool lost = i % 10 == 5;
    if (!lost) {
      repaired->decode(packets[i], b);
      concealed->decode(packets[i], c);
      continue;
    }
    const size_t made = repaired->decode_fec(packets[i + 1], TimeDelta::millis(20), b);
    concealed->conceal(std::span(c).first(960));
    if (made != 960) {
      repaired->conceal(std::span(b).first(960));
      continue;
    }
    ++recovered;
    for (size_t k = 0; k < 960; ++k) {
      error_fec += std::pow(a[k] - b[k], 2);
      error_plc += std::pow(a[k] - c[k], 2);
    }
  }
  CHECK(recovered >= 8);
  INFO("dB better: " << 10 * std::log10(error_plc / error_fec));
  CHECK(error_fec * 2 < error_plc);
}

TEST_CASE("only packets that have redundancy give any", "[media][codec]") {
  const test::Pcm speech = test::speech_like(0.4, 48'000);
  auto encoder = make_audio_encoder({.bitrate = DataRate::kbps(32), .expected_loss = 0});
  auto decoder = make_audio_decoder(Codec::kOpus, 1);
  test::Pcm out = test::longest_block(*decoder);
  for (const auto& packet : test::encoded(*encoder, speech)) {
    CHECK_FALSE(decoder->has_fec(packet));
    CHECK(decoder->decode_fec(packet, TimeDelta::millis(20), out) == 0);
  }
  // RFC 6716 §3.1: SILK of 20 ms, mono. Its frame begins with a flag for voice, then one for redundancy.
  CHECK(decoder->has_fec(std::vector<uint8_t>{1 << 3, 0x40, 0}));
  CHECK_FALSE(decoder->has_fec(std::vector<uint8_t>{1 << 3, 0xbf, 0xff}));
  // 60 ms: three flags for voice before it. Stereo: the same again for the other channel.
  CHECK(decoder->has_fec(std::vector<uint8_t>{3 << 3, 0x10, 0}));
  CHECK_FALSE(decoder->has_fec(std::vector<uint8_t>{3 << 3, 0xef, 0xff}));
  CHECK(decoder->has_fec(std::vector<uint8_t>{3 << 3 | 4, 0x01, 0}));
  // Hybrid of 20 ms; CELT has none.
  CHECK(decoder->has_fec(std::vector<uint8_t>{13 << 3, 0x40, 0}));
  CHECK_FALSE(decoder->has_fec(std::vector<uint8_t>{16 << 3, 0xff, 0xff}));
}

TEST_CASE("concealment lasts 40 ms, and is silence after 200", "[media][codec]") {
  for (const Codec codec : kCodecs) {
    for (const TimeDelta block : {TimeDelta::millis(10), TimeDelta::millis(20)}) {
      INFO(to_string(codec) << " in blocks of " << block.ms() << " ms");
      auto encoder = make_audio_encoder({.codec = codec, .dtx = false});
      auto decoder = make_audio_decoder(codec, 1);
      const AudioFormat format = encoder->format();
      const test::Pcm tone = test::sine(130, 0.4, format.samples(TimeDelta::seconds(1)), format.sample_rate_hz);
      test::decoded(*decoder, test::encoded(*encoder, tone));
      test::Pcm gap;
      std::vector<int16_t> out(format.samples(block));
      for (TimeDelta t; t < TimeDelta::millis(400); t += block) {
        decoder->conceal(out);
        gap.insert(gap.end(), out.begin(), out.end());
      }
      const auto level = [&](int64_t from_ms, int64_t to_ms) {
        const size_t from = format.samples(TimeDelta::millis(from_ms)), to = format.samples(TimeDelta::millis(to_ms));
        return test::rms_dbfs(std::span(gap).subspan(from, to - from));
      };
      // Opus takes a tone back sooner than the others do.
      CHECK(level(0, 20) > test::rms_dbfs(tone) - (codec == Codec::kOpus ? 12 : 1));
      CHECK(level(20, 40) > (codec == Codec::kOpus ? -45 : test::rms_dbfs(tone) - 3));
      CHECK(level(40, 60) > (codec == Codec::kOpus ? -50 : test::rms_dbfs(tone) - 6));
      CHECK(level(200, 400) < -50);
    }
  }
}

// The largest step from one sample to the next.
int steepest(std::span<const int16_t> pcm) {
  int steepest = 0;
  for (size_t i = 1; i < pcm.size(); ++i) steepest = std::max(steepest, std::abs(pcm[i] - pcm[i - 1]));
  return steepest;
}

TEST_CASE("concealment begins and ends without a click", "[media][codec]") {
  for (const Codec codec : kCodecs) {
    INFO(to_string(codec));
    auto encoder = make_audio_encoder({.codec = codec, .dtx = false});
    auto decoder = make_audio_decoder(codec, 1);
    const AudioFormat format = encoder->format();
    const test::Pcm tone = test::sine(210, 0.4, format.samples(TimeDelta::seconds(1)), format.sample_rate_hz);
    test::Packets packets = test::encoded(*encoder, tone);
    for (const size_t lost : {20, 31, 32, 45}) packets[lost].clear();
    // Not in the beginning of the tone, where codecs have their own.
    const test::Pcm heard = test::decoded(*decoder, packets);
    CHECK(steepest(std::span(heard).subspan(heard.size() / 4)) < 2 * steepest(tone));
  }
}

TEST_CASE("a lost packet of a voice of 100 Hz is replaced by that voice", "[media][codec]") {
  for (const Codec codec : {Codec::kPcmu, Codec::kG722}) {
    INFO(to_string(codec));
    auto encoder = make_audio_encoder({.codec = codec, .dtx = false});
    auto whole = make_audio_decoder(codec, 1), lossy = make_audio_decoder(codec, 1);
    const AudioFormat format = encoder->format();
    test::Pcm voice(format.samples(TimeDelta::seconds(1)));
    for (int harmonic = 1; harmonic <= 8; ++harmonic) {
      const test::Pcm tone = test::sine(100 * harmonic, 0.3 / harmonic, voice.size(), format.sample_rate_hz);
      for (size_t i = 0; i < voice.size(); ++i) voice[i] = static_cast<int16_t>(voice[i] + tone[i]);
    }
    test::Packets packets = test::encoded(*encoder, voice);
    const test::Pcm ideal = test::decoded(*whole, packets);
    packets[30].clear();
    const test::Pcm heard = test::decoded(*lossy, packets);
    const size_t from = format.samples(TimeDelta::millis(600)), length = format.samples(TimeDelta::millis(20));
    CHECK(test::sinad_db(std::span(heard).subspan(from, length),
                         test::as_double(std::span(ideal).subspan(from, length))) > 15);
  }
}

}  // namespace
}  // namespace tutti::audio
