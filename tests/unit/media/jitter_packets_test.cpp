// What single packets do to the jitter buffer: silence, order, repetition, timestamps out of this world, and streams
// that nobody mixes.
#include <catch2/catch.hpp>

#include <algorithm>

#include "support/jitter_call.hpp"
#include "support/pcm.hpp"
#include "support/pcm_codec.hpp"
#include "tutti/base/random.hpp"

using namespace tutti;
using namespace tutti::test;
using jitter::AudioJitterBuffer;
using Output = AudioJitterBuffer::Output;

namespace {

constexpr audio::AudioFormat kWide{16'000, 1};
constexpr size_t kFrame = 320;
constexpr TimeDelta kTick = TimeDelta::millis(20);

// A buffer with a clock of its own. Packet i has sequence number i and is filled with samples of the value 100 + i.
struct Bench {
  explicit Bench(TimeDelta phase = TimeDelta::millis(16)) : now(Timestamp::from_ms(1000) + phase) {}

  static int16_t value(int64_t i) { return static_cast<int16_t>(100 + i); }
  void insert(int64_t i, TimeDelta delay = TimeDelta::zero()) {
    insert(ExtSeqNum(i), static_cast<uint32_t>(i) * kFrame, PcmDecoder::packet(Pcm(kFrame, value(i))), sent(i) + delay);
  }
  void insert(ExtSeqNum sequence, uint32_t timestamp, const std::vector<uint8_t>& payload, Timestamp arrival,
              bool noise = false) {
    buffer.insert({sequence, RtpTimestamp(timestamp), arrival, payload, noise});
  }
  static Timestamp sent(int64_t i) { return Timestamp::from_ms(1000) + kTick * i; }
  Output pull(TimeDelta frame = kTick) {
    out.assign(kWide.samples(frame), 0);
    const Output kind = buffer.pull(now, out);
    heard.insert(heard.end(), out.begin(), out.end());
    now = now + frame;
    return kind;
  }
  void skip() {
    buffer.skip(now, kTick);
    now = now + kTick;
  }
  // How many samples of packet i came out.
  auto count(int64_t i) const { return std::count(heard.begin(), heard.end(), value(i)); }

  PcmDecoder::Counts counts;
  AudioJitterBuffer buffer{std::make_unique<PcmDecoder>(kWide, &counts), {.rtp_clock_rate_hz = 16'000}};
  Timestamp now;
  Pcm out, heard;
};

}  // namespace

TEST_CASE("before the first packet there is silence and no time", "[media][jitter]") {
  Bench bench;
  CHECK(bench.pull() == Output::kSilence);
  CHECK(bench.heard == Pcm(kFrame, 0));
  CHECK_FALSE(bench.buffer.next_timestamp());
  CHECK(bench.buffer.stats().concealed_samples == 0);
  bench.skip();
  CHECK_FALSE(bench.buffer.next_timestamp());
}

TEST_CASE("packets come out whole and in order, whatever order they came in", "[media][jitter]") {
  Bench bench;
  // Of each four the third comes first, well before it is needed.
  for (int64_t i = 0; i < 40; i += 4) {
    bench.insert(i + 2, TimeDelta::millis(-1));
    bench.insert(i, TimeDelta::zero());
    bench.insert(i + 3, TimeDelta::millis(-1));
    bench.insert(i + 1, TimeDelta::zero());
    for (int k = 0; k < 4; ++k) bench.pull();
  }
  for (int64_t i = 0; i < 38; ++i) CHECK(bench.count(i) == kFrame);
  CHECK(std::is_sorted(bench.heard.begin(), bench.heard.end()));
  CHECK(bench.buffer.stats().packets_discarded == 0);
  CHECK(bench.buffer.stats().concealed_samples == 0);
}

TEST_CASE("a duplicate is discarded, before and after its packet is played", "[media][jitter]") {
  Bench bench;
  for (int64_t i = 0; i < 50; ++i) {
    bench.insert(i);
    bench.insert(i);
    if (i >= 2) bench.insert(i - 2, kTick * 2);
    bench.pull();
  }
  CHECK(bench.buffer.stats().packets_received == 50 + 50 + 48);
  CHECK(bench.buffer.stats().packets_discarded == 50 + 48);
  CHECK(bench.count(30) == kFrame);
}

TEST_CASE("a packet after its time has gone by is discarded", "[media][jitter]") {
  Bench bench;
  for (int64_t i = 0; i < 20; ++i) {
    if (i != 10) bench.insert(i);
    if (i == 12) bench.insert(10, kTick * 2);
    bench.pull();
  }
  CHECK(bench.buffer.stats().packets_discarded == 1);
  CHECK(bench.count(10) == 0);
  CHECK(bench.buffer.stats().concealed_samples == kFrame);
  CHECK(bench.buffer.stats().concealment_events == 1);
}

TEST_CASE("a packet that the following one carries is recovered, and waited for once losses are seen",
          "[media][jitter]") {
  Bench bench;
  for (int64_t i = 0; i < 400; ++i) {
    const Pcm now(kFrame, Bench::value(i)), before(kFrame, Bench::value(i - 1));
    if (i % 20 != 10)
      bench.insert(ExtSeqNum(i), static_cast<uint32_t>(i) * kFrame, PcmDecoder::packet(now, before), Bench::sent(i));
    bench.pull();
    if (i == 9) CHECK(bench.buffer.stats().current_delay <= TimeDelta::millis(16));
  }
  CHECK(bench.buffer.stats().fec_packets_used == 20);
  CHECK(bench.buffer.stats().concealed_samples <= kFrame);
  CHECK(bench.buffer.stats().current_delay <= TimeDelta::millis(36));
  for (const int64_t lost : {10, 30, 50, 350}) CHECK(bench.count(lost) == kFrame);
  for (int64_t i = 400; i < 1100; ++i) {
    bench.insert(i);
    bench.pull();
  }
  CHECK(bench.buffer.stats().current_delay <= TimeDelta::millis(23));
}

TEST_CASE("a packet that cannot be decoded is counted and concealed", "[media][jitter]") {
  Bench bench;
  for (int64_t i = 0; i < 50; ++i) {
    std::vector<uint8_t> payload = PcmDecoder::packet(Pcm(kFrame, Bench::value(i)));
    if (i == 10) payload[0] = PcmDecoder::kCorrupt;
    if (i == 20) payload.clear();
    if (i == 30) payload.resize(5000);
    bench.insert(ExtSeqNum(i), static_cast<uint32_t>(i) * kFrame, payload, Bench::sent(i));
    bench.pull();
  }
  CHECK(bench.buffer.stats().undecodable_packets == 3);
  CHECK(bench.buffer.stats().packets_discarded == 3);
  CHECK(bench.buffer.stats().concealed_samples == 3 * kFrame);
  CHECK(bench.count(40) == kFrame);
}

TEST_CASE("of speech after discontinuous transmission nothing is lost", "[media][jitter]") {
  const bool announced = GENERATE(true, false);
  for (int phase = 1; phase < 20; phase += 3) {
    Bench bench(TimeDelta::millis(phase));
    SeededRandom random(static_cast<uint64_t>(phase));
    int64_t sequence = 0;
    int noise = 0, silence = 0;
    // Half a second of speech, then half a second of silence, of which the sender tells at its beginning or not.
    for (int64_t i = 0; i < 600; ++i) {
      const bool speaks = i / 25 % 2 == 0;
      const auto arrival = Bench::sent(i) + TimeDelta::millis(static_cast<int64_t>(random.below(i > 300 ? 2 : 1)));
      if (speaks) {
        bench.insert(ExtSeqNum(sequence++), static_cast<uint32_t>(i) * kFrame,
                     PcmDecoder::packet(Pcm(kFrame, Bench::value(i))), arrival);
      } else if (announced && i % 25 == 0) {
        bench.insert(ExtSeqNum(sequence++), static_cast<uint32_t>(i) * kFrame, {0}, arrival);
      }
      const Output kind = bench.pull();
      noise += kind == Output::kComfortNoise;
      silence += kind == Output::kSilence;
      if (kind == Output::kSpeech && i > 30) CHECK(bench.buffer.stats().current_delay <= TimeDelta::millis(25));
    }
    for (int64_t i = 0; i < 590; ++i)
      if (i / 25 % 2 == 0) CHECK(bench.count(i) == kFrame);
    if (announced) {
      CHECK(bench.buffer.stats().concealed_samples == 0);
      CHECK(noise > 250);
      // After what it makes up has faded the decoder is not asked any more.
      CHECK(bench.counts.concealments <= 12 * 11);
    } else {
      CHECK(silence > 100);
    }
  }
}

TEST_CASE("comfort noise has the level that its payload says, and ends with the next packet", "[media][jitter]") {
  AudioJitterBuffer buffer(audio::make_audio_decoder(Codec::kPcmu, 1), {.rtp_clock_rate_hz = 8000});
  const std::vector<uint8_t> speech(160, 0x10), plain{50}, shaped{50, 200, 90, 140};
  Pcm out(160);
  Timestamp now = Timestamp::from_ms(1016);
  int64_t sequence = 0;
  for (int i = 0; i < 200; ++i, now = now + kTick) {
    const auto insert = [&](const std::vector<uint8_t>& payload, bool noise) {
      buffer.insert({ExtSeqNum(sequence++), RtpTimestamp(static_cast<uint32_t>(i) * 160), now - TimeDelta::millis(16),
                     payload, noise});
    };
    if (i < 50 || i >= 150) insert(speech, false);
    if (i == 50) insert(plain, true);
    if (i == 100) insert(shaped, true);
    const Output kind = buffer.pull(now, out);
    if ((i > 60 && i < 100) || (i > 110 && i < 150)) {
      CHECK(kind == Output::kComfortNoise);
      CHECK(rms_dbfs(out) == Approx(-50).margin(5));
    }
    if (i > 152) CHECK(kind == Output::kSpeech);
  }
  CHECK(buffer.stats().concealed_samples == 0);
}

TEST_CASE("a sender that begins anew is heard within a second", "[media][jitter]") {
  struct Jump {
    int64_t sequence, timestamp;
  };
  const auto jump = GENERATE(Jump{0, 100'000'000}, Jump{0, -100'000'000}, Jump{0, -20'000}, Jump{0, 20'000},
                             Jump{0, 2'147'483'648}, Jump{30'000, 0}, Jump{-30'000, 0}, Jump{-200, 0}, Jump{200, 0},
                             Jump{20'000, -7'000'000}, Jump{-20'000, 1'000'000'000});
  INFO("sequence " << jump.sequence << " timestamp " << jump.timestamp);
  Bench bench;
  for (int64_t i = 0; i < 400; ++i) {
    const bool after = i >= 200;
    const auto timestamp = static_cast<uint32_t>(i * static_cast<int64_t>(kFrame) + (after ? jump.timestamp : 0));
    bench.insert(ExtSeqNum(i + (after ? jump.sequence : 0)), timestamp,
                 PcmDecoder::packet(Pcm(kFrame, Bench::value(i))), Bench::sent(i));
    const auto concealed = bench.buffer.stats().concealed_samples;
    const Output kind = bench.pull();
    if (i >= 250) {
      CHECK(kind == Output::kSpeech);
      CHECK(bench.buffer.stats().concealed_samples == concealed);
      CHECK(bench.buffer.stats().current_delay <= TimeDelta::millis(60));
    }
  }
  for (int64_t i = 260; i < 390; ++i) CHECK(bench.count(i) > 0);
}

TEST_CASE("one packet with a timestamp from nowhere costs little", "[media][jitter]") {
  Bench bench;
  for (int64_t i = 0; i < 200; ++i) {
    const auto timestamp = static_cast<uint32_t>(i) * kFrame + (i == 100 ? 1'000'000'000U : 0U);
    bench.insert(ExtSeqNum(i), timestamp, PcmDecoder::packet(Pcm(kFrame, Bench::value(i))), Bench::sent(i));
    bench.pull();
  }
  int64_t missing = 0;
  for (int64_t i = 0; i < 198; ++i) missing += bench.count(i) == 0;
  CHECK(missing <= 4);
}

TEST_CASE("a flood is given up, and what follows it is played", "[media][jitter]") {
  Bench bench;
  for (int64_t i = 0; i < 50; ++i) bench.insert(i), bench.pull();
  for (int64_t i = 50; i < 5000; ++i)
    bench.insert(ExtSeqNum(i), static_cast<uint32_t>(i) * kFrame, PcmDecoder::packet(Pcm(kFrame, 1)), bench.now);
  CHECK(bench.buffer.stats().packets_discarded > 4500);
  for (int64_t i = 5000; i < 5100; ++i) {
    bench.insert(ExtSeqNum(i), static_cast<uint32_t>(i) * kFrame, PcmDecoder::packet(Pcm(kFrame, 2)), bench.now);
    const Output kind = bench.pull();
    if (i > 5050) CHECK(kind == Output::kSpeech);
  }
  CHECK(bench.heard.back() == 2);
}

TEST_CASE("after a stall longer than the buffer may hold the newest is played", "[media][jitter]") {
  Bench bench;
  for (int64_t i = 0; i < 50; ++i) bench.insert(i), bench.pull();
  for (int64_t i = 50; i < 150; ++i) bench.pull();
  for (int64_t i = 50; i < 150; ++i)
    bench.insert(ExtSeqNum(i), static_cast<uint32_t>(i) * kFrame, PcmDecoder::packet(Pcm(kFrame, Bench::value(i))),
                 bench.now - TimeDelta::millis(5));
  for (int64_t i = 150; i < 300; ++i) bench.insert(i), bench.pull();
  CHECK(bench.buffer.stats().current_delay <= TimeDelta::millis(60));
  CHECK(bench.count(290) > 0);
}

TEST_CASE("a stream that nobody hears costs no decoding and is where it should be when somebody does",
          "[media][jitter]") {
  for (int phase = 0; phase < 20; phase += 2) {
    Bench heard(TimeDelta::millis(phase)), skipped(TimeDelta::millis(phase));
    for (int64_t i = 0; i < 300; ++i) {
      heard.insert(i);
      skipped.insert(i);
      heard.pull();
      i >= 50 && i < 200 ? skipped.skip() : void(skipped.pull());
      if (i >= 50 && i < 200) CHECK(skipped.counts.decoded <= 51);
      INFO(phase << " " << i);
      if (i > 60)
        CHECK(std::abs(static_cast<int32_t>(heard.buffer.next_timestamp()->value() -
                                            skipped.buffer.next_timestamp()->value())) <= 16 * 3);
      if (i > 60) CHECK(std::abs((heard.buffer.waiting_time() - skipped.buffer.waiting_time()).ms()) <= 25);
      if (i == 200) CHECK(std::abs(skipped.out.back() - heard.out.back()) <= 1);
    }
    CHECK(skipped.counts.resets == 1);
    CHECK(skipped.buffer.stats().concealed_samples == 0);
    CHECK(skipped.buffer.stats().packets_received == 300);
    CHECK(skipped.buffer.stats().packets_discarded == 0);
  }
}

TEST_CASE("who begins to speak while nobody hears is heard from the next pull on", "[media][jitter]") {
  Bench bench;
  for (int64_t i = 0; i < 100; ++i) bench.insert(i), bench.skip();
  bench.insert(100);
  CHECK(bench.pull() == Output::kSpeech);
  CHECK(bench.out.back() >= Bench::value(99));
}

TEST_CASE("after a reset nothing is remembered but the statistics", "[media][jitter]") {
  Bench bench;
  for (int64_t i = 0; i < 100; ++i) bench.insert(i, TimeDelta::millis(i % 3 * 15)), bench.pull();
  bench.buffer.reset();
  CHECK(bench.pull() == Output::kSilence);
  CHECK_FALSE(bench.buffer.next_timestamp());
  CHECK(bench.buffer.stats().packets_received == 100);
  for (int64_t i = 0; i < 10; ++i) {
    bench.insert(ExtSeqNum(i + 7), 12345U + static_cast<uint32_t>(i) * kFrame, PcmDecoder::packet(Pcm(kFrame, 5)),
                 bench.now - TimeDelta::millis(16));
    bench.pull();
  }
  CHECK(bench.heard.back() == 5);
  CHECK(bench.buffer.stats().target_delay == TimeDelta::millis(5));
}

TEST_CASE("no order of operations and packets breaks it", "[media][jitter]") {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    INFO("seed " << seed);
    SeededRandom random(seed);
    const uint8_t channels = seed % 2 ? 2 : 1;
    const audio::AudioFormat format{seed % 3 ? 16'000U : 8000U, channels};
    AudioJitterBuffer buffer(std::make_unique<PcmDecoder>(format),
                             {.rtp_clock_rate_hz = format.sample_rate_hz, .max_packets = 64});
    Timestamp now = Timestamp::from_ms(1000);
    int64_t sequence = 0;
    uint32_t timestamp = random.u32();
    uint64_t samples = 0;
    for (int i = 0; i < 3000; ++i) {
      if (random.below(50) == 0) sequence += static_cast<int64_t>(random.below(400)) - 200;
      if (random.below(80) == 0) timestamp = random.u32();
      if (random.below(30) == 0) timestamp += static_cast<uint32_t>(random.below(100'000));
      if (random.below(200) == 0) sequence = static_cast<int64_t>(random.below(1'000'000)) - 500'000;
      for (uint64_t k = random.below(random.below(100) == 0 ? 100 : 3); k-- > 0;) {
        const size_t length =
            format.samples(TimeDelta::micros(static_cast<int64_t>(random.below(8)) * 2500 + 2500)) * channels;
        std::vector<uint8_t> payload = PcmDecoder::packet(Pcm(length, static_cast<int16_t>(random.u32())));
        if (random.below(4) == 0)
          payload.insert(payload.end(), payload.begin() + 1, payload.end()), payload[0] = PcmDecoder::kFec;
        if (random.below(20) == 0) payload[0] |= PcmDecoder::kCorrupt;
        if (random.below(20) == 0) payload.resize(random.below(payload.size()));
        if (payload.size() % 2 == 0 && !payload.empty()) payload.pop_back();
        buffer.insert({ExtSeqNum(sequence), RtpTimestamp(timestamp),
                       now - TimeDelta::millis(static_cast<int64_t>(random.below(100))), payload,
                       random.below(15) == 0});
        ++sequence;
        timestamp += static_cast<uint32_t>(length / channels);
      }
      const TimeDelta frame = TimeDelta::millis(random.below(2) ? 10 : 20);
      Pcm out(format.samples(frame) * channels);
      switch (random.below(40)) {
        case 0:
          buffer.reset();
          break;
        case 1:
        case 2:
          buffer.skip(now, frame);
          break;
        default:
          buffer.pull(now, out);
          samples += format.samples(frame);
      }
      now = now + (random.below(100) == 0 ? TimeDelta::seconds(static_cast<int64_t>(random.below(5))) : frame);
      const auto stats = buffer.stats();
      REQUIRE(stats.total_samples == samples);
      REQUIRE(stats.packets_discarded <= stats.packets_received);
      REQUIRE(stats.silent_concealed_samples <= stats.concealed_samples);
      REQUIRE(stats.target_delay <= TimeDelta::seconds(1));
    }
    // And a healthy stream is played after all of it.
    Pcm out(format.samples(kTick) * channels);
    Output last{};
    for (int i = 0; i < 300; ++i, now = now + kTick) {
      buffer.insert({ExtSeqNum(2'000'000 + i),
                     RtpTimestamp(timestamp + static_cast<uint32_t>(i) * static_cast<uint32_t>(format.samples(kTick))),
                     now, PcmDecoder::packet(Pcm(out.size(), 77)), false});
      last = buffer.pull(now, out);
    }
    CHECK(last == Output::kSpeech);
    CHECK(out == Pcm(out.size(), 77));
    CHECK(buffer.stats().current_delay <= TimeDelta::millis(60));
  }
}
