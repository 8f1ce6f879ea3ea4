// The jitter buffer with speech in Opus over networks that lose packets: how much of the speech is missing in what is
// heard.
#include <catch2/catch.hpp>

#include <cstring>

#include "support/fixtures.hpp"
#include "support/jitter_call.hpp"
#include "support/pcm.hpp"
#include "tutti/base/random.hpp"
#include "tutti/media/audio/encoder.hpp"

using namespace tutti;
using namespace tutti::test;

namespace {

constexpr size_t kFrame = 960;

// The recorded sentences at 48 kHz.
Pcm sentences() {
  const std::string wav = fixture("speech/en.wav");
  const size_t data = wav.find("data") + 8;
  Pcm narrow((wav.size() - data) / 2);
  std::memcpy(narrow.data(), wav.data() + data, narrow.size() * 2);
  Pcm out;
  for (size_t i = 0; i + 1 < narrow.size(); ++i)
    for (int k = 0; k < 3; ++k) out.push_back(static_cast<int16_t>((narrow[i] * (3 - k) + narrow[i + 1] * k) / 3));
  out.resize(out.size() / kFrame * kFrame);
  return out;
}

std::vector<std::vector<uint8_t>> encoded(const Pcm& sound, uint8_t expected_loss) {
  const auto encoder = audio::make_audio_encoder({.expected_loss = expected_loss, .dtx = false});
  std::vector<std::vector<uint8_t>> packets;
  for (size_t i = 0; i + kFrame <= sound.size(); i += kFrame) {
    std::vector<uint8_t> packet(audio::AudioEncoder::kMaxPacket);
    packet.resize(encoder->encode(std::span(sound).subspan(i, kFrame), packet));
    packets.push_back(std::move(packet));
  }
  return packets;
}

// The windows of 10 ms in which there is speech, and those of them that come out 15 dB weaker or more. What is heard is
// held against what was said by the usual latency of each second.
struct Gaps {
  int active = 0, gaps = 0;
  double percent() const { return 100.0 * gaps / active; }
};
void count_gaps(const CallResult& call, const Pcm& said, Gaps& into) {
  constexpr size_t kWindow = 480, kLookahead = 312;
  for (size_t second = 1; (second + 1) * 48'000 <= call.pcm.size(); ++second) {
    std::vector<int64_t> latencies;
    for (const Pulled& p : call.pulls) {
      const int64_t at = (p.now - call.pulls[0].now).ms() / 1000;
      if (at == static_cast<int64_t>(second) && p.latency) latencies.push_back(p.latency->us());
    }
    std::nth_element(latencies.begin(), latencies.begin() + static_cast<ptrdiff_t>(latencies.size() / 2),
                     latencies.end());
    const int64_t phase = call.pulls[0].now.us() - Timestamp::from_ms(5000).us();
    const int64_t shift = (phase - latencies[latencies.size() / 2]) * 48 / 1000 - static_cast<int64_t>(kLookahead);
    for (size_t w = second * 48'000; w < (second + 1) * 48'000; w += kWindow) {
      const auto in = static_cast<size_t>(static_cast<int64_t>(w) + shift) % said.size();
      if (in + kWindow > said.size()) continue;
      if (rms_dbfs(std::span(said).subspan(in, kWindow)) < -35) continue;
      ++into.active;
      if (rms_dbfs(std::span(call.pcm).subspan(w, kWindow)) < rms_dbfs(std::span(said).subspan(in, kWindow)) - 15)
        ++into.gaps;
    }
  }
}

CallResult lossy_call(const std::vector<std::vector<uint8_t>>& packets, int percent, uint64_t seed, int jitter_ms = 0) {
  SeededRandom random(seed);
  CallSetup setup;
  setup.length = TimeDelta::seconds(64);
  setup.phase = TimeDelta::millis(static_cast<int64_t>(seed) * 5 % 20 + 1);
  setup.send = [&](int64_t i) { return SentPacket{packets[static_cast<size_t>(i) % packets.size()]}; };
  setup.network = [&](int64_t) -> std::optional<TimeDelta> {
    if (random.below(100) < static_cast<uint64_t>(percent)) return std::nullopt;
    return TimeDelta::micros(static_cast<int64_t>(random.below(static_cast<uint64_t>(jitter_ms) * 1000 + 1)));
  };
  return run_call(audio::make_audio_decoder(Codec::kOpus, 1), setup);
}

}  // namespace

TEST_CASE("of speech that loses one packet in twenty nearly nothing is missing", "[media][jitter]") {
  const Pcm said = sentences();
  const auto plain = encoded(said, 0), redundant = encoded(said, 10);
  Gaps intact, concealed, recovered, recovered_of_jitter;
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    INFO("seed " << seed);
    count_gaps(lossy_call(plain, 0, seed), said, intact);
    count_gaps(lossy_call(plain, 5, seed), said, concealed);
    const CallResult call = lossy_call(redundant, 5, seed);
    count_gaps(call, said, recovered);
    // Two packets of delay at most, and one in twenty of those that were lost is lost still.
    CHECK(call.stats.current_delay <= TimeDelta::millis(43));
    CHECK(call.stats.fec_packets_used > 100);
    count_gaps(lossy_call(redundant, 5, seed, 30), said, recovered_of_jitter);
  }
  REQUIRE(intact.active > 10'000);
  CHECK(intact.gaps == 0);
  CHECK(concealed.percent() <= 0.7);
  CHECK(recovered.percent() <= 0.1);
  CHECK(recovered_of_jitter.percent() <= 0.1);
  CHECK(concealed.gaps > recovered.gaps);
}

TEST_CASE("a voice that stops sending in silence keeps its first syllable", "[media][jitter]") {
  Pcm said(48'000 * 12, 0);
  const Pcm voice = sentences();
  for (const size_t from : {48'000U * 2, 48'000U * 6, 48'000U * 10})
    std::copy_n(voice.begin() + 4800, 48'000 + 24'000, said.begin() + static_cast<ptrdiff_t>(from));
  const auto encoder = audio::make_audio_encoder({.dtx = true});
  CallSetup setup;
  setup.length = TimeDelta::seconds(12);
  setup.phase = TimeDelta::millis(7);
  setup.send = [&](int64_t i) {
    SentPacket packet{std::vector<uint8_t>(audio::AudioEncoder::kMaxPacket)};
    packet.payload.resize(encoder->encode(
        std::span(said).subspan(static_cast<size_t>(i) * kFrame % said.size(), kFrame), packet.payload));
    return packet;
  };
  const CallResult call = run_call(audio::make_audio_decoder(Codec::kOpus, 1), setup);
  CHECK(call.stats.packets_received < 500);
  CHECK(call.stats.packets_discarded == 0);
  Gaps gaps;
  count_gaps(call, said, gaps);
  CHECK(gaps.active > 200);
  CHECK(gaps.gaps == 0);
}
