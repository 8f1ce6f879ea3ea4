#include "tutti/proto/rtpstream/rtx.hpp"

#include <array>
#include <catch2/catch.hpp>

using namespace tutti;
using namespace tutti::rtpstream;

TEST_CASE("a retransmission payload is the original number and the original payload", "[rtpstream][rtx]") {
  const std::array<uint8_t, 4> bytes{0xAB, 0xCD, 0x01, 0x02};
  const auto rtx = parse_rtx(bytes);
  REQUIRE(rtx);
  CHECK(rtx->original == SeqNum(0xABCD));
  REQUIRE(rtx->payload.size() == 2);
  CHECK(rtx->payload.data() == bytes.data() + 2);
}

TEST_CASE("a retransmission without room for the number is none", "[rtpstream][rtx]") {
  const std::array<uint8_t, 2> bytes{0xAB, 0xCD};
  CHECK_FALSE(parse_rtx({}));
  CHECK_FALSE(parse_rtx(std::span(bytes).first(1)));
  const auto padding = parse_rtx(bytes);
  REQUIRE(padding);
  CHECK(padding->payload.empty());
}
