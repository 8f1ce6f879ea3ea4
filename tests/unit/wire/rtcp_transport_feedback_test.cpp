// Transport-wide congestion control feedback: draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.
#include <catch2/catch.hpp>
#include <string>

#include "support/hex.hpp"
#include "support/rtcp.hpp"
#include "tutti/base/random.hpp"
#include "tutti/wire/rtcp/transport_feedback.hpp"

using namespace tutti;
using namespace tutti::rtcp;
using namespace tutti::test;
using Packet = TransportFeedback::Packet;

namespace {

using Packets = decltype(TransportFeedback::packets);
constexpr Packet kLost{};
Packet arrived(int ticks) { return {true, static_cast<int16_t>(ticks)}; }

TransportFeedback feedback_of(Packets packets) {
  TransportFeedback feedback;
  feedback.sender = Ssrc(0x11111111);
  feedback.media = Ssrc(0x22222222);
  feedback.base_sequence = SeqNum(5);
  feedback.reference_time = 10;
  feedback.feedback_count = 3;
  feedback.packets = std::move(packets);
  return feedback;
}

// `count`: the packet status count as four hex digits; `rest`: chunks and deltas, as long as they please.
std::optional<TransportFeedback> parse_body(const std::string& count, const std::string& rest) {
  return TransportFeedback::parse(from_hex("11111111 22222222 0005" + count + "00000a 03" + rest));
}

Packets packets_of(const std::string& count, const std::string& rest) {
  const auto feedback = parse_body(count, rest);
  return feedback ? feedback->packets : Packets{};
}

}  // namespace

// All three kinds of chunk in one message.
constexpr std::string_view kMessage =
    "8f cd 0007"         // V=2, P=0, FMT=15, RTPFB, 7 words follow
    "11111111 22222222"  // SSRCs
    "fffe 0013"          // base sequence number 65534, 19 statuses
    "fffffe 2a"          // reference time -2, feedback message 42
    "0003"               // run of 3: not received
    "b0 80"              // 1-bit vector: 1 1 0 0 0 0 1 0 0 0 0 0 0 0
    "e0 00"              // 2-bit vector: 2 0, and five more that the count cuts off
    "00 10 ff"           // small deltas: 0, 16, 255 ticks
    "ff f8"              // large delta: -8 ticks
    "00";                // zero padding

TEST_CASE("feedback is read chunk by chunk", "[wire][rtcp][twcc]") {
  const auto feedback = parse_whole<TransportFeedback>(from_hex(kMessage));
  REQUIRE(feedback);
  CHECK(feedback->base_sequence == SeqNum(65534));
  CHECK(feedback->reference_time == -2);
  CHECK(feedback->feedback_count == 42);
  Packets expected(19, kLost);
  expected[3] = arrived(0);
  expected[4] = arrived(16);
  expected[9] = arrived(255);
  expected[17] = arrived(-8);
  CHECK(feedback->packets == expected);
}

TEST_CASE("feedback may end where its last delta does", "[wire][rtcp][twcc]") {
  CHECK(lengths_that_parse<TransportFeedback>(from_hex(kMessage)) == std::vector<size_t>{27});
}

TEST_CASE("a run of each status is read", "[wire][rtcp][twcc]") {
  CHECK(packets_of("0002", "0002") == Packets{kLost, kLost});
  CHECK(packets_of("0002", "2002 01ff") == Packets{arrived(1), arrived(255)});
  CHECK(packets_of("0002", "4002 0100 8000") == Packets{arrived(256), arrived(-32768)});
  CHECK(parse_body("1000", "1000")->packets.size() == 4096);
}

TEST_CASE("a one-bit vector is read from its highest bit on", "[wire][rtcp][twcc]") {
  Packets expected(14, kLost);
  expected[0] = arrived(7);
  expected[13] = arrived(8);
  CHECK(packets_of("000e", "a001 0708") == expected);
}

TEST_CASE("a two-bit vector is read from its highest bits on", "[wire][rtcp][twcc]") {
  // 1 2 0 0 0 0 2
  Packets expected(7, kLost);
  expected[0] = arrived(9);
  expected[1] = arrived(-1);
  expected[6] = arrived(300);
  CHECK(packets_of("0007", "d802 09 ffff 012c") == expected);
}

TEST_CASE("the reserved status is refused, unless the count cuts it off", "[wire][rtcp][twcc]") {
  CHECK_FALSE(parse_body("0001", "6001 0000 0000"));
  CHECK_FALSE(parse_body("0002", "dc00 0000 0000"));
  CHECK(packets_of("0001", "dc00 05") == Packets{arrived(5)});
}

TEST_CASE("feedback whose counts lie is refused", "[wire][rtcp][twcc]") {
  CHECK_FALSE(parse_body("0000", "0001"));     // empty
  CHECK_FALSE(parse_body("0003", "0002"));     // more statuses than chunks give
  CHECK_FALSE(parse_body("1000", "2fff"));     // the same at the limit
  CHECK_FALSE(parse_body("0002", "2002 01"));  // more small deltas than there are
  CHECK_FALSE(parse_body("0001", "4001 01"));  // half a large delta
  CHECK_FALSE(parse_body("1000", "3000 01"));  // 4096 received, one delta
  CHECK_FALSE(parse_body("1001", "1001"));     // one more than the limit
  CHECK_FALSE(parse_body("ffff", "1fff 1fff 1fff 1fff 1fff 1fff 1fff 1fff 1fff"));
  CHECK_FALSE(parse_body("0001", "0000"));  // a run of none
}

TEST_CASE("a run longer than the count ends with it", "[wire][rtcp][twcc]") {
  CHECK(packets_of("0002", "3fff 0102") == Packets{arrived(1), arrived(2)});
}

TEST_CASE("feedback picks the shortest chunks", "[wire][rtcp][twcc]") {
  const auto chunks_of = [](Packets packets) {
    size_t deltas = 0;
    for (const Packet& p : packets) deltas += !p.received ? 0 : p.delta_ticks >= 0 && p.delta_ticks <= 255 ? 1 : 2;
    const auto bytes = serialized(feedback_of(std::move(packets)));
    return (bytes.size() - 20 - deltas) / 2;  // padding is shorter than two chunks
  };
  CHECK(chunks_of(Packets(4096, kLost)) <= 2);
  CHECK(chunks_of(Packets(4096, arrived(1))) <= 2);
  Packets alternating;
  for (int i = 0; i < 140; ++i) alternating.push_back(i % 2 ? arrived(1) : kLost);
  CHECK(chunks_of(alternating) <= 11);
  for (Packet& p : alternating) p.delta_ticks = static_cast<int16_t>(p.received ? -1 : 0);
  CHECK(chunks_of(alternating) <= 21);
}

TEST_CASE("feedback of any pattern survives a round trip", "[wire][rtcp][twcc]") {
  const uint64_t seed = GENERATE(range(1, 60));
  INFO("seed " << seed);
  SeededRandom random(seed);
  Packets packets;
  const size_t count = 1 + random.below(TransportFeedback::kMaxPackets);
  while (packets.size() < count) {
    const uint64_t run = 1 + random.below(seed % 5 == 0 ? 9000 : 20);
    const uint64_t kind = random.below(4);
    for (uint64_t i = 0; i < run && packets.size() < count; ++i) {
      if (kind == 0) packets.push_back(kLost);
      if (kind == 1) packets.push_back(arrived(static_cast<int>(random.below(256))));
      if (kind == 2) packets.push_back(arrived(static_cast<int16_t>(random.u32())));
      if (kind == 3) packets.push_back(random.below(2) ? kLost : arrived(static_cast<int>(random.below(300))));
    }
  }
  const auto feedback = feedback_of(packets);
  const auto bytes = serialized(feedback);
  CHECK(bytes.size() % 4 == 0);
  CHECK(parse_whole<TransportFeedback>(bytes) == feedback);
}

TEST_CASE("reference times at their ends survive a round trip", "[wire][rtcp][twcc]") {
  for (int32_t time : {-0x800000, -1, 0, 0x7FFFFF}) {
    auto feedback = feedback_of({arrived(-32768), arrived(32767)});
    feedback.reference_time = time;
    CHECK(parse_whole<TransportFeedback>(serialized(feedback)) == feedback);
  }
}

TEST_CASE("feedback is not written when empty, too long, or without room", "[wire][rtcp][twcc]") {
  CHECK(serialized(feedback_of({})).empty());
  CHECK(serialized(feedback_of(Packets(4097, kLost))).empty());
  CHECK_FALSE(serialized(feedback_of(Packets(4096, arrived(-1)))).empty());
  CHECK(needs_exactly_its_size(feedback_of({arrived(1), kLost, arrived(-1)})));
}
