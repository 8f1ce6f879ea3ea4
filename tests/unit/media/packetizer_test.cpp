// What the packetizer writes, read by our own parsers, and by the assembler and the decoders behind it.
#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>
#include <optional>

#include "support/hex.hpp"
#include "support/video_streams.hpp"
#include "tutti/media/video/decoder.hpp"
#include "tutti/media/video/frame_assembler.hpp"
#include "tutti/media/video/packetizer.hpp"
#include "tutti/wire/payload/h264.hpp"
#include "tutti/wire/payload/vp8.hpp"
#include "tutti/wire/payload/vp9.hpp"

namespace tutti::video {
namespace {

using payload::H264Payload;
using payload::Vp8Descriptor;
using payload::Vp9Descriptor;
using test::from_hex;

constexpr uint32_t kWidth = 320, kHeight = 180;

std::vector<EncodedFrame> encoded(Codec codec, uint32_t count, uint32_t keyframe_distance) {
  auto frames = test::encode_scene(test::encoder_settings(codec, kWidth, kHeight, 600), count, keyframe_distance);
  frames.erase(std::remove_if(frames.begin(), frames.end(), [](const EncodedFrame& f) { return f.bytes.empty(); }),
               frames.end());
  return frames;
}

EncodedFrame filler(size_t size, bool keyframe = false) { return {std::vector<uint8_t>(size, 0x31), keyframe}; }

TEST_CASE("VP8 packets say where frames begin, and count pictures and base layer frames", "[media][packetizer][vp8]") {
  Packetizer packetizer(Codec::kVp8, kWidth, kHeight, 400);
  uint16_t number = 0;
  for (const EncodedFrame& frame : encoded(Codec::kVp8, 12, 6)) {
    const auto payloads = packetizer.packetize(frame);
    for (size_t i = 0; i < payloads.size(); ++i) {
      const auto d = Vp8Descriptor::parse(payloads[i]);
      REQUIRE(d);
      CHECK(d->start_of_partition == (i == 0));
      CHECK(d->partition_id == 0);
      CHECK(d->long_picture_id);
      CHECK(d->picture_id == number);
      CHECK(d->tl0_pic_idx == static_cast<uint8_t>(number));
      CHECK(d->temporal_id == uint8_t{0});
      CHECK(d->keyframe == (i == 0 && frame.keyframe));
      if (d->keyframe) CHECK(d->dimensions == payload::Dimensions{kWidth, kHeight});
    }
    ++number;
  }
  CHECK(number > 10);
}

TEST_CASE("VP9 packets say where frames begin and end, and keyframes how large they are", "[media][packetizer][vp9]") {
  Packetizer packetizer(Codec::kVp9, kWidth, kHeight, 400);
  uint16_t number = 0;
  for (const EncodedFrame& frame : encoded(Codec::kVp9, 12, 6)) {
    const auto payloads = packetizer.packetize(frame);
    for (size_t i = 0; i < payloads.size(); ++i) {
      const auto d = Vp9Descriptor::parse(payloads[i]);
      REQUIRE(d);
      CHECK(d->start_of_frame == (i == 0));
      CHECK(d->end_of_frame == (i + 1 == payloads.size()));
      CHECK_FALSE(d->flexible_mode);
      CHECK(d->inter_picture_predicted == !frame.keyframe);
      CHECK(d->has_layers);
      CHECK(d->spatial_id == 0);
      CHECK(d->temporal_id == 0);
      CHECK(d->long_picture_id);
      CHECK(d->picture_id == number);
      CHECK(d->tl0_pic_idx == static_cast<uint8_t>(number));
      CHECK(d->keyframe() == (i == 0 && frame.keyframe));
      REQUIRE(d->scalability.has_value() == d->keyframe());
      if (!d->scalability) continue;
      CHECK(d->scalability->spatial_layer_count == 1);
      CHECK(d->scalability->picture_group_size == 1);
      CHECK(d->dimensions() == payload::Dimensions{kWidth, kHeight});
    }
    ++number;
  }
  CHECK(number > 10);
}

TEST_CASE("an H.264 keyframe begins with its parameter sets", "[media][packetizer][h264]") {
  Packetizer packetizer(Codec::kH264, kWidth, kHeight, 400);
  for (const EncodedFrame& frame : encoded(Codec::kH264, 12, 6)) {
    const auto payloads = packetizer.packetize(frame);
    REQUIRE_FALSE(payloads.empty());
    for (size_t i = 0; i < payloads.size(); ++i) {
      const auto p = H264Payload::parse(payloads[i]);
      REQUIRE(p);
      CHECK(p->has_sps == (i == 0 && frame.keyframe));
      if (p->has_sps) CHECK(p->dimensions == payload::Dimensions{kWidth, kHeight});
    }
  }
}

TEST_CASE("small NAL units of H.264 travel together, large ones in fragments, delimiters not at all",
          "[media][packetizer][h264]") {
  Packetizer packetizer(Codec::kH264, kWidth, kHeight, 64);
  std::vector<uint8_t> frame = from_hex("00000001 09f0 00000001 67010203 000001 680405 000001 65");
  for (int i = 1; i <= 100; ++i) frame.push_back(static_cast<uint8_t>(i));
  const auto payloads = packetizer.packetize({frame, true});
  REQUIRE(payloads.size() == 3);
  CHECK((payloads[0] == from_hex("78 0004 67010203 0003 680405")));
  // FU indicator with the slice's importance; S and then E with its type.
  CHECK((payloads[1][0] == 0x7C));
  CHECK((payloads[1][1] == 0x85));
  CHECK((payloads[2][0] == 0x7C));
  CHECK((payloads[2][1] == 0x45));
  CHECK(payloads[1].size() == 52);
  CHECK(payloads[2].size() == 52);
  CHECK(payloads[2].back() == 100);
  // One alone travels as it is.
  const auto single = packetizer.packetize({from_hex("000001 419a0102"), false});
  REQUIRE(single.size() == 1);
  CHECK((single[0] == from_hex("419a0102")));
}

// UDP GSO cuts a buffer into datagrams of one size, of which the last may be shorter.
TEST_CASE("the packets of a frame are of one size but for the end of the last", "[media][packetizer]") {
  for (const Codec codec : {Codec::kVp8, Codec::kVp9}) {
    for (const bool keyframe : {false, true}) {
      Packetizer packetizer(codec, 640, 360);
      for (const size_t size : {1, 1000, 1137, 1138, 1144, 1145, 1146, 2287, 2288, 2290, 5000, 40'000}) {
        CAPTURE(to_string(codec), keyframe, size);
        const EncodedFrame frame = filler(size, keyframe);
        const auto payloads = packetizer.packetize(frame);
        REQUIRE_FALSE(payloads.empty());
        const size_t headers = codec == Codec::kVp8 ? 6 : 5;
        const size_t extra = codec == Codec::kVp9 && keyframe ? 8 : 0;
        CHECK(payloads.size() == (size + extra + 1150 - headers - 1) / (1150 - headers));
        CHECK(payloads[0].size() <= 1150);
        for (const auto& p : payloads.subspan(0, payloads.size() - 1)) CHECK(p.size() == payloads[0].size());
        CHECK(payloads.back().size() <= payloads[0].size());
        CHECK(payloads[0].size() - payloads.back().size() <= payloads.size());
        const size_t all = std::accumulate(payloads.begin(), payloads.end(), size_t{0},
                                           [](size_t sum, const auto& p) { return sum + p.size(); });
        CHECK(all == size + extra + headers * payloads.size());
      }
    }
  }
}

TEST_CASE("picture ids and TL0PICIDX wrap, each at its own end", "[media][packetizer]") {
  Packetizer packetizer(Codec::kVp8, 640, 360);
  std::optional<Vp8Descriptor> before;
  for (int i = 0; i < 0x8000 + 300; ++i) {
    const auto d = Vp8Descriptor::parse(packetizer.packetize(filler(10))[0]);
    REQUIRE(d);
    if (before && (*d->picture_id != ((*before->picture_id + 1) & 0x7FFF) ||
                   *d->tl0_pic_idx != static_cast<uint8_t>(*before->tl0_pic_idx + 1)))
      FAIL("does not go on at frame " << i);
    before = d;
  }
}

TEST_CASE("a frame that the encoder dropped has no packets and no number", "[media][packetizer]") {
  Packetizer packetizer(Codec::kVp8, 640, 360);
  (void)packetizer.packetize(filler(10));
  CHECK(packetizer.packetize({}).empty());
  CHECK(Vp8Descriptor::parse(packetizer.packetize(filler(10))[0])->picture_id == uint16_t{1});
}

TEST_CASE("what is not encoded here has no packets", "[media][packetizer]") {
  for (const Codec codec : {Codec::kAv1, Codec::kOpus}) {
    Packetizer packetizer(codec, 640, 360);
    CHECK(packetizer.packetize(filler(10, true)).empty());
  }
}

TEST_CASE("a VP8 stream whose descriptors a forwarder has rewritten still decodes", "[media][packetizer][vp8]") {
  Packetizer packetizer(Codec::kVp8, kWidth, kHeight);
  FrameAssembler assembler(Codec::kVp8, {});
  const auto decoder = make_video_decoder(Codec::kVp8, {});
  std::vector<AssembledFrame> out;
  int64_t sequence = 1;
  uint32_t timestamp = 0;
  uint16_t picture_id = 0x7FFE;
  uint8_t tl0 = 0xFE;
  const auto frames = encoded(Codec::kVp8, 6, 100);
  for (const EncodedFrame& frame : frames) {
    const auto payloads = packetizer.packetize(frame);
    for (size_t i = 0; i < payloads.size(); ++i) {
      std::vector<uint8_t> payload = payloads[i];
      const auto d = Vp8Descriptor::parse(payload);
      d->patch(std::span(payload).first(d->size), picture_id, tl0);
      const auto rewritten = Vp8Descriptor::parse(payload);
      CHECK(rewritten->picture_id == picture_id);
      CHECK(rewritten->tl0_pic_idx == tl0);
      assembler.insert({ExtSeqNum(sequence++), RtpTimestamp(timestamp), {}, i + 1 == payloads.size(), payload}, out);
    }
    timestamp += 3000;
    picture_id = (picture_id + 1) & 0x7FFF;
    ++tl0;
  }
  REQUIRE(out.size() == frames.size());
  for (size_t i = 0; i < out.size(); ++i) {
    CHECK((out[i].bytes == frames[i].bytes));
    CHECK(decoder->decode(out[i].bytes, {}, Rotation::k0).picture);
  }
}

}  // namespace
}  // namespace tutti::video
