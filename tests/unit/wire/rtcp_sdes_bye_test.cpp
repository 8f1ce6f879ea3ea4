// Source description and BYE: RFC 3550 §6.5, §6.6.
#include <catch2/catch.hpp>

#include "support/hex.hpp"
#include "support/rtcp.hpp"
#include "tutti/wire/rtcp/bye.hpp"
#include "tutti/wire/rtcp/sdes.hpp"

using namespace tutti;
using namespace tutti::rtcp;
using namespace tutti::test;

// Two chunks; the first with a NAME item before its CNAME, the second with its CNAME alone.
constexpr std::string_view kSdes =
    "82 ca 0008"        // V=2, P=0, SC=2, SDES, 8 words follow
    "11111111"          // SSRC_1
    "02 03 416c61"      // NAME=2, "Ala"
    "01 05 6140622e63"  // CNAME=1, "a@b.c"
    "00000000"          // end of the list, filled up to the boundary
    "22222222"          // SSRC_2
    "01 04 78407979"    // CNAME=1, "x@yy"
    "0000";             // end of the list

TEST_CASE("a source description gives each source its CNAME", "[wire][rtcp]") {
  const auto bytes = from_hex(kSdes);
  const auto sdes = parse_whole<Sdes>(bytes);
  REQUIRE(sdes);
  REQUIRE(sdes->chunks.size() == 2);
  CHECK(sdes->chunks[0] == Sdes::Chunk{Ssrc(0x11111111), "a@b.c"});
  CHECK(sdes->chunks[1] == Sdes::Chunk{Ssrc(0x22222222), "x@yy"});
}

TEST_CASE("a truncated source description is refused", "[wire][rtcp]") {
  CHECK(lengths_that_parse<Sdes>(from_hex(kSdes)).empty());
}

TEST_CASE("a source description survives a round trip at every length of a name", "[wire][rtcp]") {
  const size_t length = GENERATE(range<size_t>(0, 10), size_t{254}, size_t{255});
  Sdes sdes;
  const std::string name(length, 'n');
  sdes.chunks = {{Ssrc(1), name}, {Ssrc(2), "second"}};
  const auto bytes = serialized(sdes);
  CHECK(bytes.size() % 4 == 0);
  CHECK(parse_whole<Sdes>(bytes) == sdes);
  CHECK(needs_exactly_its_size(sdes));
}

TEST_CASE("a source description beyond the wire's limits is not written", "[wire][rtcp]") {
  Sdes sdes;
  const std::string too_long(256, 'n');
  sdes.chunks = {{Ssrc(1), too_long}};
  CHECK(serialized(sdes).empty());
  sdes.chunks.assign(31, {Ssrc(1), "c"});
  const auto bytes = serialized(sdes);
  CHECK(parse_whole<Sdes>(bytes) == sdes);
  sdes.chunks.assign(32, {Ssrc(1), "c"});
  CHECK(serialized(sdes).empty());
}

TEST_CASE("a source description with fewer chunks than it counts is refused", "[wire][rtcp]") {
  CHECK_FALSE(parse_whole<Sdes>(from_hex("82ca0002 11111111 00000000")));
  CHECK_FALSE(parse_whole<Sdes>(from_hex("81ca0002 11111111 01ff6161")));
}

// RFC 3550 §6.6.
constexpr std::string_view kBye =
    "82 cb 0005"            // V=2, P=0, SC=2, BYE, 5 words follow
    "11111111 22222222"     // SSRCs
    "07 7461 6b65 6e20 6f"  // length 7, "taken o"
    "00000000";

TEST_CASE("a BYE gives who leaves and why", "[wire][rtcp]") {
  const auto bye = parse_whole<Bye>(from_hex(kBye));
  REQUIRE(bye);
  CHECK(bye->sources == std::vector<Ssrc>{Ssrc(0x11111111), Ssrc(0x22222222)});
  CHECK(bye->reason == "taken o");
}

TEST_CASE("a truncated BYE parses only without its reason or with all of it", "[wire][rtcp]") {
  CHECK(lengths_that_parse<Bye>(from_hex(kBye)) == std::vector<size_t>{8, 16, 17, 18, 19});
}

TEST_CASE("a BYE whose reason is longer than the packet is refused", "[wire][rtcp]") {
  // CVE-2021-43804: the reason's length was believed.
  CHECK_FALSE(parse_whole<Bye>(from_hex("81cb0002 11111111 ff616263")));
  CHECK_FALSE(parse_whole<Bye>(from_hex("81cb0002 11111111 04616263")));
  CHECK(parse_whole<Bye>(from_hex("81cb0002 11111111 03616263")));
}

TEST_CASE("a BYE with fewer sources than it counts is refused", "[wire][rtcp]") {
  CHECK_FALSE(parse_whole<Bye>(from_hex("83cb0002 11111111 22222222")));
  CHECK_FALSE(parse_whole<Bye>(from_hex("9fcb0000")));
}

TEST_CASE("a BYE survives a round trip at every length of a reason", "[wire][rtcp]") {
  const size_t length = GENERATE(range<size_t>(0, 10), size_t{255});
  Bye bye;
  bye.sources = {Ssrc(1), Ssrc(2), Ssrc(3)};
  bye.reason = std::string(length, 'r');
  const auto bytes = serialized(bye);
  CHECK(bytes.size() % 4 == 0);
  CHECK(parse_whole<Bye>(bytes) == bye);
  CHECK(needs_exactly_its_size(bye));
}

TEST_CASE("a BYE beyond the wire's limits is not written", "[wire][rtcp]") {
  Bye bye;
  bye.sources.assign(32, Ssrc(1));
  CHECK(serialized(bye).empty());
  bye.sources.assign(31, Ssrc(1));
  CHECK(parse_whole<Bye>(serialized(bye)) == bye);
  bye.reason = std::string(256, 'r');
  CHECK(serialized(bye).empty());
}
