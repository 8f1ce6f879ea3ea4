// The sound of a mixed room from its members' ends: what of others, and what of themselves, they hear, and how late.
// Real Opus on both sides, SRTP between, virtual time.
#include <catch2/catch.hpp>
#include <iostream>
#include <numeric>

#include "support/mix_client.hpp"

using namespace tutti;
using namespace tutti::test;

namespace {

constexpr TimeDelta kSecond = TimeDelta::seconds(1);

class MixedRoom {
 public:
  explicit MixedRoom(World::Options options = mixing_world()) : world(std::move(options)) {}
  MixClient& join(MixClient::Options options = {}) {
    members.push_back(std::make_unique<MixClient>(world, "m" + std::to_string(members.size()), std::move(options)));
    return *members.back();
  }
  // Who listens only.
  MixClient& join_listener(bool decodes = true) {
    MixClient::Options options;
    options.microphone.reset();
    options.decodes = decodes;
    return join(std::move(options));
  }
  void check_streams() const {
    for (const auto& m : members) {
      INFO(m->id() << ": " << m->speaker().first_fault());
      CHECK(m->speaker().first_fault().empty());
    }
  }
  std::span<const int16_t> last(const MixClient& listener, TimeDelta time) const {
    return listener.speaker().between(world.now() - time, world.now());
  }

  World world;
  std::vector<std::unique_ptr<MixClient>> members;
};

// How long after it was sent a piece of sound came out of the mixer: `samples` of what `from` sent from `at` on, looked
// for in what `to` got.
TimeDelta latency(MixClient& from, const MixClient& to, int64_t at, size_t samples) {
  const auto needle = std::span(from.microphone().monitored()).subspan(static_cast<size_t>(at), samples);
  const Timestamp sent = from.microphone().sent_at(at);
  const int64_t begin = to.speaker().sample_at(sent);
  const auto heard = to.speaker().between(sent, sent + TimeDelta::millis(200));
  // Coarsely at every eighth sample, then around the best.
  const auto thinned = [](std::span<const int16_t> pcm) {
    Pcm out;
    for (size_t i = 0; i + 8 <= pcm.size(); i += 8)
      out.push_back(static_cast<int16_t>(std::accumulate(pcm.begin() + static_cast<std::ptrdiff_t>(i),
                                                         pcm.begin() + static_cast<std::ptrdiff_t>(i) + 8, 0) /
                                         8));
    return out;
  };
  const Pcm coarse_heard = thinned(heard), coarse_needle = thinned(needle);
  const size_t coarse = 8 * find_offset(coarse_heard, coarse_needle, coarse_heard.size());
  const size_t first = coarse < 12 ? 0 : coarse - 12;
  const size_t fine = find_offset(heard.subspan(first), needle, 24);
  return to.speaker().came_at(begin + static_cast<int64_t>(first + fine)) - sent;
}

// Not in the pauses between words.
bool is_voiced(MixClient& from, int64_t at) {
  return rms_dbfs(std::span(from.microphone().monitored()).subspan(static_cast<size_t>(at), 4800)) > -30;
}

double mean_ms(const std::vector<TimeDelta>& all) {
  double sum = 0;
  for (const TimeDelta t : all) sum += static_cast<double>(t.us());
  return sum / 1000 / static_cast<double>(all.size());
}

// 40 ms from 300 to 3,400 Hz.
Pcm chirp_40ms() { return chirp(300, 3400, 0.3, 1920); }

struct Concealment {
  uint64_t concealed = 0, total = 0;
  double share() const { return total == 0 ? 1 : static_cast<double>(concealed) / static_cast<double>(total); }
};
Concealment concealment(World& world) {
  Concealment sum;
  for (const auto& e : stats_of(world, room::StatsEntry::Type::kInboundRtp, MediaKind::kAudio)) {
    sum.concealed += e.concealed_samples.value_or(0);
    sum.total += e.total_samples_received.value_or(0);
  }
  return sum;
}

// The largest step from one sample to the next.
int largest_step(std::span<const int16_t> pcm) {
  int largest = 0;
  for (size_t i = 1; i < pcm.size(); ++i) largest = std::max(largest, std::abs(pcm[i] - pcm[i - 1]));
  return largest;
}

}  // namespace

TEST_CASE("on a clean network a packet is in the mix within 30 ms, the mean over phases", "[sim][mixing]") {
  MixedRoom room;
  constexpr int kMembers = 10;
  const auto chirp_at = [](int i) { return int64_t{48'000} + i * 14'400; };
  for (int i = 0; i < kMembers; ++i) {
    MixClient::Options options;
    options.microphone->phase = TimeDelta::millis(2 * i);
    options.microphone->monitor = true;
    room.join(options).microphone().play(recording(chirp_40ms(), chirp_at(i)));
  }
  room.world.run_for(TimeDelta::millis(1000 + 300 * kMembers + 500));
  std::vector<TimeDelta> all;
  for (int i = 0; i < kMembers; ++i)
    all.push_back(latency(*room.members[static_cast<size_t>(i)], *room.members[static_cast<size_t>((i + 1) % kMembers)],
                          chirp_at(i), 2400));
  const auto [least, most] = std::minmax_element(all.begin(), all.end());
  std::cout << "mix, clean network: " << mean_ms(all) << " ms (" << static_cast<double>(least->us()) / 1000 << " to "
            << static_cast<double>(most->us()) / 1000
            << ") from packet to packet, the encoder's look-ahead of 6.5 included\n";
  CHECK(mean_ms(all) <= 30);
  CHECK(mean_ms(all) > 6.5);
  CHECK(concealment(room.world).concealed == 0);
  room.check_streams();
}

TEST_CASE("0 to 30 ms of jitter add at most 45 ms, and 1 % is concealed", "[sim][mixing]") {
  World::Options options = mixing_world();
  options.up.jitter = TimeDelta::millis(30);
  MixedRoom room(std::move(options));
  for (int i = 0; i < 10; ++i) {
    MixClient::Options member;
    member.microphone->phase = TimeDelta::millis(2 * i);
    member.microphone->monitor = i == 0;
    room.join(member);
  }
  room.members[0]->microphone().play(voice());
  room.world.run_for(TimeDelta::seconds(20));
  std::vector<TimeDelta> all;
  for (int64_t at = 48'000 * 5; at < 48'000 * 19; at += 24'000) {
    if (!is_voiced(*room.members[0], at)) continue;
    all.push_back(latency(*room.members[0], *room.members[1], at, 4800));
  }
  const Concealment c = concealment(room.world);
  const double added = mean_ms(all) - 15;
  std::cout << "mix, 0 to 30 ms of jitter: " << added << " ms from the mean arrival on, " << all.size() << " samples; "
            << 100 * c.share() << " % concealed\n";
  CHECK(all.size() > 10);
  CHECK(added <= 45);
  CHECK(c.share() <= 0.01);
  room.check_streams();
}

TEST_CASE("a clock that is 1000 ppm off neither adds latency nor makes holes", "[sim][mixing]") {
  const double ppm = GENERATE(1000.0, -1000.0);
  MixedRoom room;
  MixClient::Options fast;
  fast.microphone->ppm = ppm;
  fast.microphone->monitor = true;
  MixClient& talker = room.join(fast);
  const MixClient& listener = room.join_listener();
  talker.microphone().play(voice());
  room.world.run_for(TimeDelta::seconds(26));
  const auto around = [&](int64_t second) {
    std::vector<TimeDelta> all;
    for (int64_t at = second * 48'000; at < (second + 4) * 48'000; at += 9'600) {
      if (!is_voiced(talker, at)) continue;
      all.push_back(latency(talker, listener, at, 4800));
    }
    return mean_ms(all);
  };
  const double early = around(3), late = around(21);
  INFO(ppm << " ppm: " << early << " ms, 18 s later " << late);
  CHECK(std::abs(late - early) <= 10);
  CHECK(concealment(room.world).share() <= 0.001);
  room.check_streams();
}

TEST_CASE("everybody hears the others, and not itself", "[sim][mixing]") {
  MixedRoom room;
  const std::vector<double> tones = {500, 700, 1000};
  for (const double hz : tones) room.join().microphone().play(tone(hz, 0.2));
  room.join_listener();
  room.world.run_for(TimeDelta::seconds(2));
  const double level = tone_dbfs(sine(500, 0.2, 48'000), 500);
  for (size_t i = 0; i < room.members.size(); ++i) {
    const auto heard = room.last(*room.members[i], kSecond);
    for (size_t k = 0; k < tones.size(); ++k) {
      INFO(i << " hears " << k);
      if (i == k)
        CHECK(tone_dbfs(heard, tones[k]) < level - 40);
      else
        CHECK(std::abs(tone_dbfs(heard, tones[k]) - level) < 2);
    }
  }
  room.check_streams();
}

TEST_CASE("packets of the mix name who is in it, and how loud", "[sim][mixing]") {
  MixedRoom room;
  MixClient& loud = room.join();
  MixClient& soft = room.join();
  room.join();
  const MixClient& listener = room.join_listener();
  room.world.run_for(kSecond);
  CHECK(listener.speaker().packets().back().contributors.empty());
  loud.microphone().play(tone(440, 0.5));
  soft.microphone().play(tone(800, 0.05));
  room.world.run_for(kSecond);
  const auto& packet = listener.speaker().packets().back();
  REQUIRE(packet.contributors == std::vector<Ssrc>{loud.microphone_ssrc(), soft.microphone_ssrc()});
  // RFC 6465 §3: one byte for each contributor, in -dBov. Sines are 3 dB below their peak.
  REQUIRE(packet.levels.size() == 2);
  CHECK(std::abs(packet.levels[0] - 9) <= 2);
  CHECK(std::abs(packet.levels[1] - 29) <= 2);
  // What they get themselves is without them.
  CHECK(loud.speaker().packets().back().contributors == std::vector<Ssrc>{soft.microphone_ssrc()});
  CHECK(soft.speaker().packets().back().contributors == std::vector<Ssrc>{loud.microphone_ssrc()});
}

TEST_CASE("a silent room costs each listener at most 2 kbit/s", "[sim][mixing]") {
  MixedRoom room;
  for (int i = 0; i < 5; ++i) room.join();
  room.join_listener();
  room.members[0]->microphone().play(recording(speech_like(0.3, 48'000)));
  room.world.run_for(TimeDelta::seconds(6));
  std::vector<uint64_t> before;
  for (const auto& m : room.members) before.push_back(m->ip_bytes_received());
  room.world.run_for(TimeDelta::seconds(60));
  for (size_t i = 0; i < room.members.size(); ++i) {
    const double kbps = static_cast<double>(room.members[i]->ip_bytes_received() - before[i]) * 8 / 60 / 1000;
    INFO(i << ": " << kbps << " kbit/s");
    CHECK(kbps <= 2);
    CHECK(kbps > 0);
  }
  std::cout << "mix, silent room: "
            << static_cast<double>(room.members[0]->ip_bytes_received() - before[0]) * 8 / 60 / 1000
            << " kbit/s to a member, "
            << static_cast<double>(room.members[5]->ip_bytes_received() - before[5]) * 8 / 60 / 1000
            << " to a listener, of IP with RTCP\n";
  // The next word begins with a marker.
  room.members[0]->microphone().play(tone(500));
  room.world.run_for(TimeDelta::millis(200));
  CHECK(room.members[5]->speaker().marked_pauses() > 0);
  CHECK(room.members[5]->speaker().unmarked_pauses() == 0);
  room.check_streams();
}

TEST_CASE("who is muted is not heard, a deaf one hears nothing, and gains count", "[sim][mixing]") {
  MixedRoom room;
  MixClient& talker = room.join();
  const MixClient& listener = room.join_listener();
  const double level = tone_dbfs(sine(600, 0.1, 48'000), 600);
  talker.microphone().play(tone(600, 0.1));
  const auto update = [&](const MixClient& who, auto set) {
    room::UpdateParticipant change{World::room(), ParticipantId(who.id()), {}, {}, {}, {}};
    set(change);
    room.world.apply(change);
  };
  const auto heard = [&] {
    room.world.run_for(TimeDelta::millis(700));
    return tone_dbfs(room.last(listener, TimeDelta::millis(300)), 600);
  };
  CHECK(std::abs(heard() - level) < 2);
  update(talker, [](auto& c) { c.voice.gain_db = -12; });
  CHECK(std::abs(heard() - (level - 12)) < 2);
  update(talker, [](auto& c) { c.voice.gain_db = 6; });
  CHECK(std::abs(heard() - (level + 6)) < 2);
  update(talker, [](auto& c) { c.mute = {{"mic", true}}; });
  // Nothing is sent any more.
  room.world.run_for(kSecond);
  CHECK(room.last(listener, TimeDelta::millis(500)).empty());
  update(talker, [](auto& c) { c.mute = {{"mic", false}}; });
  CHECK(std::abs(heard() - (level + 6)) < 2);
  // None of it clicks: a full-scale sine of 600 Hz steps by 2,570 at most, this one by a fifth of it.
  CHECK(largest_step(listener.speaker().between(room.world.now() - TimeDelta::seconds(4), room.world.now())) < 800);

  const size_t packets = listener.speaker().packets().size();
  update(listener, [](auto& c) { c.voice.deaf = true; });
  room.world.run_for(kSecond);
  CHECK(listener.speaker().packets().size() <= packets + 1);
  CHECK(room.world.describe(listener.id()).slots.front().reason == room::SlotReason::kDeaf);
  update(listener, [](auto& c) { c.voice.deaf = false; });
  CHECK(std::abs(heard() - (level + 6)) < 2);
}

TEST_CASE("a voice that is turned up too far is bent, not cut", "[sim][mixing]") {
  MixedRoom room;
  MixClient& talker = room.join();
  const MixClient& listener = room.join_listener();
  talker.microphone().play(tone(600, 0.6));
  room::UpdateParticipant change{World::room(), ParticipantId(talker.id()), {}, {}, {}, {}};
  change.voice.gain_db = 12;
  room.world.apply(change);
  room.world.run_for(TimeDelta::seconds(2));
  const auto heard = room.last(listener, kSecond);
  CHECK(tone_dbfs(heard, 600) > -4);
  // A square has its third harmonic 9.5 dB below the tone.
  CHECK(tone_dbfs(heard, 1800) < tone_dbfs(heard, 600) - 26);
}

TEST_CASE("who only claims to be loud loses its place to who is", "[sim][mixing]") {
  MixedRoom room;
  constexpr size_t kLiars = 4;  // as many as are heard at once
  for (size_t i = 0; i < kLiars; ++i) {
    MixClient& liar = room.join();
    liar.microphone().play(tone(300 + 50.0 * static_cast<double>(i), 0.0003));
    liar.microphone().claim(0);
  }
  room.world.run_for(TimeDelta::seconds(20));
  room.join().microphone().play(tone(1000, 0.2));
  const MixClient& listener = room.join_listener();
  room.world.run_for(TimeDelta::seconds(2));
  CHECK(tone_dbfs(room.last(listener, TimeDelta::millis(500)), 1000) > tone_dbfs(sine(1000, 0.2, 48'000), 1000) - 3);
}

TEST_CASE("who was cut off in the middle of a word is heard again at once, and stays", "[sim][mixing]") {
  MixedRoom room;
  MixClient& talker = room.join();
  const MixClient& listener = room.join_listener();
  talker.microphone().play(tone(600, 0.05));
  room.world.run_for(TimeDelta::seconds(2));
  HopConditions cut;
  cut.loss = 1;
  room.world.up().set(cut);
  room.world.run_for(TimeDelta::millis(1900));
  room.world.up().set({});
  room.world.run_for(TimeDelta::seconds(2));
  CHECK(tone_dbfs(room.last(listener, TimeDelta::millis(1500)), 600) > tone_dbfs(sine(600, 0.05, 48'000), 600) - 3);
}

TEST_CASE("who comes is heard by all, and who goes in the middle of a word does not click", "[sim][mixing]") {
  MixedRoom room;
  const MixClient& listener = room.join_listener();
  MixClient& first = room.join();
  first.microphone().play(tone(300, 0.3));
  room.world.run_for(kSecond);
  MixClient& second = room.join();
  second.microphone().play(tone(500, 0.3));
  room.world.run_for(kSecond);
  const double level = tone_dbfs(sine(300, 0.3, 48'000), 300);
  CHECK(std::abs(tone_dbfs(room.last(listener, TimeDelta::millis(500)), 300) - level) < 2);
  CHECK(std::abs(tone_dbfs(room.last(listener, TimeDelta::millis(500)), 500) - level) < 2);
  const Timestamp left = room.world.now();
  first.leave();
  room.world.run_for(kSecond);
  CHECK(tone_dbfs(room.last(listener, TimeDelta::millis(500)), 300) < level - 40);
  CHECK(std::abs(tone_dbfs(room.last(listener, TimeDelta::millis(500)), 500) - level) < 2);
  // Two sines of 0.3 step by at most 1,030; a cut one would jump by up to 9,800, of which the codec leaves a part.
  CHECK(largest_step(listener.speaker().between(left - TimeDelta::millis(200), left + TimeDelta::millis(200))) < 1300);
  room.check_streams();
}

TEST_CASE("a talker among twenty noisy members is at full level 40 ms after its first packet", "[sim][mixing]") {
  MixedRoom room;
  SeededRandom random(5);
  for (int i = 0; i < 20; ++i) room.join().microphone().play(recording(noise(0.004, 48'000 * 3, random)));
  MixClient& talker = room.join();
  const MixClient& listener = room.join_listener();
  constexpr int64_t kBegins = 96'000;
  talker.microphone().play([](int64_t at, std::span<int16_t> out) {
    if (at >= kBegins) tone(800, 0.3)(at, out);
  });
  room.world.run_for(TimeDelta::millis(2900));
  const Timestamp first_packet = talker.microphone().sent_at(kBegins);
  const auto level_in = [&](TimeDelta from, TimeDelta to) {
    return tone_dbfs(listener.speaker().between(first_packet + from, first_packet + to), 800);
  };
  const double steady = level_in(TimeDelta::millis(300), TimeDelta::millis(800));
  const double soon = level_in(TimeDelta::millis(40), TimeDelta::millis(60));
  INFO("steady " << steady << " dBFS, at 40 ms " << soon);
  CHECK(std::abs(steady - tone_dbfs(sine(800, 0.3, 48'000), 800)) < 2);
  CHECK(soon > steady - 6);
  // Four are mixed, the talker among them.
  CHECK(listener.speaker().packets().back().contributors.size() <= 4);
  room.check_streams();
}
