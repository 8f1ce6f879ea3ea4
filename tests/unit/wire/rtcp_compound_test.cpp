// RFC 3550 §6.1 and the validity checks of appendix A.2, with RFC 5506's reduced-size packets.
#include <catch2/catch.hpp>

#include "support/hex.hpp"
#include "support/rtcp.hpp"
#include "tutti/wire/rtcp/header.hpp"

using namespace tutti;
using namespace tutti::rtcp;
using tutti::test::from_hex;

namespace {

constexpr std::string_view kEmptyReceiverReport = "80c90001 11111111";
constexpr std::string_view kSdes = "81ca0004 11111111 0106 612e 622e 632e 0000 0000";
constexpr std::string_view kPli = "81ce0002 11111111 22222222";

std::vector<uint8_t> bytes_of(std::initializer_list<std::string_view> parts) {
  std::vector<uint8_t> all;
  for (auto part : parts) {
    const auto bytes = from_hex(part);
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  return all;
}

bool opens(std::initializer_list<std::string_view> parts) { return CompoundReader::open(bytes_of(parts)).has_value(); }

}  // namespace

TEST_CASE("a compound gives its packets in order", "[wire][rtcp]") {
  const auto bytes = bytes_of({kEmptyReceiverReport, kSdes, kPli});
  auto reader = CompoundReader::open(bytes);
  REQUIRE(reader);
  const auto report = reader->next();
  REQUIRE(report);
  CHECK(report->type == kTypeReceiverReport);
  CHECK(report->format == 0);
  CHECK(report->body.size() == 4);
  const auto sdes = reader->next();
  REQUIRE(sdes);
  CHECK(sdes->type == kTypeSdes);
  CHECK(sdes->format == 1);
  const auto pli = reader->next();
  REQUIRE(pli);
  CHECK(pli->type == kTypePayloadFeedback);
  CHECK(pli->format == kFormatPli);
  CHECK(pli->body.data() == bytes.data() + bytes.size() - 8);
  CHECK_FALSE(reader->next());
  CHECK_FALSE(reader->next());
}

TEST_CASE("a reduced-size packet stands alone", "[wire][rtcp]") { CHECK(opens({kPli})); }

TEST_CASE("a packet type that nobody knows is handed out like the others", "[wire][rtcp]") {
  const auto bytes = from_hex("80d00001 11111111");
  const auto packet = test::only_packet(bytes);
  REQUIRE(packet);
  CHECK(packet->type == 208);
}

TEST_CASE("a version other than 2 refuses the whole compound", "[wire][rtcp]") {
  for (auto version : {"00", "40", "c0"}) {
    CHECK_FALSE(opens({std::string(version) + "c90001 11111111"}));
    CHECK_FALSE(opens({kEmptyReceiverReport, std::string(version) + "c90001 11111111"}));
  }
}

TEST_CASE("lengths have to add up to the whole", "[wire][rtcp]") {
  CHECK_FALSE(opens({""}));
  CHECK_FALSE(opens({kEmptyReceiverReport, "81"}));
  CHECK_FALSE(opens({kEmptyReceiverReport, "81ce0003 11111111 22222222"}));
  CHECK_FALSE(opens({kEmptyReceiverReport, "81ce0001 11111111 22222222"}));
  CHECK_FALSE(opens({"81ceffff 11111111 22222222"}));
}

TEST_CASE("no truncation of a compound is taken for a whole one unless it ends between packets", "[wire][rtcp]") {
  const auto whole = bytes_of({kEmptyReceiverReport, kSdes, kPli});
  for (size_t n = 0; n < whole.size(); ++n) {
    const std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
    INFO("length " << n);
    CHECK(CompoundReader::open(cut).has_value() == (n == 8 || n == 28));
  }
}

TEST_CASE("padding is cut off", "[wire][rtcp]") {
  const auto bytes = from_hex("a1ce0003 11111111 22222222 00000004");
  const auto packet = test::only_packet(bytes);
  REQUIRE(packet);
  CHECK(packet->body.size() == 8);
}

TEST_CASE("padding as libwebrtc writes it is cut off, wherever the packet stands", "[wire][rtcp]") {
  // Two messages of transport feedback, each with two bytes of padding that count themselves.
  constexpr std::string_view kFeedback = "afcd0005 11111111 22222222 00010001 00000a00 2001 04 01";
  constexpr std::string_view kPadded = "afcd0005 11111111 22222222 00010001 00000a00 2001 0002";
  const auto bytes = bytes_of({kPadded, kFeedback});
  auto reader = CompoundReader::open(bytes);
  REQUIRE(reader);
  CHECK(reader->next()->body.size() == 18);
  CHECK(reader->next()->body.size() == 19);
}

TEST_CASE("padding that is empty or longer than its packet is refused", "[wire][rtcp]") {
  CHECK_FALSE(opens({"a1ce0002 11111111 22222200"}));
  CHECK_FALSE(opens({"a1ce0002 11111111 22222209"}));
  CHECK_FALSE(opens({"a0c90000"}));
  CHECK(opens({"a1ce0002 11111111 22222208"}));
}
