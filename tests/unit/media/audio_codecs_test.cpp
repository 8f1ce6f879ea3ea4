#include <catch2/catch.hpp>

#include "support/pcm.hpp"
#include "tutti/media/audio/decoder.hpp"
#include "tutti/media/audio/encoder.hpp"
#include "tutti/media/audio/preprocessor.hpp"
#include "tutti/media/audio/resampler.hpp"

namespace tutti::audio {
namespace {

using Packets = std::vector<std::vector<uint8_t>>;

Packets encoded(AudioEncoder& encoder, std::span<const int16_t> pcm) {
  const AudioFormat format = encoder.format();
  const size_t frame = format.samples(encoder.settings().frame) * format.channels;
  Packets packets;
  for (size_t at = 0; at + frame <= pcm.size(); at += frame) {
    std::vector<uint8_t> packet(AudioEncoder::kMaxPacket);
    packet.resize(encoder.encode(pcm.subspan(at, frame), packet));
    packets.push_back(std::move(packet));
  }
  return packets;
}

test::Pcm decoded(AudioDecoder& decoder, const Packets& packets) {
  test::Pcm out;
  std::vector<int16_t> block(decoder.format().samples(TimeDelta::millis(120)) * decoder.format().channels);
  for (const auto& p : packets) {
    const size_t samples = decoder.decode(p, block);
    out.insert(out.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(samples * decoder.format().channels));
  }
  return out;
}

// Encoded and decoded, against itself at the delay that fits best.
double round_trip_db(AudioEncoder& encoder, AudioDecoder& decoder, const test::Pcm& in) {
  const test::Pcm out = decoded(decoder, encoded(encoder, in));
  const size_t from = in.size() / 3, length = in.size() / 3;
  const auto part = std::span(in).subspan(from, length);
  const size_t delay = test::find_offset(std::span(out).subspan(from), part, 800);
  return test::sinad_db(std::span(out).subspan(from + delay, length), test::as_double(part));
}

TEST_CASE("G.711 carries a tone at better than 35 dB", "[media][codec]") {
  for (const Codec law : {Codec::kPcmu, Codec::kPcma}) {
    auto encoder = make_audio_encoder({.codec = law});
    auto decoder = make_audio_decoder(law, 1);
    CHECK(round_trip_db(*encoder, *decoder, test::sine(440, 0.5, 16'000, 8'000)) > 35);
  }
}

TEST_CASE("G.722 carries a tone above the telephone's band", "[media][codec]") {
  auto encoder = make_audio_encoder({.codec = Codec::kG722});
  auto decoder = make_audio_decoder(Codec::kG722, 1);
  CHECK(decoder->format().sample_rate_hz == 16'000);
  CHECK(decoder->duration(std::vector<uint8_t>(160)) == TimeDelta::millis(20));
  CHECK(round_trip_db(*encoder, *decoder, test::sine(5'000, 0.4, 32'000, 16'000)) > 15);
}

TEST_CASE("Opus carries a tone, mono and stereo", "[media][codec]") {
  for (const uint8_t channels : {uint8_t{1}, uint8_t{2}}) {
    auto encoder = make_audio_encoder({.channels = channels, .bitrate = DataRate::kbps(64)});
    auto decoder = make_audio_decoder(Codec::kOpus, channels);
    const test::Pcm mono = test::sine(440, 0.4, 48'000);
    test::Pcm in;
    for (const int16_t s : mono) in.insert(in.end(), channels, s);
    const test::Pcm out = decoded(*decoder, encoded(*encoder, in));
    REQUIRE(out.size() == in.size());
    test::Pcm left;
    for (size_t i = 0; i < out.size(); i += channels) left.push_back(out[i]);
    CHECK(test::tone_dbfs(std::span(left).subspan(24'000), 440) == Approx(test::tone_dbfs(std::span(mono).subspan(24'000), 440)).margin(1));
    CHECK(encoder->lookahead() == TimeDelta::micros(6'500));
  }
}

TEST_CASE("in-band redundancy brings a lost packet of speech back better than concealment does", "[media][codec]") {
  const test::Pcm speech = test::speech_like(0.4, 3 * 48'000);
  auto encoder = make_audio_encoder({.bitrate = DataRate::kbps(32), .expected_loss = 20});
  const Packets packets = encoded(*encoder, speech);
  auto whole = make_audio_decoder(Codec::kOpus, 1), repaired = make_audio_decoder(Codec::kOpus, 1), concealed = make_audio_decoder(Codec::kOpus, 1);
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

TEST_CASE("concealment fades to silence between 60 and 200 ms", "[media][codec]") {
  for (const Codec codec : {Codec::kOpus, Codec::kPcmu, Codec::kG722}) {
    INFO(to_string(codec));
    auto encoder = make_audio_encoder({.codec = codec});
    auto decoder = make_audio_decoder(codec, 1);
    const AudioFormat format = encoder->format();
    decoded(*decoder, encoded(*encoder, test::sine(300, 0.4, format.samples(TimeDelta::seconds(1)), format.sample_rate_hz)));
    std::vector<int16_t> frame(format.samples(TimeDelta::millis(20)));
    double first = 0, last = 0;
    for (int i = 0; i < 12; ++i) {
      decoder->conceal(frame);
      if (i == 0) first = test::rms_dbfs(frame);
      last = test::rms_dbfs(frame);
    }
    CHECK(first > -25);
    CHECK(last < -50);
  }
}

TEST_CASE("silence is hardly sent, and the first word after it is whole", "[media][codec]") {
  auto encoder = make_audio_encoder({.bitrate = DataRate::kbps(32), .dtx = true});
  auto decoder = make_audio_decoder(Codec::kOpus, 1);
  test::Pcm pcm = test::speech_like(0.4, 48'000);
  pcm.resize(5 * 48'000);
  const test::Pcm word = test::speech_like(0.4, 48'000);
  pcm.insert(pcm.end(), word.begin(), word.end());
  const Packets packets = encoded(*encoder, pcm);
  size_t sent = 0;
  for (size_t i = 100; i < 250; ++i) sent += packets[i].empty() ? 0 : 1;
  CHECK(sent <= 150 / 20 + 2);  // one in 400 ms
  test::Pcm heard;
  for (size_t i = 0; i < packets.size(); ++i) {
    std::vector<int16_t> block(5760);
    const size_t n = packets[i].empty() ? 0 : decoder->decode(packets[i], block);
    if (n == 0) decoder->conceal(std::span(block).first(960));
    heard.insert(heard.end(), block.begin(), block.begin() + 960);
  }
  // 20 ms around the first syllable, less the encoder's look-ahead.
  const size_t onset = 5 * 48'000 + 4'800;
  CHECK(test::rms_dbfs(std::span(heard).subspan(onset + 312, 960)) > test::rms_dbfs(std::span(pcm).subspan(onset, 960)) - 3);
}

TEST_CASE("a frame that is to be independent is decoded well by a decoder that heard another encoder", "[media][codec]") {
  const test::Pcm pcm = test::speech_like(0.4, 4 * 48'000);
  auto first = make_audio_encoder({.bitrate = DataRate::kbps(32)}), second = make_audio_encoder({.bitrate = DataRate::kbps(32)});
  auto steady = make_audio_decoder(Codec::kOpus, 1), switching = make_audio_decoder(Codec::kOpus, 1);
  std::vector<uint8_t> packet(AudioEncoder::kMaxPacket);
  std::vector<int16_t> a(5760), b(5760);
  test::Pcm without, with;
  for (size_t f = 0; f < 190; ++f) {
    const auto frame = std::span(pcm).subspan(f * 960, 960);
    const size_t size = first->encode(frame, packet);
    steady->decode(std::span(packet).first(size), a);
    without.insert(without.end(), a.begin(), a.begin() + 960);
    if (f >= 98 && f < 100) second->encode(frame, packet);
    if (f == 100) second->make_next_independent();
    const size_t other = f >= 100 ? second->encode(frame, packet) : size;
    switching->decode(std::span(packet).first(other), b);
    with.insert(with.end(), b.begin(), b.begin() + 960);
  }
  // The sound at the switch is the sound without it, to within what the codec itself changes.
  int highest = 0;
  for (size_t i = 100 * 960 - 10; i < 102 * 960; ++i) highest = std::max(highest, std::abs((with[i] - with[i - 1]) - (without[i] - without[i - 1])));
  INFO("largest step " << highest);
  CHECK(highest < 3277);  // -20 dBFS
}

TEST_CASE("random and cut packets are refused or decoded, and never more than 120 ms", "[media][codec]") {
  SeededRandom random(9);
  for (const Codec codec : {Codec::kOpus, Codec::kPcmu, Codec::kPcma, Codec::kG722}) {
    auto decoder = make_audio_decoder(codec, codec == Codec::kOpus ? 2 : 1);
    std::vector<int16_t> out(decoder->format().samples(TimeDelta::millis(120)) * decoder->format().channels);
    for (int i = 0; i < 20'000; ++i) {
      std::vector<uint8_t> payload(random.u32() % (i % 10 == 0 ? 1500 : 60));
      random.fill(payload);
      const TimeDelta duration = decoder->duration(payload);
      REQUIRE(duration <= TimeDelta::millis(120));
      decoder->has_fec(payload);
      const size_t samples = decoder->decode(payload, out);
      REQUIRE(samples <= decoder->format().samples(TimeDelta::millis(120)));
      if (duration == TimeDelta::zero()) REQUIRE(samples == 0);
      if (i % 7 == 0) decoder->decode_fec(payload, TimeDelta::millis(20), out);
    }
  }
}

TEST_CASE("what is no audio, or not to be had, has no codec", "[media][codec]") {
  CHECK_FALSE(make_audio_decoder(Codec::kVp8, 1));
  CHECK_FALSE(make_audio_encoder({.codec = Codec::kVp8}));
  CHECK_FALSE(make_audio_encoder({.codec = Codec::kPcmu, .channels = 2}));
  CHECK_FALSE(make_audio_encoder({.frame = TimeDelta::millis(7)}));
}

TEST_CASE("resampling keeps the tone and makes no clicks between blocks", "[media][resampler]") {
  for (const auto& [from, to] : {std::pair<uint32_t, uint32_t>{48'000, 8'000}, {8'000, 48'000}, {16'000, 48'000}, {48'000, 16'000}}) {
    Resampler resampler(from, to, 1);
    const test::Pcm in = test::sine(1'000, 0.5, from, from);
    test::Pcm out;
    std::vector<int16_t> block(to / 50 + 8);
    for (size_t at = 0; at < in.size(); at += from / 50) {
      const size_t n = resampler.process(std::span(in).subspan(at, from / 50), std::span(block).first(to / 50));
      CHECK(n == to / 50);
      out.insert(out.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(n));
    }
    const size_t middle = to / 2, length = to / 4;
    const test::Pcm ideal = test::sine(1'000, 0.5, length + 200, to);
    const size_t shift = test::find_offset(ideal, std::span(out).subspan(middle, length), 100);
    CHECK(test::sinad_db(std::span(out).subspan(middle, length), test::as_double(std::span(ideal).subspan(shift, length))) > 25);
    CHECK(resampler.latency() < TimeDelta::millis(8));
  }
}

double level_after_agc(double amplitude) {
  Preprocessor preprocessor({.gain_control = true}, TimeDelta::millis(20));
  test::Pcm pcm = test::speech_like(amplitude, 8 * 48'000);
  for (size_t at = 0; at + 960 <= pcm.size(); at += 960) preprocessor.process(std::span(pcm).subspan(at, 960));
  return test::rms_dbfs(std::span(pcm).subspan(5 * 48'000));
}

TEST_CASE("gain control brings a quiet and a loud talker together", "[media][preprocessor]") {
  const auto level = [](double amplitude) { return test::rms_dbfs(test::speech_like(amplitude, 5 * 48'000)); };
  const double quiet = 0.3 * std::pow(10, (-35 - level(0.3)) / 20), loud = 0.3 * std::pow(10, (-15 - level(0.3)) / 20);
  CHECK(std::abs(level_after_agc(quiet) - level_after_agc(loud)) <= 6);
}

TEST_CASE("noise suppression takes a fan down by ten decibels", "[media][preprocessor]") {
  SeededRandom random(2);
  Preprocessor preprocessor({.noise_suppression = true}, TimeDelta::millis(20));
  test::Pcm pcm = test::noise(0.02, 5 * 48'000, random);
  const double before = test::rms_dbfs(pcm);
  for (size_t at = 0; at + 960 <= pcm.size(); at += 960) preprocessor.process(std::span(pcm).subspan(at, 960));
  CHECK(test::rms_dbfs(std::span(pcm).subspan(3 * 48'000)) < before - 10);
}

}  // namespace
}  // namespace tutti::audio
