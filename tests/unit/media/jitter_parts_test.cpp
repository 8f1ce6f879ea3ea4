// The parts of the jitter buffer that can be wrong by themselves.
#include <catch2/catch.hpp>

#include <cmath>

#include "media/jitter/arrival_line.hpp"
#include "media/jitter/delay_histogram.hpp"
#include "media/jitter/packet_store.hpp"
#include "media/jitter/playout_control.hpp"
#include "media/jitter/target_delay.hpp"
#include "media/jitter/time_stretch.hpp"
#include "support/pcm.hpp"

using namespace tutti;
using namespace tutti::jitter;
using namespace tutti::test;

namespace {

constexpr TimeDelta kTick = TimeDelta::millis(20);
Timestamp at(int64_t ms) { return Timestamp::from_ms(ms); }
TimeDelta ms(int64_t v) { return TimeDelta::millis(v); }

PlayoutBuffer filled(const Pcm& sound, audio::AudioFormat format) {
  PlayoutBuffer buffer(format);
  const auto half = static_cast<ptrdiff_t>(sound.size() / 2);
  const auto append = [&](auto begin, auto end) {
    std::copy(begin, end, buffer.room().begin());
    buffer.append(static_cast<size_t>(end - begin) / format.channels);
  };
  append(sound.begin(), sound.begin() + half);
  Pcm played(static_cast<size_t>(half));
  buffer.take(played);
  append(sound.begin() + half, sound.end());
  return buffer;
}

Pcm rest(PlayoutBuffer& buffer) {
  Pcm out(buffer.future() * buffer.format().channels);
  buffer.take(out);
  return out;
}

int largest_step(const Pcm& pcm, size_t channels = 1) {
  int largest = 0;
  for (size_t i = channels; i < pcm.size(); ++i) largest = std::max(largest, std::abs(pcm[i] - pcm[i - channels]));
  return largest;
}

}  // namespace

TEST_CASE("the line of arrival falls at once and rises when the fastest packet is two seconds old", "[media][jitter]") {
  ArrivalLine line;
  CHECK_FALSE(line.base());
  for (int64_t i = 0; i < 200; ++i) line.add(at(i * 20), ms(50));
  CHECK(line.add(at(4000), ms(20)) == TimeDelta::zero());
  CHECK(line.base() == ms(20));
  for (int64_t i = 201; i <= 300; ++i) line.add(at(i * 20), ms(50));
  CHECK(line.base() == ms(20));
  CHECK(line.add(at(301 * 20), ms(50)) == ms(30));
  CHECK(line.base() == ms(50));
}

TEST_CASE("of few packets the line of arrival remembers longer", "[media][jitter]") {
  ArrivalLine line;
  for (int64_t i = 0; i < 12; ++i) line.add(at(i * 400), ms(i == 3 ? 10 : 30));
  CHECK(line.base() == ms(10));
}

TEST_CASE("the delay histogram gives the percentile of what it saw and forgets it in seconds", "[media][jitter]") {
  DelayHistogram histogram;
  CHECK(histogram.quantile(0.98) == TimeDelta::zero());
  for (int i = 0; i < 2000; ++i) histogram.add(ms(i % 50), kTick);
  CHECK(histogram.quantile(0.98) >= ms(48));
  CHECK(histogram.quantile(0.98) <= ms(50));
  CHECK(std::abs((histogram.quantile(0.5) - ms(25)).ms()) <= 5);
  for (int i = 0; i < 50 * 12; ++i) histogram.add(ms(0), kTick);
  CHECK(histogram.quantile(0.98) == ms(1));
  histogram.add(TimeDelta::seconds(100), kTick);
  histogram.add(-ms(5), kTick);
  CHECK(histogram.quantile(0.98) == ms(1));
  CHECK(histogram.quantile(1) == ms(1024));
}

TEST_CASE("packets of sixty milliseconds make as much forgotten as three of twenty", "[media][jitter]") {
  DelayHistogram shorter, longer;
  for (int i = 0; i < 300; ++i) shorter.add(ms(40), kTick);
  for (int i = 0; i < 100; ++i) longer.add(ms(40), kTick * 3);
  int a = 0, b = 0;
  for (; shorter.quantile(0.5) > ms(1); ++a) shorter.add(ms(0), kTick);
  for (; longer.quantile(0.5) > ms(1); ++b) longer.add(ms(0), kTick * 3);
  CHECK(a == Approx(3 * b).margin(3));
}

TEST_CASE("the target waits for redundancy only while losses are seen", "[media][jitter]") {
  TargetDelay target(ms(5), ms(1000));
  for (int64_t i = 0; i < 100; ++i) target.on_packet(at(i * 20), ms(7), kTick, true);
  CHECK(target.value(at(2000)) == ms(5));
  target.on_loss(at(2000));
  CHECK(target.value(at(2000)) == ms(25));
  CHECK(target.value(at(13'000)) == ms(5));
  TargetDelay without(ms(5), ms(1000));
  without.on_packet(at(0), ms(7), kTick, false);
  without.on_loss(at(0));
  CHECK(without.value(at(0)) == ms(5));
}

TEST_CASE("a path that has become longer is no jitter", "[media][jitter]") {
  TargetDelay target(ms(5), ms(1000));
  for (int64_t i = 0; i < 200; ++i) target.on_packet(at(i * 20), ms(0), kTick, false);
  for (int64_t i = 205; i < 290; ++i) target.on_packet(at(i * 20), ms(100), kTick, false);
  CHECK(target.value(at(5800)) > ms(100));
  for (int64_t i = 290; i < 320; ++i) target.on_packet(at(i * 20), ms(100), kTick, false);
  CHECK(target.value(at(6400)) == ms(5));
}

TEST_CASE("the packet store keeps the order of sequence numbers, below zero too", "[media][jitter]") {
  PacketStore store(8);
  for (const int64_t s : {-2, 3, 0, -4}) {
    REQUIRE(store.room_for(ExtSeqNum(s)) == PacketStore::Room::kFree);
    store.insert(ExtSeqNum(s));
  }
  CHECK(store.room_for(ExtSeqNum(0)) == PacketStore::Room::kDuplicate);
  CHECK(store.room_for(ExtSeqNum(4)) == PacketStore::Room::kTooFar);
  CHECK(store.room_for(ExtSeqNum(-5)) == PacketStore::Room::kTooFar);
  for (const int64_t s : {-4, -2, 0, 3}) {
    REQUIRE(store.front() != nullptr);
    CHECK(store.front()->sequence == ExtSeqNum(s));
    store.pop_front();
  }
  CHECK(store.front() == nullptr);
  CHECK(store.room_for(ExtSeqNum(1'000'000)) == PacketStore::Room::kFree);
}

TEST_CASE("a tone is stretched by whole periods without a click", "[media][jitter]") {
  const audio::AudioFormat format{48'000, 1};
  const double hz = GENERATE(100.0, 440.0, 1000.0);
  const Pcm tone = sine(hz, 0.5, 3840);
  TimeStretch stretch(format);
  stretch.on_played(tone);
  INFO(hz << " Hz");
  {
    PlayoutBuffer buffer = filled(tone, format);
    const size_t removed = stretch.accelerate(buffer, 600, TimeStretch::Care::kNormal);
    CHECK(removed > 0);
    CHECK(removed <= 600);
    CHECK(buffer.future() == 1920 - removed);
    const double periods = static_cast<double>(removed) * hz / 48'000;
    CHECK(std::abs(periods - std::round(periods)) < 0.1);
    CHECK(largest_step(rest(buffer)) <= 1.2 * largest_step(tone));
  }
  {
    PlayoutBuffer buffer = filled(tone, format);
    const size_t inserted = stretch.expand(buffer, 600, 0);
    CHECK(inserted > 0);
    CHECK(inserted <= 600);
    CHECK(buffer.future() == 1920 + inserted);
    const int16_t last_played = *buffer.sample(-1);
    const Pcm heard = rest(buffer);
    CHECK(largest_step(heard) <= 1.2 * largest_step(tone));
    CHECK(std::abs(heard[0] - last_played) <= 1.2 * largest_step(tone));
  }
}

TEST_CASE("noise is not stretched, unless it is faint against the speech before", "[media][jitter]") {
  const audio::AudioFormat format{16'000, 2};
  SeededRandom random(7);
  const Pcm hiss = noise(0.005, 2560, random);
  PlayoutBuffer buffer = filled(hiss, format);
  TimeStretch stretch(format);
  stretch.on_played(hiss);
  CHECK(stretch.accelerate(buffer, 100, TimeStretch::Care::kNormal) == 0);
  CHECK(stretch.expand(buffer, 100, 0) == 0);
  CHECK(buffer.future() == 640);
  stretch.on_played(sine(300, 0.5, 640));
  CHECK(stretch.accelerate(buffer, 100, TimeStretch::Care::kNormal) == 100);
  CHECK(stretch.expand(buffer, 37, 0) == 37);
  CHECK(buffer.future() == 640 - 100 + 37);
}

TEST_CASE("the delay that is wanted follows from the phase", "[media][jitter]") {
  const auto wanted = [](int64_t slack) {
    return wanted_delay({.delay = ms(slack), .slack = ms(slack), .period = kTick, .target = ms(5), .floor = ms(5)});
  };
  CHECK(wanted(15) == ms(15));
  CHECK(wanted(21) == ms(21));
  CHECK(wanted(1) == ms(21));
  CHECK(wanted(-25) == ms(15));
  CHECK(wanted(100) == ms(20));
  CHECK(wanted(3) == TimeDelta::micros(13'500));
  CHECK(wanted(45) == TimeDelta::micros(13'500));
}

TEST_CASE("the decision is to expand with too little slack, to accelerate with too much delay, and to let be between",
          "[media][jitter]") {
  using Kind = PlayoutChange::Kind;
  const auto decision = [](int64_t delay, int64_t slack) {
    return decide({.delay = ms(delay), .slack = ms(slack), .period = kTick, .target = ms(5), .floor = ms(5)});
  };
  CHECK(decision(13, 1).kind == Kind::kExpand);
  CHECK(decision(13, 1).urgent);
  CHECK(decision(13, 1).amount == ms(8));
  CHECK(decision(8, 3).kind == Kind::kExpand);
  CHECK_FALSE(decision(8, 3).urgent);
  CHECK(decision(14, 3).kind == Kind::kNone);
  CHECK(decision(20, 20).kind == Kind::kNone);
  CHECK(decision(20, 10).only_if_quiet);
  CHECK(decision(25, 25).kind == Kind::kAccelerate);
  CHECK_FALSE(decision(25, 25).urgent);
  CHECK(decision(120, 110).urgent);
}
