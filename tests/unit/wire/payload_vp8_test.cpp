// The VP8 payload descriptor: RFC 7741.
#include <catch2/catch.hpp>

#include "support/hex.hpp"
#include "tutti/wire/payload/vp8.hpp"

using namespace tutti;
using namespace tutti::payload;
using tutti::test::from_hex;

// The first bytes of packets that ffmpeg sent (libvpx, 64x48).
constexpr std::string_view kFfmpegKeyframe = "90808000 1025009d012a400030000047088588858884";
constexpr std::string_view kFfmpegContinuation = "80808000 9a4483231a020e83";
constexpr std::string_view kFfmpegInterFrame = "90808001 310300051010001ecf35a2f4";

// RFC 7741 §4.2, everything present: X N S PID=3, I L T K, 15-bit picture id, TL0PICIDX, TID=2 Y KEYIDX=9.
constexpr std::string_view kFull = "b3 f0 9234 56 a9 ffff";

TEST_CASE("VP8: a keyframe of ffmpeg is one, with its size", "[wire][payload][vp8]") {
  const auto d = Vp8Descriptor::parse(from_hex(kFfmpegKeyframe));
  REQUIRE(d);
  CHECK(d->start_of_partition);
  CHECK(d->partition_id == 0);
  CHECK_FALSE(d->non_reference);
  CHECK(d->picture_id == 0);
  CHECK(d->long_picture_id);
  CHECK_FALSE(d->tl0_pic_idx);
  CHECK_FALSE(d->temporal_id);
  CHECK_FALSE(d->key_index);
  CHECK(d->size == 4);
  CHECK(d->keyframe);
  CHECK(d->dimensions == Dimensions{64, 48});
}

TEST_CASE("VP8: neither its continuation nor an inter frame begins a keyframe", "[wire][payload][vp8]") {
  const auto continuation = Vp8Descriptor::parse(from_hex(kFfmpegContinuation));
  REQUIRE(continuation);
  CHECK_FALSE(continuation->start_of_partition);
  CHECK_FALSE(continuation->keyframe);
  const auto inter = Vp8Descriptor::parse(from_hex(kFfmpegInterFrame));
  REQUIRE(inter);
  CHECK(inter->start_of_partition);
  CHECK(inter->picture_id == 1);
  CHECK_FALSE(inter->keyframe);
  CHECK_FALSE(inter->dimensions);
}

TEST_CASE("VP8: a keyframe starts in partition 0 alone", "[wire][payload][vp8]") {
  auto bytes = from_hex(kFfmpegKeyframe);
  bytes[0] = 0x91;
  CHECK_FALSE(Vp8Descriptor::parse(bytes)->keyframe);
}

TEST_CASE("VP8: a keyframe without its start code, or cut short, has no size", "[wire][payload][vp8]") {
  auto bytes = from_hex(kFfmpegKeyframe);
  bytes.resize(4 + 9);
  CHECK(Vp8Descriptor::parse(bytes)->keyframe);
  CHECK_FALSE(Vp8Descriptor::parse(bytes)->dimensions);
  bytes = from_hex(kFfmpegKeyframe);
  bytes[8] = 0x02;
  CHECK_FALSE(Vp8Descriptor::parse(bytes)->dimensions);
}

TEST_CASE("VP8: the scaling hints are no part of the size", "[wire][payload][vp8]") {
  CHECK(Vp8Descriptor::parse(from_hex("10 102500 9d012a 4040 3080"))->dimensions == Dimensions{64, 48});
}

TEST_CASE("VP8: a descriptor with everything is read field by field", "[wire][payload][vp8]") {
  const auto d = Vp8Descriptor::parse(from_hex(kFull));
  REQUIRE(d);
  CHECK(d->non_reference);
  CHECK(d->start_of_partition);
  CHECK(d->partition_id == 3);
  CHECK(d->picture_id == 0x1234);
  CHECK(d->long_picture_id);
  CHECK(d->tl0_pic_idx == 0x56);
  CHECK(d->temporal_id == 2);
  CHECK(d->layer_sync);
  CHECK(d->key_index == 9);
  CHECK(d->size == 6);
}

TEST_CASE("VP8: temporal layer and key index are told apart", "[wire][payload][vp8]") {
  const auto temporal = Vp8Descriptor::parse(from_hex("80 20 a9"));
  REQUIRE(temporal);
  CHECK(temporal->temporal_id == 2);
  CHECK_FALSE(temporal->key_index);
  const auto key = Vp8Descriptor::parse(from_hex("80 10 a9"));
  REQUIRE(key);
  CHECK_FALSE(key->temporal_id);
  CHECK_FALSE(key->layer_sync);
  CHECK(key->key_index == 9);
}

TEST_CASE("VP8: a truncated descriptor is refused", "[wire][payload][vp8]") {
  const auto whole = from_hex(kFull);
  for (size_t n = 0; n < 6; ++n) {
    const std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
    INFO("length " << n);
    CHECK_FALSE(Vp8Descriptor::parse(cut));
  }
}

TEST_CASE("VP8: patching rewrites picture id and TL0PICIDX and nothing else", "[wire][payload][vp8]") {
  auto bytes = from_hex(kFull);
  Vp8Descriptor::parse(bytes)->patch(bytes, 0x7ABC, 0xDE);
  CHECK(bytes == from_hex("b3 f0 fabc de a9 ffff"));
}

TEST_CASE("VP8: patching keeps a 7-bit picture id at 7 bits", "[wire][payload][vp8]") {
  auto bytes = from_hex("90 c0 05 06 ff");
  const auto before = Vp8Descriptor::parse(bytes);
  REQUIRE(before);
  CHECK(before->picture_id == 5);
  CHECK_FALSE(before->long_picture_id);
  before->patch(bytes, 0x1FF, 7);
  CHECK(bytes == from_hex("90 c0 7f 07 ff"));
}

TEST_CASE("VP8: patching adds no field that is not there", "[wire][payload][vp8]") {
  for (auto text : {"10 ff", "90 20 80 ff", "90 10 80 ff"}) {
    auto bytes = from_hex(text);
    Vp8Descriptor::parse(bytes)->patch(bytes, 0x1234, 0x56);
    CHECK(bytes == from_hex(text));
  }
  auto only_tl0 = from_hex("90 40 01 ff");
  Vp8Descriptor::parse(only_tl0)->patch(only_tl0, 0x1234, 0x56);
  CHECK(only_tl0 == from_hex("90 40 56 ff"));
}

TEST_CASE("VP8: a written descriptor has a picture id of 15 bits", "[wire][payload][vp8]") {
  const auto d = Vp8Descriptor::parse(from_hex("90 e0 05 06 40 ff"));
  REQUIRE(d);
  std::vector<uint8_t> out(Vp8Descriptor::kMaxSize);
  out.resize(d->write(out));
  CHECK(out == from_hex("90 e0 8005 06 40"));
}

TEST_CASE("VP8: a descriptor of any fields survives a round trip", "[wire][payload][vp8]") {
  const int fields = GENERATE(range(0, 64));
  Vp8Descriptor d;
  d.start_of_partition = (fields & 1) != 0;
  d.partition_id = 5;
  d.non_reference = (fields & 2) != 0;
  if (fields & 4) d.picture_id = 0x7FFF;
  if (fields & 8) d.tl0_pic_idx = 0xFE;
  if (fields & 16) d.temporal_id = 3;
  d.layer_sync = d.temporal_id.has_value();
  if (fields & 32) d.key_index = 31;

  std::vector<uint8_t> out(Vp8Descriptor::kMaxSize);
  out.resize(d.write(out));
  const auto back = Vp8Descriptor::parse(out);
  REQUIRE(back);
  CHECK(back->size == out.size());
  CHECK(back->start_of_partition == d.start_of_partition);
  CHECK(back->partition_id == d.partition_id);
  CHECK(back->non_reference == d.non_reference);
  CHECK(back->picture_id == d.picture_id);
  CHECK(back->tl0_pic_idx == d.tl0_pic_idx);
  CHECK(back->temporal_id == d.temporal_id);
  CHECK(back->layer_sync == d.layer_sync);
  CHECK(back->key_index == d.key_index);
  for (size_t room = 0; room < out.size(); ++room) {
    std::vector<uint8_t> small(room);
    CHECK(d.write(small) == 0);
  }
}
