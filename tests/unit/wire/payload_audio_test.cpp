// Opus (RFC 6716 §3) and redundant audio (RFC 2198).
#include <catch2/catch.hpp>

#include "support/hex.hpp"
#include "tutti/wire/payload/opus.hpp"
#include "tutti/wire/payload/red.hpp"

using namespace tutti;
using namespace tutti::payload;
using tutti::test::from_hex;

TEST_CASE("opus: ffmpeg's packet is 20 ms of stereo", "[wire][payload][opus]") {
  const auto packet = from_hex("fcb4065aa7b5e1fd0bbe007ff9077284");
  CHECK(opus_duration_samples(packet) == 960u);
  CHECK(is_opus_stereo(packet));
  CHECK_FALSE(is_opus_dtx(packet));
}

TEST_CASE("opus: each configuration has its frame size", "[wire][payload][opus]") {
  const auto samples = [](uint8_t config) {
    const uint8_t toc = static_cast<uint8_t>(config << 3);
    return opus_duration_samples({&toc, 1}).value_or(0);
  };
  for (uint8_t band = 0; band < 12; band += 4) {
    CHECK(samples(band) == 480);
    CHECK(samples(band + 1) == 960);
    CHECK(samples(band + 2) == 1920);
    CHECK(samples(band + 3) == 2880);
  }
  for (uint8_t band = 12; band < 16; band += 2) {
    CHECK(samples(band) == 480);
    CHECK(samples(band + 1) == 960);
  }
  for (uint8_t band = 16; band < 32; band += 4) {
    CHECK(samples(band) == 120);
    CHECK(samples(band + 1) == 240);
    CHECK(samples(band + 2) == 480);
    CHECK(samples(band + 3) == 960);
  }
}

TEST_CASE("opus: the code counts the frames", "[wire][payload][opus]") {
  CHECK(opus_duration_samples(from_hex("f8")) == 960u);
  CHECK(opus_duration_samples(from_hex("f9")) == 1920u);
  CHECK(opus_duration_samples(from_hex("fa")) == 1920u);
  CHECK(opus_duration_samples(from_hex("fb 06")) == 5760u);
  CHECK(opus_duration_samples(from_hex("fb c3")) == 2880u);  // padding and VBR flags set
  CHECK(opus_duration_samples(from_hex("e3 30")) == 5760u);  // 48 frames of 2.5 ms
}

TEST_CASE("opus: no frames, more than 120 ms, or nothing at all is refused", "[wire][payload][opus]") {
  CHECK_FALSE(opus_duration_samples({}));
  CHECK_FALSE(opus_duration_samples(from_hex("fb")));
  CHECK_FALSE(opus_duration_samples(from_hex("fb 00")));
  CHECK_FALSE(opus_duration_samples(from_hex("fb 07")));
  CHECK_FALSE(opus_duration_samples(from_hex("e3 31")));
  CHECK_FALSE(is_opus_stereo({}));
}

TEST_CASE("opus: one or two bytes are discontinuous transmission", "[wire][payload][opus]") {
  CHECK_FALSE(is_opus_dtx({}));
  CHECK(is_opus_dtx(from_hex("f8")));
  CHECK(is_opus_dtx(from_hex("f8 00")));
  CHECK_FALSE(is_opus_dtx(from_hex("f8 fffe")));
}

// RFC 2198 §3: two redundant blocks of 3 and 2 bytes, 1920 and 960 older, then a primary of 4.
constexpr std::string_view kRed =
    "ef 1e 00 03"  // F=1, PT=111, offset 1920, length 3
    "ef 0f 00 02"  // F=1, PT=111, offset 960, length 2
    "6f"           // F=0, PT=111
    "aaaaaa bbbb cccccccc";

TEST_CASE("RED gives its blocks oldest first and the primary last", "[wire][payload][red]") {
  const auto bytes = from_hex(kRed);
  const auto red = RedPayload::parse(bytes);
  REQUIRE(red);
  const auto blocks = red->blocks();
  REQUIRE(blocks.size() == 3);
  CHECK(blocks[0].payload_type == PayloadType(111));
  CHECK(blocks[0].timestamp_offset == 1920);
  CHECK(blocks[0].data.data() == bytes.data() + 9);
  CHECK(blocks[0].data.size() == 3);
  CHECK(blocks[1].timestamp_offset == 960);
  CHECK(blocks[1].data.size() == 2);
  CHECK(red->primary().timestamp_offset == 0);
  CHECK(red->primary().data.data() == bytes.data() + 14);
  CHECK(red->primary().data.size() == 4);
}

TEST_CASE("RED with the primary alone is one block", "[wire][payload][red]") {
  const auto bytes = from_hex("6f f8fffe");
  const auto red = RedPayload::parse(bytes);
  REQUIRE(red);
  CHECK(red->blocks().size() == 1);
  CHECK(red->primary().data.size() == 3);
}

TEST_CASE("a truncated RED is refused while headers or redundant blocks are missing", "[wire][payload][red]") {
  const auto whole = from_hex(kRed);
  for (size_t n = 0; n < whole.size(); ++n) {
    const std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
    INFO("length " << n);
    CHECK(RedPayload::parse(cut).has_value() == (n >= 14));
  }
}

TEST_CASE("of RED with more blocks than are kept the newest are", "[wire][payload][red]") {
  // Blocks of one byte each, which is their number; the primary is the last.
  const auto numbers = [](uint8_t count) {
    std::vector<uint8_t> bytes;
    for (uint8_t i = 1; i < count; ++i) bytes.insert(bytes.end(), {0xEF, static_cast<uint8_t>(count - i), 0, 1});
    bytes.push_back(0x6F);
    for (uint8_t i = 1; i <= count; ++i) bytes.push_back(i);
    const auto red = RedPayload::parse(bytes);
    std::vector<int> found;
    REQUIRE(red);
    for (const RedBlock& block : red->blocks()) {
      REQUIRE(block.data.size() == 1);
      CHECK(block.timestamp_offset == (count - block.data[0]) * 64);
      found.push_back(block.data[0]);
    }
    return found;
  };
  CHECK(numbers(1) == std::vector{1});
  CHECK(numbers(3) == std::vector{1, 2, 3});
  CHECK(numbers(4) == std::vector{1, 2, 3, 4});
  CHECK(numbers(5) == std::vector{2, 3, 4, 5});
  CHECK(numbers(10) == std::vector{7, 8, 9, 10});
  CHECK(numbers(200) == std::vector{197, 198, 199, 200});
}

TEST_CASE("RED whose oldest blocks are cut short is refused, though they are not kept", "[wire][payload][red]") {
  std::vector<uint8_t> bytes;
  for (int i = 0; i < 8; ++i) bytes.insert(bytes.end(), {0xEF, 0, 0, 100});
  bytes.push_back(0x6F);
  bytes.resize(bytes.size() + 799);
  CHECK_FALSE(RedPayload::parse(bytes));
  bytes.push_back(0);
  CHECK(RedPayload::parse(bytes));
}
