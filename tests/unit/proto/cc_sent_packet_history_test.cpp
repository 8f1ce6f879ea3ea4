#include "tutti/proto/cc/sent_packet_history.hpp"

#include <malloc.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <vector>

#include "tutti/base/random.hpp"
#include "tutti/proto/cc/feedback_generator.hpp"

using namespace tutti;
using namespace tutti::cc;

namespace {

using Feedback = rtcp::TransportFeedback;

Timestamp at_ms(int64_t ms) { return Timestamp::from_ms(ms); }

// Tells of packets from `base` on: each received 1 ms after the one before, or lost.
Feedback feedback(uint16_t base, std::initializer_list<bool> received, int32_t reference_time = 100) {
  Feedback f;
  f.base_sequence = SeqNum(base);
  f.reference_time = reference_time;
  for (bool r : received) f.packets.push_back({r, static_cast<int16_t>(r ? 4 : 0)});
  return f;
}
void send(SentPacketHistory& h, int count, int64_t from_ms = 0, int64_t spacing_ms = 1) {
  for (int i = 0; i < count; ++i) h.on_sent(at_ms(from_ms + i * spacing_ms), DataSize::bytes(1000));
}

// The shortest of a few, so that whatever else the machine does hardly counts.
std::chrono::nanoseconds time_of(auto run) {
  auto least = std::chrono::nanoseconds::max();
  for (int i = 0; i < 9; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    run();
    least = std::min<std::chrono::nanoseconds>(least, std::chrono::steady_clock::now() - begin);
  }
  return least;
}

size_t allocated() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

}  // namespace

TEST_CASE("sent packets are numbered without holes, over the wrap", "[cc][sent_packet_history]") {
  SentPacketHistory h;
  for (int i = 0; i < 70'000; ++i) {
    REQUIRE(h.on_sent(at_ms(i), DataSize::bytes(1)) == SeqNum(static_cast<uint16_t>(i)));
  }
  const auto results = h.on_feedback(feedback(static_cast<uint16_t>(69'999), {true}));
  REQUIRE(results.size() == 1);
  CHECK(results[0].sequence == ExtSeqNum(69'999));
  CHECK(results[0].sent == at_ms(69'999));
}

TEST_CASE("feedback says when a packet was sent and when it arrived", "[cc][sent_packet_history]") {
  SentPacketHistory h;
  h.on_sent(at_ms(5), DataSize::bytes(1200));
  h.on_sent(at_ms(7), DataSize::bytes(300));
  h.on_sent(at_ms(9), DataSize::bytes(400));
  const auto results = h.on_feedback(feedback(0, {true, false, true}));
  REQUIRE(results.size() == 3);
  CHECK(results[0].sent == at_ms(5));
  CHECK(results[0].size == DataSize::bytes(1200));
  CHECK(results[0].arrived == at_ms(6401));
  CHECK(results[1].sequence == ExtSeqNum(1));
  CHECK_FALSE(results[1].arrived);
  CHECK(results[2].arrived == at_ms(6402));
  CHECK(h.acknowledged() == 2);
  CHECK(h.lost() == 1);
}

TEST_CASE("a packet is told of once", "[cc][sent_packet_history]") {
  SentPacketHistory h;
  send(h, 3);
  REQUIRE(h.on_feedback(feedback(0, {true, false})).size() == 2);
  const auto again = h.on_feedback(feedback(0, {true, false, true}));
  REQUIRE(again.size() == 1);
  CHECK(again[0].sequence == ExtSeqNum(2));
  CHECK(h.acknowledged() == 2);
  CHECK(h.lost() == 1);
}

TEST_CASE("a packet reported lost may arrive after all", "[cc][sent_packet_history]") {
  SentPacketHistory h;
  send(h, 3);
  (void)h.on_feedback(feedback(0, {true, false, true}));
  const auto results = h.on_feedback(feedback(1, {true, true}));
  REQUIRE(results.size() == 1);
  CHECK(results[0].sequence == ExtSeqNum(1));
  CHECK(results[0].arrived);
  CHECK(h.lost() == 0);
  CHECK(h.acknowledged() == 3);
  // Once received it is not lost again.
  CHECK(h.on_feedback(feedback(1, {false})).empty());
  CHECK(h.lost() == 0);
}

TEST_CASE("feedback about packets never sent is passed over", "[cc][sent_packet_history]") {
  SentPacketHistory h;
  CHECK(h.on_feedback(feedback(0, {true})).empty());
  send(h, 2);
  CHECK(h.on_feedback(feedback(1, {true, true, false})).size() == 1);
  CHECK(h.on_feedback(feedback(65'535, {true, true})).size() == 1);
  CHECK(h.on_feedback(feedback(30'000, {true})).empty());
  CHECK(h.acknowledged() == 2);
  CHECK(h.lost() == 0);
}

TEST_CASE("the ring grows with the rate, keeps what it has, and stops", "[cc][sent_packet_history]") {
  SentPacketHistory h;
  CHECK(h.capacity() == 0);
  send(h, 300);
  CHECK(h.capacity() == 512);
  // The slots that growth added hold nothing to tell of.
  std::initializer_list<bool> one{true};
  CHECK(h.on_feedback(feedback(0, one)).size() == 1);
  CHECK(h.on_feedback(feedback(299, one)).size() == 1);
  send(h, 20'000, 300, 0);
  CHECK(h.capacity() == 4096);
  const auto oldest = static_cast<uint16_t>(20'300 - 4096);
  CHECK(h.on_feedback(feedback(static_cast<uint16_t>(oldest - 1), one)).empty());
  CHECK(h.on_feedback(feedback(oldest, one)).size() == 1);
}

TEST_CASE("a slow subscriber needs no more than the smallest ring", "[cc][sent_packet_history]") {
  SentPacketHistory h;
  send(h, 5000, 0, 5);
  CHECK(h.capacity() == 256);
}

TEST_CASE("slots that growth added are not reported", "[cc][sent_packet_history]") {
  SentPacketHistory h;
  send(h, 1000, 0, 100);  // slow: the ring wraps without growing
  REQUIRE(h.capacity() == 256);
  send(h, 300, 100'000, 0);
  REQUIRE(h.capacity() == 512);
  // 1300 - 512 = 788, but what was older than 1300 - 300 - 212 when it grew is forgotten.
  for (int s = 700; s < 1300; ++s) {
    for (const auto& r : h.on_feedback(feedback(static_cast<uint16_t>(s), {true}))) {
      CHECK(r.size == DataSize::bytes(1000));
      CHECK(r.sent > at_ms(0));
    }
  }
}

TEST_CASE("arrival times run on when the reference time wraps", "[cc][sent_packet_history]") {
  SentPacketHistory h;
  send(h, 2);
  const auto before = h.on_feedback(feedback(0, {true}, (1 << 23) - 1))[0].arrived;
  const auto after = h.on_feedback(feedback(1, {true}, -(1 << 23)))[0].arrived;
  CHECK(*after - *before == TimeDelta::millis(64));
}

TEST_CASE("the acknowledged rate is that of arrivals", "[cc][sent_packet_history]") {
  SentPacketHistory h;
  CHECK(h.acknowledged_rate() == DataRate::bps(0));
  send(h, 2000);
  for (int s = 0; s < 2000; s += 8) {
    Feedback f = feedback(static_cast<uint16_t>(s), {true, true, true, true, true, true, true, true}, s / 8);
    for (auto& p : f.packets) p.delta_ticks = 32;  // 8 ms: 1 Mbit/s
    (void)h.on_feedback(f);
  }
  CHECK(h.acknowledged_rate().bps() > 990'000);
  CHECK(h.acknowledged_rate().bps() < 1'010'000);
}

TEST_CASE("the acknowledged rate goes on when the receiver's clock is set back", "[cc][sent_packet_history]") {
  SentPacketHistory h;
  send(h, 2000, 0, 0);
  // Eight packets each 64 ms, then four.
  for (int s = 0; s < 1000; s += 8) {
    Feedback f = feedback(static_cast<uint16_t>(s), {true, true, true, true, true, true, true, true}, 100'000 + s / 8);
    for (auto& p : f.packets) p.delta_ticks = 32;
    (void)h.on_feedback(f);
  }
  REQUIRE(h.acknowledged_rate().bps() > 990'000);
  for (int s = 1000; s < 2000; s += 4) {
    Feedback f = feedback(static_cast<uint16_t>(s), {true, true, true, true}, s / 4);
    for (auto& p : f.packets) p.delta_ticks = 64;
    (void)h.on_feedback(f);
  }
  CHECK(h.acknowledged_rate().bps() > 490'000);
  CHECK(h.acknowledged_rate().bps() < 510'000);
}

TEST_CASE("what the generator says is what the history learns", "[cc][sent_packet_history]") {
  const uint64_t seed = GENERATE(1, 2, 3);
  CAPTURE(seed);
  SeededRandom random(seed);
  SentPacketHistory history;
  FeedbackGenerator generator(Ssrc(1));
  const TimeDelta offset = TimeDelta::seconds(12'345);  // of the receiver's clock, transit included
  std::vector<bool> lost;
  size_t told = 0;
  for (int64_t ms = 0; ms < 60'000; ++ms) {
    const SeqNum s = history.on_sent(at_ms(ms), DataSize::bytes(1200));
    lost.push_back(random.unit() < 0.05);
    const Timestamp there = at_ms(ms) + offset;
    if (!lost.back()) generator.on_packet(there, s, Ssrc(2));
    while (const auto f = generator.poll(there)) {
      if (random.unit() < 0.02) continue;  // feedback is lost as well
      for (const PacketResult& r : history.on_feedback(*f)) {
        ++told;
        REQUIRE(r.arrived.has_value() != lost[static_cast<size_t>(r.sequence.value())]);
        // The receiver's epoch is arbitrary: the reference time has 24 bits.
        if (r.arrived) REQUIRE(std::abs((*r.arrived - r.sent - offset).us()) < 250);
      }
    }
  }
  CHECK(told > 57'000);
  CHECK(history.acknowledged() + history.lost() == told);
}

TEST_CASE("feedback by stream finds packets by SSRC and sequence number", "[proto][cc]") {
  SentPacketHistory history;
  for (int i = 0; i < 400; ++i) {  // past a doubling of the ring
    const auto now = Timestamp::from_ms(i);
    history.on_sent(now, DataSize::bytes(1000 + i), i == 300 ? uint8_t{9} : uint8_t{0}, Ssrc(i % 2 == 0 ? 10 : 20),
                    SeqNum(static_cast<uint16_t>(65'500 + i / 2)));
  }
  rtcp::CongestionFeedback feedback;
  feedback.timestamp = 10 * 65'536;
  // Packets 300, 302 and 304 of the transport, which are 65650 and on of stream 10, in 16 bits; and 301 of the other.
  feedback.streams.push_back({Ssrc(20), SeqNum(114), 1});
  feedback.streams.push_back({Ssrc(10), SeqNum(114), 3});
  feedback.packets.push_back({true, 0, 512});
  feedback.packets.push_back({true, 0, 1024});
  feedback.packets.push_back({});
  feedback.packets.push_back({true, 0, 0});
  const auto results = history.on_feedback(feedback);
  REQUIRE(results.size() == 4);
  CHECK(results[0].sequence == ExtSeqNum(300));
  CHECK(results[0].arrived == Timestamp::from_ms(9000));
  CHECK(results[0].size == DataSize::bytes(1300));
  CHECK(results[0].probe == 9);
  CHECK(results[1].sequence == ExtSeqNum(301));
  CHECK(results[1].arrived == Timestamp::from_ms(9500));
  CHECK(results[2].sequence == ExtSeqNum(302));
  CHECK_FALSE(results[2].arrived);
  CHECK(results[3].sequence == ExtSeqNum(304));
  CHECK(results[3].arrived == Timestamp::from_ms(10'000));
  CHECK(history.lost() == 1);

  // Told again, with one that came after all.
  feedback.timestamp += 65'536 / 10;
  feedback.packets[2] = {true, 0, 102};
  const auto again = history.on_feedback(feedback);
  REQUIRE(again.size() == 1);
  CHECK(again[0].sequence == ExtSeqNum(302));
  CHECK(again[0].was_lost);
  CHECK(history.lost() == 0);
}

TEST_CASE("feedback by stream goes on when its timestamp wraps, and without a time for a packet", "[proto][cc]") {
  SentPacketHistory history;
  for (int i = 0; i < 4; ++i) {
    history.on_sent(Timestamp::from_ms(i), DataSize::bytes(1000), 0, Ssrc(1), SeqNum(static_cast<uint16_t>(i)));
  }
  rtcp::CongestionFeedback feedback;
  feedback.timestamp = 0xFFFF'8000;
  feedback.streams.push_back({Ssrc(1), SeqNum(0), 1});
  feedback.packets.push_back({true, 0, 0});
  const Timestamp first = *history.on_feedback(feedback)[0].arrived;
  feedback.timestamp = 0x8000;
  feedback.streams[0] = {Ssrc(1), SeqNum(1), 2};
  feedback.packets[0] = {true, 0, rtcp::CongestionFeedback::kUnknownTime};
  feedback.packets.push_back({true, 0, 0});
  const auto results = history.on_feedback(feedback);
  REQUIRE(results.size() == 1);
  CHECK(results[0].sequence == ExtSeqNum(2));
  CHECK(*results[0].arrived - first == TimeDelta::seconds(1));
}

TEST_CASE("a transport whose feedback comes to be by stream has names for what it sends from then on", "[proto][cc]") {
  SentPacketHistory history;
  for (int i = 0; i < 300; ++i) history.on_sent(at_ms(i), DataSize::bytes(1000));
  for (int i = 0; i < 600; ++i) {
    history.on_sent(at_ms(300 + i), DataSize::bytes(1000), 0, Ssrc(1), SeqNum(static_cast<uint16_t>(i)));
  }
  rtcp::CongestionFeedback feedback;
  feedback.streams.push_back({Ssrc(1), SeqNum(0), 600});
  for (int i = 0; i < 600; ++i) feedback.packets.push_back({true, 0, 0});
  const auto results = history.on_feedback(feedback);
  REQUIRE(results.size() == 600);
  CHECK(results.front().sequence == ExtSeqNum(300));
  CHECK(results.back().sequence == ExtSeqNum(899));
}

TEST_CASE("feedback by stream costs what it tells of, whatever the streams that it names", "[proto][cc][security]") {
  SentPacketHistory history;
  for (int i = 0; i < 4096; ++i)
    history.on_sent(at_ms(0), DataSize::bytes(1000), 0, Ssrc(1), SeqNum(static_cast<uint16_t>(i)));
  REQUIRE(history.capacity() == 4096);
  // As many packets of streams that there are not: of one, and of as many as a message holds.
  rtcp::CongestionFeedback one, many;
  one.streams.push_back({Ssrc(2), SeqNum(0), 256});
  for (uint32_t i = 0; i < rtcp::CongestionFeedback::kMaxStreams; ++i)
    many.streams.push_back({Ssrc(2 + i), SeqNum(0), 1});
  one.packets.resize(256);
  many.packets.resize(256);
  const auto told_by = [&](const rtcp::CongestionFeedback& f) {
    return time_of([&] { (void)history.on_feedback(f); });
  };
  CHECK(told_by(many) < 20 * told_by(one));
  // Nor by what else is remembered.
  SentPacketHistory small;
  small.on_sent(at_ms(0), DataSize::bytes(1000), 0, Ssrc(1), SeqNum(0));
  CHECK(told_by(one) < 20 * time_of([&] { (void)small.on_feedback(one); }));
}

TEST_CASE("a packet that left twice under one name is told of as it left last", "[proto][cc]") {
  SentPacketHistory history;
  for (int i = 0; i < 10; ++i) history.on_sent(at_ms(i), DataSize::bytes(1000), 0, Ssrc(1), SeqNum(5));
  rtcp::CongestionFeedback feedback;
  feedback.streams.push_back({Ssrc(1), SeqNum(5), 1});
  feedback.packets.push_back({true, 0, 0});
  const auto results = history.on_feedback(feedback);
  REQUIRE(results.size() == 1);
  CHECK(results[0].sent == at_ms(9));
}

TEST_CASE("a packet that one message tells of twice is told of once, as arrived", "[proto][cc]") {
  SentPacketHistory history;
  for (uint16_t i = 0; i < 3; ++i) history.on_sent(at_ms(i), DataSize::bytes(1000), 0, Ssrc(1), SeqNum(i));
  rtcp::CongestionFeedback feedback;
  feedback.streams = {{Ssrc(1), SeqNum(0), 3}, {Ssrc(1), SeqNum(0), 3}};
  feedback.packets = {{}, {true, 0, 0}, {}, {true, 0, 0}, {}, {}};
  const auto results = history.on_feedback(feedback);
  REQUIRE(results.size() == 3);
  CHECK(results[0].arrived);
  CHECK(results[1].arrived);
  CHECK_FALSE(results[2].arrived);
  CHECK_FALSE(results[0].was_lost);
  CHECK(history.lost() == 1);
  CHECK(history.acknowledged() == 2);
}

TEST_CASE("what was sent in between without a name has none when names are given again", "[proto][cc]") {
  SentPacketHistory history;
  const auto name = [&](int from, int count) {
    for (int i = from; i < from + count; ++i)
      history.on_sent(at_ms(i), DataSize::bytes(1000), 0, Ssrc(1), SeqNum(static_cast<uint16_t>(i)));
  };
  name(0, 256);
  send(history, 200, 256);
  name(456, 400);  // with a doubling of the ring
  rtcp::CongestionFeedback feedback;
  feedback.streams.push_back({Ssrc(1), SeqNum(0), 856});
  feedback.packets.resize(856, {true, 0, 0});
  const auto results = history.on_feedback(feedback);
  REQUIRE(results.size() == 400);
  CHECK(results.front().sequence == ExtSeqNum(456));
}

TEST_CASE("the memory that a large message took is given back with the next", "[proto][cc][security]") {
  SentPacketHistory history;
  for (int i = 0; i < 4096; ++i)
    history.on_sent(at_ms(0), DataSize::bytes(1000), 0, Ssrc(1), SeqNum(static_cast<uint16_t>(i)));
  rtcp::CongestionFeedback feedback;
  feedback.streams.push_back({Ssrc(1), SeqNum(0), 4096});
  feedback.packets.resize(4096);
  const size_t before = allocated();
  REQUIRE(history.on_feedback(feedback).size() == 4096);
  (void)history.on_feedback(rtcp::CongestionFeedback());
  CHECK(allocated() < before + 32'768);
}

TEST_CASE("a receiver's clock that leaps for ever stays within range", "[proto][cc][security]") {
  SentPacketHistory by_stream, wide;
  by_stream.on_sent(at_ms(0), DataSize::bytes(1000), 0, Ssrc(1), SeqNum(0));
  wide.on_sent(at_ms(0), DataSize::bytes(1000));
  rtcp::CongestionFeedback leap;
  Feedback far;
  for (int i = 0; i < 600'000; ++i) {
    leap.timestamp += 0x7FFF'FFFF;
    (void)by_stream.on_feedback(leap);
    far.reference_time += 0x7F'FFFF;
    if (far.reference_time > 0x7F'FFFF) far.reference_time -= 0x100'0000;
    (void)wide.on_feedback(far);
  }
  leap.streams.push_back({Ssrc(1), SeqNum(0), 1});
  leap.packets.push_back({true, 0, 0});
  far.packets.push_back({true, 0});
  const auto years = TimeDelta::seconds(3'000LL * 366 * 86'400);
  for (const auto& results : {by_stream.on_feedback(leap), wide.on_feedback(far)}) {
    REQUIRE(results.size() == 1);
    CHECK(*results[0].arrived - Timestamp() < years);
    CHECK(Timestamp() - *results[0].arrived < years);
  }
}
