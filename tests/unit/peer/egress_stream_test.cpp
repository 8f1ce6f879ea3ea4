#include "peer/egress_stream.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <memory>

namespace tutti::peer {

TEST_CASE("a receiver that asks for everything over and over is sent it twice at most", "[peer][egress]") {
  EgressStream stream({});
  uint64_t sent = 0, repeated = 0;
  for (int round = 0; round < 1000; ++round) {
    for (int i = 0; i < 10; ++i) sent += stream.take_turn(false);
    for (int i = 0; i < 6000; ++i) repeated += stream.take_turn(true);
  }
  CHECK(sent == 10'000);
  CHECK(repeated <= sent + 64);
}

TEST_CASE("whoever was quiet may ask for all that is remembered", "[peer][egress]") {
  EgressStream stream({});
  for (int i = 0; i < 2000; ++i) REQUIRE(stream.take_turn(false));
  int repeated = 0;
  while (stream.take_turn(true)) ++repeated;
  CHECK(repeated == 512);
}

TEST_CASE("the first packets may be lost several times", "[peer][egress]") {
  EgressStream stream({});
  REQUIRE(stream.take_turn(false));
  for (int retry = 0; retry < 10; ++retry) CHECK(stream.take_turn(true));
}

TEST_CASE("what was given up is not repeated, and its numbers are when they come round again", "[peer][egress]") {
  EgressStream stream({});
  const Timestamp begin = Timestamp::from_ms(1'000);
  stream.set_unsent(begin, SeqNum(65'530), SeqNum(3));
  stream.set_unsent(begin + TimeDelta::millis(900), SeqNum(4), SeqNum(9));
  const Timestamp soon = begin + TimeDelta::millis(1'500);
  for (uint16_t number : {65'530, 0, 9}) CHECK_FALSE(stream.may_repeat(soon, SeqNum(number), TimeDelta::zero()));
  for (uint16_t number : {65'529, 10}) CHECK(stream.may_repeat(soon, SeqNum(number), TimeDelta::zero()));
  for (uint16_t number : {65'530, 0, 9})
    CHECK(stream.may_repeat(begin + TimeDelta::seconds(60), SeqNum(number), TimeDelta::zero()));
}

TEST_CASE("padding is the same with and without the packet that it stands for", "[peer][egress]") {
  ReceiveSpec spec;
  spec.kind = MediaKind::kVideo;
  spec.ssrc = Ssrc(1);
  spec.extensions.set(rtp::Extension::kVideoOrientation, 5);
  EgressStream stream(spec);
  REQUIRE(stream.repeats_exactly(Timestamp::from_ms(1)));
  const auto packet = std::make_unique<MediaPacket>();
  packet->video_orientation = 1;
  packet->contributor_count = 1;
  Rewrite padding;
  padding.padding_only = true;

  std::array<uint8_t, 100> first{}, again{};
  const auto sent = stream.write(Timestamp::from_ms(1), packet.get(), padding, false, {}, first);
  const auto repeated = stream.write(Timestamp::from_ms(2), nullptr, padding, false, {}, again);
  CHECK(sent.header_size == 12);
  CHECK(repeated.header_size == 12);
  CHECK(first == again);
}

}  // namespace tutti::peer
