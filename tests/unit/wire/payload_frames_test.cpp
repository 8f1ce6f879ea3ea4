// What whole frames say of themselves: VP8, VP9 and AV1 headers, superframes, byte streams and sequence parameter sets
// of H.264.
#include <catch2/catch.hpp>

#include "support/bit_writer.hpp"
#include "tutti/wire/payload/annex_b.hpp"
#include "tutti/wire/payload/av1_obu.hpp"
#include "tutti/wire/payload/h264_slice.hpp"
#include "tutti/wire/payload/h264_sps.hpp"
#include "tutti/wire/payload/vp8_frame.hpp"
#include "tutti/wire/payload/vp9_frame.hpp"

using namespace tutti::payload;
using tutti::test::BitWriter;
using Bytes = std::vector<uint8_t>;

TEST_CASE("a VP8 keyframe tells its size without the scaling hints", "[wire][payload]") {
  Bytes frame = {0x10, 0, 0, 0x9D, 0x01, 0x2A, 0x80, 0x3E | 0x40, 0x68, 0x01};
  const auto header = Vp8FrameHeader::parse(frame);
  REQUIRE(header);
  CHECK(header->keyframe);
  CHECK(header->shown);
  CHECK(header->version == 0);
  CHECK(header->dimensions == Dimensions{16000, 360});
  frame[5] = 0x2B;
  CHECK_FALSE(Vp8FrameHeader::parse(frame));
  frame[5] = 0x2A;
  CHECK_FALSE(Vp8FrameHeader::parse(std::span(frame).first(9)));
  frame[0] |= 0x20;  // a first partition of one byte, which is not there
  CHECK_FALSE(Vp8FrameHeader::parse(frame));
}

TEST_CASE("a VP8 inter frame has three bytes of header", "[wire][payload]") {
  const auto header = Vp8FrameHeader::parse(Bytes{0x01 | 3 << 1, 0, 0});
  REQUIRE(header);
  CHECK_FALSE(header->keyframe);
  CHECK_FALSE(header->shown);
  CHECK(header->version == 3);
  CHECK_FALSE(Vp8FrameHeader::parse(Bytes{0x01, 0}));
}

TEST_CASE("a VP9 keyframe tells its size", "[wire][payload]") {
  BitWriter w;
  w.put(2, 2).put(2, 0).put(1, 0).put(1, 0).put(1, 1).put(1, 0).put(24, 0x498342).put(3, 1).put(1, 0);
  w.put(16, 15999).put(16, 89);
  const auto header = Vp9FrameHeader::parse(w.bytes());
  REQUIRE(header);
  CHECK(header->keyframe);
  CHECK(header->shown);
  CHECK(header->dimensions == Dimensions{16000, 90});
  CHECK_FALSE(Vp9FrameHeader::parse(std::span(w.bytes()).first(w.bytes().size() - 1)));
}

TEST_CASE("VP9 inter frames tell a new size, or name the reference that lends it", "[wire][payload]") {
  BitWriter start;
  start.put(2, 2).put(2, 0).put(1, 0).put(1, 1).put(1, 1).put(1, 0).put(2, 0).put(8, 1).put(12, 0);
  BitWriter lent = start, stated = start;
  lent.put(1, 0).put(1, 1).put(40, 0);
  stated.put(3, 0).put(16, 15999).put(16, 15999);
  const auto first = Vp9FrameHeader::parse(lent.bytes()), second = Vp9FrameHeader::parse(stated.bytes());
  REQUIRE(first);
  REQUIRE(second);
  CHECK_FALSE(first->keyframe);
  CHECK_FALSE(first->dimensions);
  CHECK(second->dimensions == Dimensions{16000, 16000});
}

TEST_CASE("a VP9 intra-only frame tells its size", "[wire][payload]") {
  BitWriter w;
  w.put(2, 2)
      .put(2, 0)
      .put(1, 0)
      .put(1, 1)
      .put(1, 0)
      .put(1, 1)
      .put(1, 1)
      .put(24, 0x498342)
      .put(8, 1)
      .put(16, 639)
      .put(16, 359);
  const auto header = Vp9FrameHeader::parse(w.bytes());
  REQUIRE(header);
  CHECK(header->intra_only);
  CHECK_FALSE(header->shown);
  CHECK(header->dimensions == Dimensions{640, 360});
}

TEST_CASE("other VP9 profiles and frames shown again are told apart", "[wire][payload]") {
  CHECK(Vp9FrameHeader::parse(Bytes{0x80 | 0x20})->profile == 1);
  CHECK(Vp9FrameHeader::parse(Bytes{0x80 | 0x10})->profile == 2);
  CHECK(Vp9FrameHeader::parse(Bytes{0x80 | 0x08})->show_existing);
  CHECK_FALSE(Vp9FrameHeader::parse(Bytes{0x40}));
  CHECK_FALSE(Vp9FrameHeader::parse(Bytes{}));
}

TEST_CASE("a VP9 superframe is cut at the sizes of its index", "[wire][payload]") {
  const uint8_t marker = 0xC0 | 0 << 3 | 1;  // sizes of one byte, two frames
  const Bytes bytes = {1, 2, 3, 4, 5, marker, 2, 3, marker};
  const auto superframe = Vp9Superframe::parse(bytes);
  REQUIRE(superframe);
  REQUIRE(superframe->count == 2);
  CHECK(superframe->has_index);
  CHECK(superframe->frames[0].size() == 2);
  CHECK(superframe->frames[1].data() == bytes.data() + 2);
  CHECK_FALSE(Vp9Superframe::parse(Bytes{1, marker, 2, 3, marker}));              // more than is there
  CHECK_FALSE(Vp9Superframe::parse(Bytes{1, 2, 3, 4, 5, marker, 0, 3, marker}));  // an empty frame
  CHECK_FALSE(Vp9Superframe::parse(Bytes{1, 2, 3, 4, 5, 0, 2, 3, marker}));       // no marker in front
  CHECK_FALSE(Vp9Superframe::parse(Bytes{marker}));
  CHECK(Vp9Superframe::parse(Bytes{1, 2, 3})->count == 1);
}

TEST_CASE("NAL units are taken between start codes of three and four bytes", "[wire][payload]") {
  const Bytes stream = {9, 0, 0, 1, 0x67, 7, 0, 0, 0, 1, 0x68, 8, 0, 0, 0, 0, 1, 0, 0, 1, 0x65};
  std::span<const uint8_t> rest = stream;
  std::vector<Bytes> units;
  for (auto nal = take_nal_unit(rest); !nal.empty(); nal = take_nal_unit(rest))
    units.emplace_back(nal.begin(), nal.end());
  CHECK(units == std::vector<Bytes>{{0x67, 7}, {0x68, 8}, {0x65}});
  CHECK(rest.empty());
}

TEST_CASE("a sequence parameter set tells the size as coded, whatever is cropped", "[wire][payload]") {
  BitWriter w;
  w.put(8, 0x67).put(8, 66).put(8, 0).put(8, 31);                           // baseline, level 3.1
  w.ue(0).ue(0).ue(2).ue(1).put(1, 0).ue(999).ue(999).put(1, 1).put(1, 0);  // 1000 x 1000 macroblocks
  w.put(1, 1).ue(0).ue(7992).ue(0).ue(7992).put(1, 0).put(1, 1);            // all but 16 x 16 is cropped
  const auto sps = H264Sps::parse(w.bytes());
  REQUIRE(sps);
  CHECK(sps->coded == Dimensions{16000, 16000});
  CHECK(sps->shown == Dimensions{16, 16});
  CHECK(sps->frames_only);
}

TEST_CASE("a sequence parameter set tells bit depth, chroma format and fields", "[wire][payload]") {
  BitWriter w;
  w.put(8, 0x67).put(8, 122).put(8, 0).put(8, 31).ue(0);
  w.ue(2).ue(2).ue(1).put(1, 0).put(1, 0);  // 4:2:2, 10 bits luma, 9 chroma
  w.ue(0).ue(2).ue(1).put(1, 0).ue(39).ue(11).put(1, 0).put(1, 0).put(1, 0).put(1, 0).put(1, 0).put(1, 1);
  const auto sps = H264Sps::parse(w.bytes());
  REQUIRE(sps);
  CHECK(sps->profile_idc == 122);
  CHECK(sps->chroma_format_idc == 2);
  CHECK(sps->bit_depth_luma == 10);
  CHECK(sps->bit_depth_chroma == 9);
  CHECK_FALSE(sps->frames_only);
  CHECK(sps->coded == Dimensions{640, 384});
}

TEST_CASE("a slice tells where it stands and whether it looks both ways", "[wire][payload]") {
  const auto slice = H264Slice::parse(BitWriter().put(8, 0x41).ue(40).ue(6).put(8, 0).bytes());
  REQUIRE(slice);
  CHECK(slice->first_macroblock == 40);
  CHECK(slice->bidirectional);
  CHECK_FALSE(H264Slice::parse(BitWriter().put(8, 0x41).ue(0).ue(5).bytes())->bidirectional);
  CHECK_FALSE(H264Slice::parse(BitWriter().put(8, 0x41).ue(0).ue(10).bytes()));
  CHECK_FALSE(H264Slice::parse(Bytes{0x41}));
}

TEST_CASE("OBUs are taken by their sizes", "[wire][payload]") {
  const Bytes unit = {0x12, 0x00, 0x0A | 0x04, 0x08, 0x02, 7, 8, 0x32, 0x01, 9};
  std::span<const uint8_t> rest = unit;
  CHECK(Av1Obu::take(rest)->type == Av1Obu::kTemporalDelimiter);
  const auto sequence = Av1Obu::take(rest);
  REQUIRE(sequence);
  CHECK(sequence->type == Av1Obu::kSequenceHeader);
  CHECK(sequence->bytes.size() == 5);
  CHECK(sequence->payload.size() == 2);
  CHECK(Av1Obu::take(rest)->type == Av1Obu::kFrame);
  CHECK(rest.empty());
  for (const Bytes& bad : {Bytes{}, Bytes{0x92, 0}, Bytes{0x10, 0}, Bytes{0x12, 2, 0}, Bytes{0x12, 0xFF}}) {
    std::span<const uint8_t> bytes = bad;
    CHECK_FALSE(Av1Obu::take(bytes));
  }
}
