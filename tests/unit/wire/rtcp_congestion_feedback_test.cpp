// RFC 8888 §3.1.
#include <catch2/catch.hpp>

#include "support/hex.hpp"
#include "support/rtcp.hpp"
#include "tutti/base/random.hpp"
#include "tutti/wire/rtcp/congestion_feedback.hpp"

using namespace tutti;
using namespace tutti::rtcp;
using namespace tutti::test;
using Packet = CongestionFeedback::Packet;

namespace {

// Two streams, one with an odd number of reports.
constexpr std::string_view kMessage =
    "8b cd 0009"           // V=2, P=0, FMT=11, RTPFB, 9 words follow
    "11111111"             // sender
    "22222222 fffe 0003"   // first stream: 65534, 65535, 0
    "8400 0000 e001 0000"  // received a second ago; not received; received with CE 1/1024 s ago; padding
    "33333333 0007 0002"   // second stream: 7 and 8
    "9ffe 9fff"            // received too long ago to tell; at an unknown time
    "00018000";            // a second and a half

CongestionFeedback feedback_of(size_t packets) {
  CongestionFeedback feedback;
  feedback.sender = Ssrc(1);
  feedback.timestamp = 77;
  feedback.streams.push_back({Ssrc(2), SeqNum(3), static_cast<uint16_t>(packets)});
  feedback.packets.resize(packets);
  return feedback;
}

}  // namespace

TEST_CASE("congestion feedback is read stream by stream", "[wire][rtcp][ccfb]") {
  const auto feedback = parse_whole<CongestionFeedback>(from_hex(kMessage));
  REQUIRE(feedback);
  CHECK(feedback->sender == Ssrc(0x11111111));
  CHECK(feedback->timestamp == 0x18000);
  REQUIRE(feedback->streams.size() == 2);
  CHECK(feedback->streams[0] == CongestionFeedback::Stream{Ssrc(0x22222222), SeqNum(65534), 3});
  CHECK(feedback->streams[1] == CongestionFeedback::Stream{Ssrc(0x33333333), SeqNum(7), 2});
  REQUIRE(feedback->packets.size() == 5);
  CHECK(feedback->packets[0] == Packet{true, 0, 1024});
  CHECK(feedback->packets[1] == Packet{});
  CHECK(feedback->packets[2] == Packet{true, 3, 1});
  CHECK(feedback->packets[3] == Packet{true, 0, CongestionFeedback::kTooOld});
  CHECK(feedback->packets[4] == Packet{true, 0, CongestionFeedback::kUnknownTime});
  CHECK(serialized(*feedback) == from_hex(kMessage));
}

TEST_CASE("congestion feedback that is cut short does not parse", "[wire][rtcp][ccfb]") {
  // Where one stream ends, the next four bytes could be the timestamp.
  CHECK(lengths_that_parse<CongestionFeedback>(from_hex(kMessage)) == std::vector<size_t>{8, 24});
}

TEST_CASE("congestion feedback with more packets than an interval holds is refused", "[wire][rtcp][ccfb]") {
  CHECK(parse_whole<CongestionFeedback>(serialized(feedback_of(CongestionFeedback::kMaxPackets))));
  CHECK(serialized(feedback_of(CongestionFeedback::kMaxPackets + 1)).empty());
  auto bytes = serialized(feedback_of(CongestionFeedback::kMaxPackets));
  bytes[14] = 0x40;  // num_reports, of which there are not so many
  CHECK_FALSE(parse_whole<CongestionFeedback>(bytes));
  auto uneven = feedback_of(4);
  uneven.streams[0].count = 3;
  CHECK(serialized(uneven).empty());
}

TEST_CASE("any congestion feedback survives a round trip", "[wire][rtcp][ccfb]") {
  SeededRandom random(3);
  for (int round = 0; round < 200; ++round) {
    CongestionFeedback feedback;
    feedback.sender = Ssrc(random.u32());
    feedback.timestamp = random.u32();
    for (uint64_t streams = random.below(6); streams > 0; --streams) {
      const auto count = static_cast<uint16_t>(random.below(30));
      feedback.streams.push_back({Ssrc(random.u32()), SeqNum(static_cast<uint16_t>(random.u32())), count});
      for (int i = 0; i < count; ++i) {
        const bool received = random.below(4) > 0;
        feedback.packets.push_back({received, static_cast<uint8_t>(received ? random.below(4) : 0),
                                    static_cast<uint16_t>(received ? random.below(0x2000) : 0)});
      }
    }
    CHECK(parse_whole<CongestionFeedback>(serialized(feedback)) == feedback);
    if (round < 10) CHECK(needs_exactly_its_size(feedback));
  }
}
