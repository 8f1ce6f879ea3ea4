// The jitter buffer on networks of all kinds, in virtual time. Latency is counted from the time at which a sample's
// packet was sent, so what the network adds to the fastest packet is in it.
#include <catch2/catch.hpp>

#include "support/jitter_call.hpp"
#include "support/pcm.hpp"
#include "support/pcm_codec.hpp"
#include "tutti/base/random.hpp"

using namespace tutti;
using namespace tutti::test;
using Output = jitter::AudioJitterBuffer::Output;

namespace {

constexpr audio::AudioFormat kWide{16'000, 1};

std::unique_ptr<PcmDecoder> decoder(PcmDecoder::Counts* counts = nullptr) {
  return std::make_unique<PcmDecoder>(kWide, counts);
}

// Sends `sound` over and over.
CallSetup sending(const Pcm& sound) {
  CallSetup setup;
  setup.settings.rtp_clock_rate_hz = kWide.sample_rate_hz;
  setup.send = [&sound](int64_t i) {
    Pcm samples(kWide.samples(TimeDelta::millis(20)));
    for (size_t k = 0; k < samples.size(); ++k)
      samples[k] = sound[(static_cast<size_t>(i) * samples.size() + k) % sound.size()];
    return SentPacket{PcmDecoder::packet(samples)};
  };
  return setup;
}

struct Range {
  double mean = 0, low = 1e9, high = -1e9;
};

// Of the latency in ms from `from` to `to` after the beginning.
Range latency(const CallResult& call, TimeDelta from, TimeDelta to = TimeDelta::seconds(100'000)) {
  Range range;
  int count = 0;
  for (const Pulled& p : call.pulls) {
    const TimeDelta at = p.now - call.pulls[0].now;
    if (!p.latency || at < from || at >= to) continue;
    const double ms = static_cast<double>(p.latency->us()) / 1000;
    range.mean += ms;
    range.low = std::min(range.low, ms);
    range.high = std::max(range.high, ms);
    ++count;
  }
  range.mean /= std::max(count, 1);
  return range;
}

// The largest step of the timeline, in ms, that neither stretching nor concealment accounts for.
double largest_jump(const CallResult& call) {
  double largest = 0;
  for (size_t i = 1; i < call.pulls.size(); ++i) {
    const Pulled &a = call.pulls[i - 1], &b = call.pulls[i];
    if (!a.latency || !b.latency) continue;
    const auto count = [](uint64_t after, uint64_t before) { return static_cast<double>(after - before); };
    const double stretched = count(b.after.inserted_for_deceleration, b.before.inserted_for_deceleration) -
                             count(b.after.removed_for_acceleration, b.before.removed_for_acceleration);
    const double concealed = count(b.after.concealed_samples, b.before.concealed_samples);
    const double change = static_cast<double>((*b.latency - *a.latency).us()) / 1000;
    // What is made up either is the time of a lost packet or delays all that follows.
    const double unexplained = change - stretched / 16;
    largest = std::max(largest,
                       concealed > 0 ? std::max(0.0, std::abs(unexplained) - concealed / 16) : std::abs(unexplained));
  }
  return largest;
}

double concealed_percent(const CallResult& call) {
  return 100.0 * static_cast<double>(call.stats.concealed_samples) / static_cast<double>(call.stats.total_samples);
}

Pcm speech() { return speech_like(0.3, 16'000 * 8, 16'000); }

// The latency that is heard: by how much the 40 ms that came out at `at` lie behind `sound`, found by their likeness.
double heard_latency_ms(const CallResult& call, const CallSetup& setup, const Pcm& sound, TimeDelta at) {
  const size_t from = kWide.samples(at), length = kWide.samples(TimeDelta::millis(40)),
               most = kWide.samples(TimeDelta::millis(200));
  const size_t played_from = from + kWide.samples(setup.phase);  // in what was sent, were there no latency
  Pcm sent(length + most);
  for (size_t i = 0; i < sent.size(); ++i) sent[i] = sound[(played_from - most + i) % sound.size()];
  const size_t offset = find_offset(sent, std::span(call.pcm).subspan(from, length), most);
  return static_cast<double>(most - offset) / 16;
}

// Over all phases of the packets to pulls of `frame`, on a clean network: in each nothing is made up, and the latency
// stays what it is.
Range clean_latency(TimeDelta frame) {
  const Pcm sound = speech();
  const int64_t phases = frame.ms();
  Range all;
  for (int64_t phase = 0; phase < phases; ++phase) {
    INFO("phase " << phase);
    CallSetup setup = sending(sound);
    setup.phase = TimeDelta::micros(phase * 1000 + 500);
    setup.frame = frame;
    const CallResult call = run_call(decoder(), setup);
    const Range range = latency(call, TimeDelta::seconds(1));
    CHECK(call.stats.concealed_samples == 0);
    CHECK(range.high - range.low < 0.1);
    all.low = std::min(all.low, range.low);
    all.high = std::max(all.high, range.high);
    all.mean += range.mean / static_cast<double>(phases);
  }
  return all;
}

}  // namespace

TEST_CASE("a clean network costs sixteen milliseconds on average over all phases", "[media][jitter]") {
  const Range all = clean_latency(TimeDelta::millis(20));
  CHECK(all.high <= 23);
  CHECK(all.mean <= 15.5);
}

TEST_CASE("pulls of ten milliseconds cost less still", "[media][jitter]") {
  CHECK(clean_latency(TimeDelta::millis(10)).mean <= 10);
}

TEST_CASE("packets longer and shorter than the pull come out whole", "[media][jitter]") {
  const Pcm sound = speech();
  for (const int packet_ms : {10, 30, 40, 60}) {
    for (int phase = 0; phase < 20; phase += 3) {
      INFO("packets of " << packet_ms << " ms, phase " << phase);
      CallSetup setup = sending(sound);
      setup.packet = TimeDelta::millis(packet_ms);
      setup.phase = TimeDelta::micros(phase * 1000 + 500);
      setup.send = [&](int64_t i) {
        Pcm samples(kWide.samples(setup.packet));
        for (size_t k = 0; k < samples.size(); ++k)
          samples[k] = sound[(static_cast<size_t>(i) * samples.size() + k) % sound.size()];
        return SentPacket{PcmDecoder::packet(samples)};
      };
      const CallResult call = run_call(decoder(), setup);
      CHECK(call.stats.concealed_samples == 0);
      CHECK(latency(call, TimeDelta::seconds(1)).high <= 43);
    }
  }
}

TEST_CASE("jitter of thirty milliseconds is held back, and no more", "[media][jitter]") {
  const Pcm sound = speech();
  for (uint64_t seed = 0; seed < 10; ++seed) {
    INFO("seed " << seed);
    SeededRandom random(seed);
    CallSetup setup = sending(sound);
    setup.phase = TimeDelta::millis(static_cast<int64_t>(2 * seed));
    setup.length = TimeDelta::seconds(60);
    setup.network = [&](int64_t) { return TimeDelta::micros(static_cast<int64_t>(random.below(30'000))); };
    const CallResult call = run_call(decoder(), setup);
    CHECK(concealed_percent(call) <= 0.1);
    // From the mean arrival on; with the 6.5 ms of an Opus encoder 45 ms in all.
    CHECK(latency(call, TimeDelta::seconds(5)).mean - 15 <= 38.5);
    CHECK(largest_jump(call) <= 1);
  }
}

TEST_CASE("a step of the delay is followed up and down by stretching", "[media][jitter]") {
  const Pcm sound = speech();
  for (const int64_t held_ms : {1500, 5000, 10'000}) {
    for (int phase = 1; phase < 20; phase += 6) {
      INFO("for " << held_ms << " ms at phase " << phase);
      CallSetup setup = sending(sound);
      setup.phase = TimeDelta::millis(phase);
      setup.length = TimeDelta::seconds(35);
      const int64_t first = 500, last = first + held_ms / 20;
      setup.network = [=](int64_t i) { return TimeDelta::millis(i >= first && i < last ? 100 : 0); };
      const CallResult call = run_call(decoder(), setup);
      const double before = latency(call, TimeDelta::seconds(8), TimeDelta::seconds(9)).mean;
      const TimeDelta down = TimeDelta::millis(10'000 + held_ms);
      CHECK(latency(call, down - TimeDelta::millis(100), down).low >= 100);
      CHECK(latency(call, down + TimeDelta::seconds(10)).high <= before + 20);
      CHECK(call.stats.concealed_samples <= kWide.samples(TimeDelta::millis(120)));
      CHECK(call.stats.packets_discarded == 0);
      CHECK(largest_jump(call) <= 1);
      for (const int64_t at_ms : {int64_t{9000}, 9800 + held_ms, int64_t{34'000}}) {
        const TimeDelta at = TimeDelta::millis(at_ms);
        INFO("at " << at_ms << " ms");
        CHECK(heard_latency_ms(call, setup, sound, at) ==
              Approx(latency(call, at, at + TimeDelta::millis(20)).mean).margin(1));
      }
    }
  }
}

TEST_CASE("a stall of the network delays what follows and loses nothing", "[media][jitter]") {
  const Pcm sound = speech();
  CallSetup setup = sending(sound);
  setup.phase = TimeDelta::millis(9);
  setup.length = TimeDelta::seconds(30);
  // What is sent for 400 ms comes at once at their end.
  setup.network = [](int64_t i) { return TimeDelta::millis(i >= 500 && i < 520 ? (520 - i) * 20 : 0); };
  const CallResult call = run_call(decoder(), setup);
  CHECK(call.stats.packets_discarded == 0);
  CHECK(latency(call, TimeDelta::seconds(20)).high <= 43);
  CHECK(latency(call, TimeDelta::seconds(25)).high <= 23);
}

TEST_CASE("a sender's clock that drifts for ten minutes changes the latency by at most ten milliseconds",
          "[media][jitter]") {
  const Pcm voice = speech(), sweep = chirp(200, 1500, 0.3, 16'000, 16'000), tone = sine(440, 0.3, 16'000, 16'000);
  for (const Pcm* sound : {&voice, &sweep, &tone}) {
    for (const double ppm : {200.0, -200.0}) {
      for (const int phase : {1, 8, 15}) {
        INFO(ppm << " ppm, phase " << phase << (sound == &voice ? " voice" : sound == &tone ? " tone" : " sweep"));
        CallSetup setup = sending(*sound);
        setup.phase = TimeDelta::millis(phase);
        setup.sender_ppm = ppm;
        setup.length = TimeDelta::seconds(600);
        const CallResult call = run_call(decoder(), setup);
        const Range range = latency(call, TimeDelta::seconds(1));
        CHECK(call.stats.concealed_samples == 0);
        CHECK(call.stats.packets_discarded == 0);
        CAPTURE(range.low, range.high, range.mean);
        // Of a tone only whole periods can be left out, here of 2.3 ms.
        CHECK(range.high - range.low <= (sound == &tone ? 12 : 10));
        CHECK(largest_jump(call) <= 1);
      }
    }
  }
}
