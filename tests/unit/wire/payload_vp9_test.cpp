// The VP9 payload descriptor: RFC 9628.
#include <array>
#include <catch2/catch.hpp>

#include "support/hex.hpp"
#include "tutti/wire/payload/vp9.hpp"

using namespace tutti;
using namespace tutti::payload;
using tutti::test::from_hex;

// The first bytes of packets that ffmpeg sent (libvpx-vp9, 64x48).
constexpr std::string_view kFfmpegKeyframe = "08 824983420003f002f60438241c18";
constexpr std::string_view kFfmpegContinuation = "04 854a352c00";
constexpr std::string_view kFfmpegInterFrame = "0c 860040929c18494000037000007f";

// Non-flexible mode: I L B V, picture id 0x1234, TID=0 U SID=0, TL0PICIDX, then a structure of three spatial layers
// with sizes and a group of two pictures.
constexpr std::string_view kStructure =
    "aa"        // I=1 P=0 L=1 F=0 B=1 E=0 V=1 Z=0
    "9234"      // M=1, picture id 0x1234
    "10 56"     // TID=0 U=1 SID=0 D=0, TL0PICIDX
    "58"        // N_S=2, Y=1, G=1
    "014000b4"  // 320x180
    "02800168"  // 640x360
    "050002d0"  // 1280x720
    "02"        // N_G=2
    "14 02"     // TID=0 U=1 R=1, P_DIFF=2
    "38 01 02"  // TID=1 U=1 R=2, P_DIFF=1, 2
    "82";       // the VP9 bytes

TEST_CASE("VP9: a keyframe of ffmpeg is one", "[wire][payload][vp9]") {
  const auto d = Vp9Descriptor::parse(from_hex(kFfmpegKeyframe));
  REQUIRE(d);
  CHECK(d->size == 1);
  CHECK(d->start_of_frame);
  CHECK_FALSE(d->end_of_frame);
  CHECK_FALSE(d->picture_id);
  CHECK_FALSE(d->has_layers);
  CHECK(d->keyframe());
}

TEST_CASE("VP9: an inter frame that does not set P is no keyframe", "[wire][payload][vp9]") {
  const auto inter = Vp9Descriptor::parse(from_hex(kFfmpegInterFrame));
  REQUIRE(inter);
  CHECK(inter->start_of_frame);
  CHECK(inter->end_of_frame);
  CHECK_FALSE(inter->inter_picture_predicted);
  CHECK_FALSE(inter->keyframe());
  CHECK_FALSE(Vp9Descriptor::parse(from_hex(kFfmpegContinuation))->keyframe());
}

TEST_CASE("VP9: the frame header is read in each profile", "[wire][payload][vp9]") {
  CHECK(Vp9Descriptor::parse(from_hex("08 82"))->keyframe());        // profile 0
  CHECK_FALSE(Vp9Descriptor::parse(from_hex("08 86"))->keyframe());  // frame_type 1
  CHECK_FALSE(Vp9Descriptor::parse(from_hex("08 88"))->keyframe());  // show_existing_frame
  CHECK(Vp9Descriptor::parse(from_hex("08 b0"))->keyframe());        // profile 3
  CHECK_FALSE(Vp9Descriptor::parse(from_hex("08 b2"))->keyframe());
  CHECK_FALSE(Vp9Descriptor::parse(from_hex("08 b4"))->keyframe());
  CHECK(Vp9Descriptor::parse(from_hex("08 46"))->keyframe());  // no frame marker: the descriptor decides
  CHECK_FALSE(Vp9Descriptor::parse(from_hex("48 82"))->keyframe());
}

TEST_CASE("VP9: a scalability structure gives the sizes of its layers", "[wire][payload][vp9]") {
  const auto d = Vp9Descriptor::parse(from_hex(kStructure));
  REQUIRE(d);
  CHECK(d->picture_id == 0x1234);
  CHECK(d->long_picture_id);
  CHECK(d->has_layers);
  CHECK(d->temporal_id == 0);
  CHECK(d->switching_up_point);
  CHECK(d->spatial_id == 0);
  CHECK_FALSE(d->inter_layer_predicted);
  CHECK(d->tl0_pic_idx == 0x56);
  REQUIRE(d->scalability);
  CHECK(d->scalability->spatial_layer_count == 3);
  CHECK(d->scalability->dimensions[0] == Dimensions{320, 180});
  CHECK(d->scalability->dimensions[1] == Dimensions{640, 360});
  CHECK(d->scalability->picture_group_size == 2);
  CHECK(d->dimensions() == Dimensions{1280, 720});
  CHECK(d->size == from_hex(kStructure).size() - 1);
  CHECK(d->keyframe());
}

TEST_CASE("VP9: a truncated descriptor is refused", "[wire][payload][vp9]") {
  const auto whole = from_hex(kStructure);
  for (size_t n = 0; n + 1 < whole.size(); ++n) {
    const std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
    INFO("length " << n);
    CHECK_FALSE(Vp9Descriptor::parse(cut));
  }
}

TEST_CASE("VP9: a structure that announces more than there is is refused", "[wire][payload][vp9]") {
  // CVE-2026-34235: a parser that read on. Eight layers of sizes, and 255 pictures, in a handful of bytes.
  CHECK_FALSE(Vp9Descriptor::parse(from_hex("0a f0 014000b4 014000b4")));
  CHECK_FALSE(Vp9Descriptor::parse(from_hex("0a 08 ff 0c 010203 0c 0102")));
  CHECK(Vp9Descriptor::parse(from_hex("0a 08 02 0c 010203 00 82")));
}

TEST_CASE("VP9: a structure without sizes gives none", "[wire][payload][vp9]") {
  const auto d = Vp9Descriptor::parse(from_hex("0a 40 82"));
  REQUIRE(d);
  CHECK(d->scalability->spatial_layer_count == 3);
  CHECK_FALSE(d->dimensions());
}

TEST_CASE("VP9: flexible mode has references and no TL0PICIDX", "[wire][payload][vp9]") {
  // I P L F B, 7-bit picture id, TID=2 SID=1 D, P_DIFF 1, 2 and 3.
  const auto d = Vp9Descriptor::parse(from_hex("f8 7f 43 03 05 06 86"));
  REQUIRE(d);
  CHECK(d->flexible_mode);
  CHECK(d->inter_picture_predicted);
  CHECK(d->picture_id == 0x7F);
  CHECK_FALSE(d->long_picture_id);
  CHECK(d->temporal_id == 2);
  CHECK(d->spatial_id == 1);
  CHECK(d->inter_layer_predicted);
  CHECK_FALSE(d->tl0_pic_idx);
  CHECK(d->reference_count == 3);
  CHECK(d->references == std::array<uint8_t, 3>{1, 2, 3});
  CHECK(d->size == 6);
  CHECK_FALSE(d->keyframe());
}

TEST_CASE("VP9: a fourth reference is refused", "[wire][payload][vp9]") {
  CHECK_FALSE(Vp9Descriptor::parse(from_hex("50 03 05 07 02 86")));
  CHECK_FALSE(Vp9Descriptor::parse(from_hex("50 03 05")));
}

TEST_CASE("VP9: a higher spatial layer of a keyframe's picture is no start", "[wire][payload][vp9]") {
  // L B, TID=0 SID=1 D=1, TL0PICIDX.
  const auto d = Vp9Descriptor::parse(from_hex("28 03 56 82"));
  REQUIRE(d);
  CHECK(d->spatial_id == 1);
  CHECK_FALSE(d->keyframe());
}

TEST_CASE("VP9: a scalability structure tells the references of its pictures", "[wire][payload][vp9]") {
  const auto s = *Vp9Descriptor::parse(from_hex(kStructure))->scalability;
  CHECK(s.picture_group[0] == Vp9ScalabilityStructure::Picture{0, true, 1, {2}});
  CHECK(s.picture_group[1] == Vp9ScalabilityStructure::Picture{1, true, 2, {1, 2}});
  const SpatialSizes sizes = s.sizes();
  CHECK(sizes.count == 3);
  CHECK(sizes.at(1) == Dimensions{640, 360});
}

TEST_CASE("VP9: picture id and TL0PICIDX are replaced, whatever else the descriptor has", "[wire][payload][vp9]") {
  const auto rewritten = [](std::string_view hex) {
    auto payload = from_hex(hex);
    const Vp9Prefix prefix = Vp9Descriptor::parse(payload)->prefix();
    std::array<uint8_t, Vp9Prefix::kMaxSize> bytes;
    const size_t size = prefix.write(payload, 0x2345, 0x99, bytes);
    payload.erase(payload.begin(), payload.begin() + prefix.size);
    payload.insert(payload.begin(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    return payload;
  };
  // Both there: a structure behind them stays.
  const auto whole = *Vp9Descriptor::parse(rewritten(kStructure));
  CHECK(whole.picture_id == 0x2345);
  CHECK(whole.tl0_pic_idx == 0x99);
  CHECK(whole.scalability->spatial_layer_count == 3);
  CHECK(whole.size == from_hex(kStructure).size() - 1);
  // Flexible mode, and a picture id of 7 bits becomes one of 15.
  CHECK(rewritten("f8 7f 43 03 05 06 86") == from_hex("f8 a345 43 03 05 06 86"));
  // Neither.
  CHECK(rewritten("28 41 07 86") == from_hex("28 41 99 86"));
  CHECK(rewritten(kFfmpegKeyframe) == from_hex(kFfmpegKeyframe));
}
