// H.264 payloads: RFC 6184, and the sequence parameter set of ITU-T H.264 §7.3.2.1.1.
#include <catch2/catch.hpp>

#include "support/bit_writer.hpp"
#include "support/hex.hpp"
#include "tutti/wire/payload/h264.hpp"

using namespace tutti;
using namespace tutti::payload;
using tutti::test::BitWriter;
using tutti::test::from_hex;

// Packets that ffmpeg sent (libx264). High profile, 66x50, so both sides are cropped: a STAP-A of SPS and PPS whole,
// then the first bytes of an IDR slice's first and last fragment, and of an inter slice.
constexpr std::string_view kStapA = "18 001a 6764000aacb20a4f111180880000030008000003005478913240 0006 68ebc3cb22c0";
constexpr std::string_view kIdrStart = "7c85 888205ff814216c6";
constexpr std::string_view kIdrEnd = "7c45 54af52731ca8d2dc";
constexpr std::string_view kInterSlice = "41 9a3b1f0ffc1cd41c";
// Constrained baseline, 320x180.
constexpr std::string_view kBaselineSps = "67 42c00bd901419f9f0110000003001000000300a0f142a480";

TEST_CASE("H264: parameter sets of ffmpeg begin a keyframe and give its size", "[wire][payload][h264]") {
  const auto p = H264Payload::parse(from_hex(kStapA));
  REQUIRE(p);
  CHECK(p->nal_type == H264Payload::kStapA);
  CHECK(p->has_sps);
  CHECK_FALSE(p->begins_idr);
  CHECK(p->keyframe());
  CHECK(p->dimensions == Dimensions{66, 50});
}

TEST_CASE("H264: a sequence parameter set alone is read, with its cropping", "[wire][payload][h264]") {
  const auto p = H264Payload::parse(from_hex(kBaselineSps));
  REQUIRE(p);
  CHECK(p->nal_type == H264Payload::kSps);
  CHECK(p->keyframe());
  CHECK(p->dimensions == Dimensions{320, 180});
}

TEST_CASE("H264: only the first fragment of an IDR slice begins a keyframe", "[wire][payload][h264]") {
  const auto start = H264Payload::parse(from_hex(kIdrStart));
  REQUIRE(start);
  CHECK(start->nal_type == H264Payload::kIdrSlice);
  CHECK(start->begins_idr);
  CHECK(start->keyframe());
  const auto end = H264Payload::parse(from_hex(kIdrEnd));
  REQUIRE(end);
  CHECK(end->nal_type == H264Payload::kIdrSlice);
  CHECK_FALSE(end->keyframe());
}

TEST_CASE("H264: slices, whole", "[wire][payload][h264]") {
  CHECK(H264Payload::parse(from_hex("65 888405"))->begins_idr);
  const auto inter = H264Payload::parse(from_hex(kInterSlice));
  REQUIRE(inter);
  CHECK(inter->nal_type == 1);
  CHECK_FALSE(inter->keyframe());
}

TEST_CASE("H264: a STAP-A parses only where a NAL unit ends", "[wire][payload][h264]") {
  const auto whole = from_hex(kStapA);
  for (size_t n = 0; n < whole.size(); ++n) {
    const std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
    INFO("length " << n);
    CHECK(H264Payload::parse(cut).has_value() == (n == 29));
  }
}

TEST_CASE("H264: payloads without what their type promises are refused", "[wire][payload][h264]") {
  CHECK_FALSE(H264Payload::parse({}));
  CHECK_FALSE(H264Payload::parse(from_hex("1c")));               // FU-A without its header
  CHECK_FALSE(H264Payload::parse(from_hex("18 0000 0001 65")));  // an empty NAL unit
  CHECK_FALSE(H264Payload::parse(from_hex("18 ffff 65")));
}

TEST_CASE("H264: aggregated with others, an IDR slice is found", "[wire][payload][h264]") {
  const auto p = H264Payload::parse(from_hex("18 0002 0910 0003 658884"));
  REQUIRE(p);
  CHECK(p->begins_idr);
  CHECK_FALSE(p->has_sps);
}

TEST_CASE("H264: no truncated parameter set gives a size, and none is read past", "[wire][payload][h264]") {
  const auto whole = from_hex(kBaselineSps);
  // The cropping ends with the ninth byte; what follows is of no use to us.
  for (size_t n = 1; n <= 9; ++n) {
    const std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
    const auto p = H264Payload::parse(cut);
    REQUIRE(p);
    INFO("length " << n);
    CHECK(p->has_sps);
    CHECK(p->dimensions.has_value() == (n == 9));
  }
}

TEST_CASE("H264: scaling lists, picture order cycles and fields are read through", "[wire][payload][h264]") {
  // 1920x1080 interlaced: 34 pairs of macroblock rows, of which eight lines are cropped.
  BitWriter w;
  w.put(8, 0x67).put(8, 100).put(16, 0x0028).ue(0);
  w.ue(1).ue(0).ue(0).put(1, 0);                      // 4:2:0, 8 bits, no bypass
  w.put(1, 1);                                        // seq_scaling_matrix_present_flag
  w.put(1, 1).se(8).repeat(15, 1, 1);                 // a list of 16: 16, then the same again
  w.put(1, 1).se(-8);                                 // a list that falls back to its default at once
  w.repeat(5, 1, 0).put(1, 1).repeat(64, 1, 1);       // the last one, of 64
  w.ue(4);                                            // log2_max_frame_num_minus4
  w.ue(1).put(1, 0).se(-3).se(2).ue(2).se(1).se(-1);  // pic_order_cnt_type 1 with a cycle of two
  w.ue(4).put(1, 0).ue(119).ue(33);                   // references, gaps, 120 x 34
  w.put(1, 0).put(1, 1).put(1, 1);                    // fields, adaptive, 8x8 inference
  w.put(1, 1).ue(0).ue(0).ue(0).ue(2);                // cropping in units of four lines
  CHECK(H264Payload::parse(w.bytes())->dimensions == Dimensions{1920, 1080});
}

TEST_CASE("H264: cropping that leaves nothing gives no size", "[wire][payload][h264]") {
  const auto cropped_right = [](uint32_t units) {
    BitWriter w;
    w.put(8, 0x67).put(8, 66).put(16, 0xC00B).ue(0).ue(0).ue(2).ue(1).put(1, 0);
    w.ue(0).ue(0).put(1, 1).put(1, 1).put(1, 1).ue(0).ue(units).ue(0).ue(0);
    return H264Payload::parse(w.bytes())->dimensions;
  };
  CHECK(cropped_right(7) == Dimensions{2, 16});
  CHECK_FALSE(cropped_right(8));
  CHECK_FALSE(cropped_right(0xFFFFFFFE));
}

TEST_CASE("H264: a picture larger than any level has no size", "[wire][payload][h264]") {
  const auto wide = [](uint32_t macroblocks) {
    BitWriter w;
    w.put(8, 0x67).put(8, 66).put(16, 0xC00B).ue(0).ue(0).ue(2).ue(1).put(1, 0);
    w.ue(macroblocks - 1).ue(0).put(1, 1).put(1, 1).put(1, 0);
    return H264Payload::parse(w.bytes())->dimensions;
  };
  CHECK(wide(1055) == Dimensions{16880, 16});
  CHECK_FALSE(wide(1056));
  CHECK_FALSE(wide(0xFFFFFFFF));
}

TEST_CASE("H264: a parameter set of nonsense gives no size", "[wire][payload][h264]") {
  CHECK_FALSE(H264Payload::parse(std::vector<uint8_t>(200, 0x67))->dimensions);
  // 31 zeros and more in one exp-Golomb code.
  CHECK_FALSE(H264Payload::parse(from_hex("67 42c00b 0000 0300 0003 0000 0300 0003 0000"))->dimensions);
  auto oversized = from_hex(kBaselineSps);
  oversized.resize(2000, 0);
  CHECK_FALSE(H264Payload::parse(oversized)->dimensions);
}
