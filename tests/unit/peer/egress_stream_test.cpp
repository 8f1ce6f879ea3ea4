#include "peer/egress_stream.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include "tutti/wire/rtp/header.hpp"

namespace tutti::peer {

TEST_CASE("a receiver that asks for everything over and over is sent it twice at most", "[peer][egress]") {
  EgressStream stream({});
  uint64_t sent = 0, repeated = 0;
  for (int round = 0; round < 1000; ++round) {
    for (int i = 0; i < 10; ++i) sent += stream.take_turn(false);
    for (int i = 0; i < 6000; ++i) repeated += stream.take_turn(true);
  }
  CHECK(sent == 10'000);
  CHECK(repeated <= sent + 64);
}

TEST_CASE("whoever was quiet may ask for all that is remembered", "[peer][egress]") {
  EgressStream stream({});
  for (int i = 0; i < 2000; ++i) REQUIRE(stream.take_turn(false));
  int repeated = 0;
  while (stream.take_turn(true)) ++repeated;
  CHECK(repeated == 512);
}

TEST_CASE("the first packets may be lost several times", "[peer][egress]") {
  EgressStream stream({});
  REQUIRE(stream.take_turn(false));
  for (int retry = 0; retry < 10; ++retry) CHECK(stream.take_turn(true));
}

TEST_CASE("what was given up is not repeated, and its numbers are when they come round again", "[peer][egress]") {
  EgressStream stream({});
  const Timestamp begin = Timestamp::from_ms(1'000);
  stream.set_unsent(begin, SeqNum(65'530), SeqNum(3));
  stream.set_unsent(begin + TimeDelta::millis(900), SeqNum(4), SeqNum(9));
  const Timestamp soon = begin + TimeDelta::millis(1'500);
  for (uint16_t number : {65'530, 0, 9}) CHECK_FALSE(stream.may_repeat(soon, SeqNum(number), TimeDelta::zero()));
  for (uint16_t number : {65'529, 10}) CHECK(stream.may_repeat(soon, SeqNum(number), TimeDelta::zero()));
  for (uint16_t number : {65'530, 0, 9})
    CHECK(stream.may_repeat(begin + TimeDelta::seconds(60), SeqNum(number), TimeDelta::zero()));
}

TEST_CASE("padding is the same with and without the packet that it stands for", "[peer][egress]") {
  ReceiveSpec spec;
  spec.kind = MediaKind::kVideo;
  spec.ssrc = Ssrc(1);
  spec.extensions.set(rtp::Extension::kVideoOrientation, 5);
  EgressStream stream(spec);
  REQUIRE(stream.repeats_exactly(Timestamp::from_ms(1)));
  const auto packet = std::make_unique<MediaPacket>();
  packet->video_orientation = 1;
  packet->contributor_count = 1;
  Rewrite padding;
  padding.padding_only = true;

  std::array<uint8_t, 100> first{}, again{};
  const auto sent = stream.write(Timestamp::from_ms(1), packet.get(), padding, false, {}, first);
  const auto repeated = stream.write(Timestamp::from_ms(2), nullptr, padding, false, {}, again);
  CHECK(sent.header_size == 12);
  CHECK(repeated.header_size == 12);
  CHECK(first == again);
}

TEST_CASE("an id beyond those of the one-byte form is written, whatever the packet", "[peer][egress]") {
  ReceiveSpec spec;
  spec.kind = MediaKind::kVideo;
  spec.ssrc = Ssrc(1);
  spec.rtx_ssrc = Ssrc(2);
  spec.fec_ssrc = Ssrc(3);
  spec.fec_payload_type = PayloadType(98);
  CodecSpec codec;
  codec.payload_type = PayloadType(96);
  codec.rtx_payload_type = PayloadType(97);
  spec.codecs = {codec};
  const uint8_t id = GENERATE(uint8_t{16}, uint8_t{255});
  spec.extensions.set(rtp::Extension::kTransportSequenceNumber, id);
  spec.extensions.set(rtp::Extension::kVideoOrientation, 5);
  EgressStream stream(spec);
  const auto packet = std::make_unique<MediaPacket>();
  packet->video_orientation = 1;
  packet->payload_size = 10;
  Rewrite rewrite;
  rewrite.payload_type = codec.payload_type;
  const auto now = Timestamp::from_ms(1);
  std::array<uint8_t, 200> out{};
  const auto has_number = [&](size_t header_size) {
    const auto parsed = rtp::parse(std::span(out).first(header_size + 1));
    REQUIRE(parsed);
    const auto data = rtp::find_extension(parsed->extension_profile, parsed->extensions, id);
    return data && data->size() == 2 && (*data)[0] == 0x12 && (*data)[1] == 0x34;
  };
  CHECK(has_number(stream.write(now, packet.get(), rewrite, false, SeqNum(0x1234), out).header_size));
  CHECK(rtp::find_extension(rtp::kTwoByteProfile, std::span(out).subspan(16), 5));
  CHECK(has_number(stream.write(now, packet.get(), rewrite, true, SeqNum(0x1234), out).header_size));
  CHECK(has_number(stream.write_padding(now, SeqNum(0x1234), out).header_size));
  stream.on_loss(now, 0.5, TimeDelta::millis(200));
  REQUIRE(stream.fec()->is_on());
  std::array<uint8_t, 40> media{};
  const auto header = stream.write(now, packet.get(), rewrite, false, SeqNum(0x1233), media).header_size;
  stream.fec()->protect(now, std::span(media).first(header), {}, packet->payload(), rewrite);
  CHECK(has_number(stream.write_fec(now, SeqNum(0x1234), out).header_size));
}

TEST_CASE("VP9 and dependency descriptors are rewritten, the same again for each retransmission", "[peer][egress]") {
  ReceiveSpec spec;
  spec.kind = MediaKind::kVideo;
  spec.ssrc = Ssrc(1);
  spec.extensions.set(rtp::Extension::kDependencyDescriptor, 4);
  EgressStream stream(spec);
  const auto packet = std::make_unique<MediaPacket>();
  // I, L, B, E: picture id 0x1234, T0 S0, TL0PICIDX 0x56, then VP9.
  const std::array<uint8_t, 6> vp9{0xAC, 0x92, 0x34, 0x00, 0x56, 0x82};
  std::copy(vp9.begin(), vp9.end(), packet->bytes.begin());
  packet->payload_size = vp9.size();
  packet->vp9 = payload::Vp9Descriptor::parse(vp9)->prefix();
  Rewrite rewrite;
  rewrite.patch = Patch::kVp9;
  rewrite.picture_id = 0x2345;
  rewrite.tl0_pic_idx = 0x99;
  std::array<uint8_t, 100> header{};
  const auto wire = stream.write(Timestamp::from_ms(1), packet.get(), rewrite, false, {}, header);
  CHECK(wire.skip == 5);
  REQUIRE(wire.prefix_size == 5);
  CHECK(std::vector<uint8_t>(wire.prefix.begin(), wire.prefix.begin() + 5) == std::vector<uint8_t>{0xAC, 0xA3, 0x45, 0x00, 0x99});

  // Start of a frame of template 1, frame 0x0102; four decode targets, of which this receiver gets two.
  const std::array<uint8_t, 3> descriptor{0x81, 0x01, 0x02};
  std::copy(descriptor.begin(), descriptor.end(), packet->bytes.begin());
  packet->dependency_descriptor_size = descriptor.size();
  packet->frame.described = true;
  packet->frame.number = 0x0102;
  packet->frame.target_count = 4;
  rewrite = {};
  rewrite.patch = Patch::kDependencyDescriptor;
  rewrite.picture_id = 0x1000;
  rewrite.active_targets = 0b0011;
  std::array<uint8_t, 100> first{}, again{};
  const auto sent = stream.write(Timestamp::from_ms(1), packet.get(), rewrite, false, {}, first);
  const auto repeated = stream.write(Timestamp::from_ms(9), packet.get(), rewrite, false, {}, again);
  REQUIRE(sent.header_size == repeated.header_size);
  CHECK(first == again);
  // Element 4 of five bytes; flags 01000, mask 0011.
  const std::vector<uint8_t> element(first.begin() + 16, first.begin() + 22);
  CHECK(element == std::vector<uint8_t>{0x44, 0x81, 0x11, 0x02, 0x41, 0x80});
}

TEST_CASE("a descriptor that has no room for a mask keeps its frame number", "[peer][egress]") {
  ReceiveSpec spec;
  spec.kind = MediaKind::kVideo;
  spec.ssrc = Ssrc(1);
  spec.extensions.set(rtp::Extension::kDependencyDescriptor, 4);
  EgressStream stream(spec);
  const auto packet = std::make_unique<MediaPacket>();
  packet->bytes[0] = 0x81;
  packet->bytes[2] = 0x02;
  packet->dependency_descriptor_size = 255;
  packet->frame.described = true;
  packet->frame.number = 2;
  packet->frame.target_count = 4;
  Rewrite rewrite;
  rewrite.patch = Patch::kDependencyDescriptor;
  rewrite.picture_id = 0x1000;
  rewrite.active_targets = 0b0011;
  std::array<uint8_t, 400> header{};
  const auto wire = stream.write(Timestamp::from_ms(1), packet.get(), rewrite, false, {}, header);
  REQUIRE(wire.header_size > 255);
  CHECK(std::vector<uint8_t>(header.begin() + 16, header.begin() + 21) ==
        std::vector<uint8_t>{4, 255, 0x81, 0x10, 0x02});
}

}  // namespace tutti::peer
