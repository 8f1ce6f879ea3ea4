#include <catch2/catch.hpp>

#include "support/hex.hpp"
#include "tutti/wire/rtp/extensions.hpp"
#include "tutti/wire/rtp/header.hpp"

using namespace tutti;
using tutti::test::from_hex;

TEST_CASE("a header with CSRCs and an extension is parsed", "[wire][rtp]") {
  // V=2 X=1 CC=2, M=1 PT=96, seq 0x1234, ts 1, ssrc 0xCAFEBABE, CSRCs 1 and 2, extension BEDE of one word, payload AABB
  const auto bytes = from_hex("92E01234 00000001 CAFEBABE 00000001 00000002 BEDE0001 10FF0000 AABB");
  const auto p = rtp::parse(bytes);
  REQUIRE(p);
  CHECK(p->marker);
  CHECK(p->payload_type == PayloadType(96));
  CHECK(p->sequence == SeqNum(0x1234));
  CHECK(p->timestamp == RtpTimestamp(1));
  CHECK(p->ssrc == Ssrc(0xCAFEBABE));
  CHECK(p->csrcs.size() == 8);
  CHECK(p->extension_profile == rtp::kOneByteProfile);
  CHECK(p->extensions.size() == 4);
  CHECK(p->header_size == 28);
  CHECK(p->payload.size() == 2);
  const auto level = rtp::find_extension(p->extension_profile, p->extensions, 1);
  REQUIRE(level);
  CHECK(rtp::parse_audio_level(*level)->level == 127);
  CHECK(rtp::parse_audio_level(*level)->voice);
}

TEST_CASE("a packet that is cut anywhere in its header is refused", "[wire][rtp]") {
  const auto bytes = from_hex("92E01234 00000001 CAFEBABE 00000001 00000002 BEDE0001 10FF0000");
  for (size_t n = 0; n < bytes.size(); ++n) CHECK_FALSE(rtp::parse(std::span(bytes).first(n)));
  CHECK(rtp::parse(bytes));
}

TEST_CASE("another version than two is refused", "[wire][rtp]") {
  for (uint8_t version : {0, 1, 3}) {
    auto bytes = from_hex("80600000 00000000 00000000");
    bytes[0] = static_cast<uint8_t>(version << 6);
    CHECK_FALSE(rtp::parse(bytes));
  }
}

TEST_CASE("padding is taken off, and a count that lies is refused", "[wire][rtp]") {
  auto bytes = from_hex("A0600000 00000000 00000000 AABB0003");
  bytes.back() = 2;
  auto p = rtp::parse(bytes);
  REQUIRE(rtp::strip_padding(*p));
  CHECK(p->payload.size() == 2);
  // GHSA-f26w-gh5m-qq77: more padding than payload; and none at all.
  for (uint8_t count : {0, 5, 255}) {
    bytes.back() = count;
    p = rtp::parse(bytes);
    CHECK_FALSE(rtp::strip_padding(*p));
  }
  bytes.back() = 4;
  p = rtp::parse(bytes);
  REQUIRE(rtp::strip_padding(*p));
  CHECK(p->payload.empty());
  auto empty = rtp::parse(from_hex("A0600000 00000000 00000000"));
  CHECK_FALSE(rtp::strip_padding(*empty));
}

TEST_CASE("RTCP is told apart by RFC 5761, also beside payload types below 64", "[wire][rtp]") {
  for (int second = 0; second < 256; ++second) {
    const uint8_t bytes[] = {0x80, static_cast<uint8_t>(second)};
    CHECK(rtp::is_rtcp(bytes) == (second >= 192 && second <= 223));
  }
  // Chromium sends AV1 as 45, with the marker bit 173.
  const uint8_t av1[] = {0x80, 45 | 0x80};
  CHECK_FALSE(rtp::is_rtcp(av1));
}

TEST_CASE("one-byte extensions: padding, unknown ids, the terminator and a cut element", "[wire][rtp]") {
  const auto block = from_hex("00 32AABBCC 41 1122 00");
  REQUIRE(rtp::find_extension(rtp::kOneByteProfile, block, 3));
  CHECK(rtp::find_extension(rtp::kOneByteProfile, block, 3)->size() == 3);
  CHECK(rtp::find_extension(rtp::kOneByteProfile, block, 4)->size() == 2);
  CHECK_FALSE(rtp::find_extension(rtp::kOneByteProfile, block, 5));
  CHECK_FALSE(rtp::find_extension(rtp::kOneByteProfile, block, 0));
  // RFC 8285 §4.2: nothing after an id of 15 is processed.
  CHECK_FALSE(rtp::find_extension(rtp::kOneByteProfile, from_hex("F0AA 10BB"), 1));
  CHECK_FALSE(rtp::find_extension(rtp::kOneByteProfile, from_hex("13AABB"), 1));
  // Some other scheme is not read.
  CHECK_FALSE(rtp::find_extension(0xABCD, block, 3));
}

TEST_CASE("two-byte extensions with empty and long elements are found", "[wire][rtp]") {
  auto block = from_hex("0100 00 02 14");
  block.resize(block.size() + 20, 7);
  CHECK(rtp::find_extension(rtp::kTwoByteProfile, block, 1)->empty());
  CHECK(rtp::find_extension(rtp::kTwoByteProfile | 5, block, 2)->size() == 20);
  block.pop_back();
  CHECK_FALSE(rtp::find_extension(rtp::kTwoByteProfile, block, 2));
}

TEST_CASE("what the writer writes is read back, in both forms", "[wire][rtp]") {
  for (bool two_byte : {false, true}) {
    rtp::ExtensionWriter writer(two_byte);
    const auto a = from_hex("01"), b = from_hex("0102030405060708090A0B0C0D0E0F10");
    REQUIRE(writer.add(1, a));
    REQUIRE(writer.add(14, b));
    CHECK(writer.add(15, a) == two_byte);
    const auto block = writer.finish();
    std::array<uint8_t, 400> out;
    const size_t size = rtp::write_header({true, PayloadType(45), SeqNum(9), RtpTimestamp(8), Ssrc(7)}, block, out);
    const auto p = rtp::parse(std::span(out).first(size));
    REQUIRE(p);
    CHECK(p->marker);
    CHECK(p->payload_type == PayloadType(45));
    CHECK(p->header_size == size);
    const auto found = rtp::find_extension(p->extension_profile, p->extensions, 14);
    REQUIRE(found);
    CHECK(std::equal(found->begin(), found->end(), b.begin(), b.end()));
  }
}

TEST_CASE("an element that does not fit leaves the block as it was", "[wire][rtp]") {
  rtp::ExtensionWriter writer;
  const std::vector<uint8_t> seventeen(17);
  CHECK_FALSE(writer.add(1, seventeen));
  CHECK_FALSE(writer.add(0, from_hex("01")));
  CHECK_FALSE(writer.add(1, {}));
  CHECK(writer.finish().empty());
  rtp::ExtensionWriter big(true);
  const std::vector<uint8_t> most(255);
  CHECK(big.add(1, most));
  CHECK_FALSE(big.add(2, most));
  CHECK(big.finish().size() == 4 + 260);
  std::array<uint8_t, 20> small;
  CHECK(rtp::write_header({}, big.finish(), small) == 0);
}

TEST_CASE("every extension has a URI of its own that leads back to it", "[wire][rtp]") {
  for (size_t i = 0; i < rtp::kExtensionCount; ++i) {
    const auto e = static_cast<rtp::Extension>(i);
    CHECK(rtp::extension_from_uri(rtp::uri(e)) == e);
  }
  CHECK_FALSE(rtp::extension_from_uri("urn:nobody"));
}
