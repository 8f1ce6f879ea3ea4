#include <catch2/catch.hpp>

#include <algorithm>

#include "support/audio_codec.hpp"

namespace tutti::audio {
namespace {

// What came out against what went in as much earlier as the encoder says, in its last third.
double round_trip_db(AudioEncoder& encoder, AudioDecoder& decoder, const test::Pcm& in) {
  const test::Pcm out = test::decoded(decoder, test::encoded(encoder, in));
  REQUIRE(out.size() == in.size());
  const size_t length = in.size() / 3, from = in.size() - length, delay = encoder.format().samples(encoder.lookahead());
  return test::sinad_db(std::span(out).subspan(from, length),
                        test::as_double(std::span(in).subspan(from - delay, length)));
}

TEST_CASE("G.711 carries a tone at better than 35 dB and without delay", "[media][codec]") {
  for (const Codec law : {Codec::kPcmu, Codec::kPcma}) {
    auto encoder = make_audio_encoder({.codec = law});
    auto decoder = make_audio_decoder(law, 1);
    CHECK(round_trip_db(*encoder, *decoder, test::sine(440, 0.5, 16'000, 8'000)) > 35);
    CHECK(decoder->duration(std::vector<uint8_t>(240)) == TimeDelta::millis(30));
    CHECK(decoder->duration(std::vector<uint8_t>(961)) == TimeDelta::zero());
    CHECK(decoder->duration({}) == TimeDelta::zero());
  }
}

TEST_CASE("G.722 carries tones below and above the telephone's band", "[media][codec]") {
  for (const auto& [hz, least_db] :
       {std::pair{440.0, 30.0}, {1'000.0, 30.0}, {3'000.0, 25.0}, {5'000.0, 15.0}, {6'500.0, 10.0}}) {
    INFO(hz << " Hz");
    auto encoder = make_audio_encoder({.codec = Codec::kG722});
    auto decoder = make_audio_decoder(Codec::kG722, 1);
    CHECK(decoder->format().sample_rate_hz == 16'000);
    CHECK(decoder->duration(std::vector<uint8_t>(160)) == TimeDelta::millis(20));
    CHECK(round_trip_db(*encoder, *decoder, test::sine(hz, 0.4, 32'000, 16'000)) > least_db);
  }
}

TEST_CASE("G.722 carries a tone at its own level", "[media][codec]") {
  auto encoder = make_audio_encoder({.codec = Codec::kG722});
  auto decoder = make_audio_decoder(Codec::kG722, 1);
  const test::Pcm in = test::sine(1'000, 0.4, 32'000, 16'000);
  const test::Pcm out = test::decoded(*decoder, test::encoded(*encoder, in));
  CHECK(test::rms_dbfs(std::span(out).subspan(16'000)) == Approx(test::rms_dbfs(in)).margin(0.5));
}

TEST_CASE("Opus carries a tone, mono and stereo, in frames of 10 and 20 ms", "[media][codec]") {
  for (const uint8_t channels : {uint8_t{1}, uint8_t{2}}) {
    for (const TimeDelta frame : {TimeDelta::millis(10), TimeDelta::millis(20)}) {
      INFO(int{channels} << " channels, " << frame.ms() << " ms");
      auto encoder =
          make_audio_encoder({.channels = channels, .frame = frame, .bitrate = DataRate::kbps(64), .dtx = false});
      auto decoder = make_audio_decoder(Codec::kOpus, channels);
      CHECK(encoder->lookahead() == TimeDelta::micros(6'500));
      test::Pcm in, left;
      for (const int16_t x : test::sine(440, 0.4, 2 * 48'000)) in.insert(in.end(), channels, x);
      const test::Pcm out = test::decoded(*decoder, test::encoded(*encoder, in));
      REQUIRE(out.size() == in.size());
      for (size_t i = 0; i < out.size(); i += channels) left.push_back(out[i]);
      // Its filter turns the phase of low tones.
      CHECK(test::tone_sinad_db(std::span(left).subspan(48'000), 440) > 25);
      CHECK(test::rms_dbfs(std::span(left).subspan(48'000)) == Approx(test::rms_dbfs(in)).margin(1));
    }
  }
}

TEST_CASE("sound comes out of Opus as late as the encoder says", "[media][codec]") {
  for (const uint8_t channels : {uint8_t{1}, uint8_t{2}}) {
    auto encoder = make_audio_encoder({.channels = channels, .bitrate = DataRate::kbps(64), .dtx = false});
    auto decoder = make_audio_decoder(Codec::kOpus, 1);
    const test::Pcm mono = test::chirp(500, 3'000, 0.4, 48'000);
    test::Pcm in;
    for (const int16_t x : mono) in.insert(in.end(), channels, x);
    const test::Pcm out = test::decoded(*decoder, test::encoded(*encoder, in));
    const size_t delay = test::find_offset(std::span(out).subspan(24'000), std::span(mono).subspan(24'000, 4'800), 960);
    CHECK(std::abs(static_cast<int>(delay) - static_cast<int>(encoder->format().samples(encoder->lookahead()))) <= 24);
  }
}

TEST_CASE("Opus keeps the two channels apart", "[media][codec]") {
  auto encoder = make_audio_encoder({.channels = 2, .bitrate = DataRate::kbps(64), .dtx = false});
  auto decoder = make_audio_decoder(Codec::kOpus, 2);
  const test::Pcm left = test::sine(440, 0.3, 96'000), right = test::sine(1'000, 0.3, 96'000);
  test::Pcm in, heard_left, heard_right;
  for (size_t i = 0; i < left.size(); ++i) in.insert(in.end(), {left[i], right[i]});
  const test::Pcm out = test::decoded(*decoder, test::encoded(*encoder, in));
  for (size_t i = 48'000; i < 96'000; ++i) {
    heard_left.push_back(out[2 * i]);
    heard_right.push_back(out[2 * i + 1]);
  }
  CHECK(test::tone_dbfs(heard_left, 440) - test::tone_dbfs(heard_left, 1'000) > 25);
  CHECK(test::tone_dbfs(heard_right, 1'000) - test::tone_dbfs(heard_right, 440) > 25);
}

TEST_CASE("what a sender of two channels sends is heard in one", "[media][codec]") {
  auto encoder = make_audio_encoder({.channels = 2, .bitrate = DataRate::kbps(64), .dtx = false});
  auto decoder = make_audio_decoder(Codec::kOpus, 1);
  test::Pcm in;
  for (const int16_t s : test::sine(440, 0.3, 48'000)) in.insert(in.end(), 2, s);
  const test::Pcm out = test::decoded(*decoder, test::encoded(*encoder, in));
  REQUIRE(out.size() == 48'000);
  CHECK(test::tone_dbfs(std::span(out).subspan(24'000), 440) ==
        Approx(test::tone_dbfs(test::sine(440, 0.3, 24'000), 440)).margin(1));
}

TEST_CASE("a running encoder takes another rate and another loss", "[media][codec]") {
  const test::Pcm speech = test::speech_like(0.4, 2 * 48'000);
  const auto bytes = [](const test::Packets& packets) {
    size_t sum = 0;
    for (const auto& p : packets) sum += p.size();
    return sum;
  };
  auto encoder = make_audio_encoder({.bitrate = DataRate::kbps(64), .dtx = false});
  auto decoder = make_audio_decoder(Codec::kOpus, 1);
  const auto redundant = [&](const test::Packets& packets) {
    return std::count_if(packets.begin(), packets.end(), [&](const auto& p) { return decoder->has_fec(p); });
  };
  const test::Packets rich = test::encoded(*encoder, speech);
  encoder->adjust({.bitrate = DataRate::kbps(24), .complexity = 2, .expected_loss = 20});
  const test::Packets poor = test::encoded(*encoder, speech);
  CHECK(bytes(poor) * 2 < bytes(rich));
  CHECK(redundant(rich) == 0);
  CHECK(redundant(poor) > 20);
  CHECK(encoder->settings().bitrate == DataRate::kbps(24));
  CHECK(encoder->settings().expected_loss == 20);
  CHECK_FALSE(encoder->settings().dtx);
  encoder->adjust({.bitrate = DataRate::kbps(64), .expected_loss = 0});
  CHECK(redundant(test::encoded(*encoder, speech)) <= 1);
}

TEST_CASE("silence is hardly sent, and the first word after it is whole", "[media][codec]") {
  auto encoder = make_audio_encoder({.bitrate = DataRate::kbps(32), .dtx = true});
  auto decoder = make_audio_decoder(Codec::kOpus, 1);
  test::Pcm pcm = test::speech_like(0.4, 48'000);
  pcm.resize(5 * 48'000);
  const test::Pcm word = test::speech_like(0.4, 48'000);
  pcm.insert(pcm.end(), word.begin(), word.end());
  const test::Packets packets = test::encoded(*encoder, pcm);
  size_t sent = 0;
  for (size_t i = 100; i < 250; ++i) sent += packets[i].empty() ? 0 : 1;
  CHECK(sent <= 150 / 20 + 2);  // one in 400 ms
  const auto told = std::find_if(packets.begin() + 60, packets.end(), [](const auto& p) { return p.size() <= 2; });
  REQUIRE(told != packets.end());
  CHECK(told->size() > 0);
  const test::Pcm heard = test::decoded(*decoder, packets);
  // 20 ms around the first syllable, less the encoder's look-ahead.
  const size_t onset = 5 * 48'000 + 4'800;
  CHECK(test::rms_dbfs(std::span(heard).subspan(onset + 312, 960)) >
        test::rms_dbfs(std::span(pcm).subspan(onset, 960)) - 3);
}

// A decoder that heard one talker is given, in the middle of a word, the packets of an encoder of another: how well the
// first two of them sound, in dB against the same packets in a decoder of their own, over many such changes.
double after_change_db(bool independent) {
  const test::Pcm before = test::speech_like(0.3, 4 * 48'000, 48'000, 205), after = test::speech_like(0.3, 4 * 48'000);
  double signal = 0, error = 0;
  for (size_t change = 40; change < 190; change += 7) {
    auto first = make_audio_encoder({}), second = make_audio_encoder({});
    auto own = make_audio_decoder(Codec::kOpus, 1), changing = make_audio_decoder(Codec::kOpus, 1);
    const auto part = [change](const test::Pcm& pcm) { return std::span(pcm).subspan((change - 30) * 960, 30 * 960); };
    test::decoded(*changing, test::encoded(*first, part(before)));
    test::decoded(*own, test::encoded(*second, part(after)));
    if (independent) second->make_next_independent();
    const test::Packets packets = test::encoded(*second, std::span(after).subspan(change * 960, 2 * 960));
    const test::Pcm ideal = test::decoded(*own, packets), heard = test::decoded(*changing, packets);
    for (size_t i = 0; i < ideal.size(); ++i) {
      signal += std::pow(ideal[i], 2);
      error += std::pow(ideal[i] - heard[i], 2);
    }
  }
  return 10 * std::log10(signal / error);
}

TEST_CASE("a frame that is to be independent is decoded well by a decoder that heard another encoder",
          "[media][codec]") {
  const double dependent = after_change_db(false), independent = after_change_db(true);
  INFO(dependent << " and " << independent << " dB");
  CHECK(independent > dependent + 5);
}

TEST_CASE("what is no audio, or not to be had, has no codec", "[media][codec]") {
  CHECK_FALSE(make_audio_decoder(Codec::kVp8, 1));
  CHECK_FALSE(make_audio_encoder({.codec = Codec::kVp8}));
  CHECK_FALSE(make_audio_encoder({.codec = Codec::kPcmu, .channels = 2}));
  CHECK_FALSE(make_audio_encoder({.frame = TimeDelta::millis(7)}));
  CHECK_FALSE(make_audio_encoder({.codec = Codec::kG722, .frame = TimeDelta::millis(7)}));
  CHECK_FALSE(make_audio_encoder({.channels = 3}));
  CHECK_FALSE(make_audio_decoder(Codec::kOpus, 3));
}

}  // namespace
}  // namespace tutti::audio
