#include "harness/send_stream.hpp"

#include <catch2/catch.hpp>

#include "tutti/wire/payload/vp8.hpp"

namespace tutti::bench {
namespace {

struct Rig {
  Pattern pattern{1};
  Program program = [this] {
    Video video;
    video.keyframe_interval = TimeDelta::millis(200);
    video.keyframe_factor = 1;
    return stamped_video(video, {"", DataRate::kbps(500), 640, 360}, pattern);
  }();
  SeededRandom random{1};
  SendStream stream{{MediaKind::kVideo, &program, Ssrc(7), Ssrc(8), PayloadType(96), PayloadType(97), {}}, random};
  static constexpr Timestamp kStart = Timestamp::from_ms(1'000);

  std::vector<OutgoingPacket> frame() {
    std::vector<OutgoingPacket> packets;
    for (size_t left = stream.take_frame(); left > 0; --left) {
      packets.push_back(stream.next_packet());
      stream.keep(packets.back());
    }
    return packets;
  }
};

payload::Vp8Descriptor descriptor_of(const OutgoingPacket& packet) {
  return *payload::Vp8Descriptor::parse(std::span(packet.prefix.bytes).first(packet.prefix.size));
}

TEST_CASE("frames come at their time, loop after loop, with numbers and time that go on", "[bench][send-stream]") {
  Rig rig;
  CHECK(rig.stream.due() == Timestamp::never());
  rig.stream.start(Rig::kStart);
  std::optional<SeqNum> last_number;
  std::optional<RtpTimestamp> first_time;
  std::optional<uint16_t> last_picture;
  for (int i = 0; i < 20; ++i) {
    CHECK(rig.stream.due() ==
          Rig::kStart + TimeDelta::millis(200) * (i / 6) + TimeDelta::micros(i % 6 * 1'000'000 / 30));
    const auto packets = rig.frame();
    REQUIRE(packets.size() == 2);
    CHECK_FALSE(packets[0].header.marker);
    CHECK(packets[1].header.marker);
    first_time = first_time.value_or(packets[0].header.timestamp);
    CHECK(packets[0].header.timestamp.value() - first_time->value() == static_cast<uint32_t>(i) * 3'000);
    for (const OutgoingPacket& packet : packets) {
      if (last_number) CHECK(packet.header.sequence == *last_number + 1);
      last_number = packet.header.sequence;
    }
    const auto descriptor = descriptor_of(packets[0]);
    CHECK(descriptor.keyframe == (i % 6 == 0));
    if (i % 6 == 0) CHECK(descriptor.dimensions->width == 640);
    if (last_picture) CHECK(descriptor.picture_id == ((*last_picture + 1) & 0x7FFF));
    last_picture = descriptor.picture_id;
    CHECK(descriptor_of(packets[1]).picture_id == last_picture);
    CHECK_FALSE(descriptor_of(packets[1]).start_of_partition);
  }
}

TEST_CASE("a keyframe that is asked for is the next frame, once", "[bench][send-stream]") {
  Rig rig;
  rig.stream.start(Rig::kStart);
  rig.frame();
  rig.stream.want_keyframe();
  const auto packets = rig.frame();
  CHECK(descriptor_of(packets[0]).keyframe);
  CHECK(packets.back().header.marker);
  CHECK(rig.stream.keyframes_asked() == 1);
  CHECK_FALSE(descriptor_of(rig.frame()[0]).keyframe);
}

TEST_CASE("real VP8 begins its loop anew for a keyframe, and its time goes on", "[bench][send-stream]") {
  Rig rig;
  rig.program.keyframe.packets.clear();
  rig.stream.start(Rig::kStart);
  const RtpTimestamp first = rig.frame()[0].header.timestamp;
  rig.frame();
  rig.stream.want_keyframe();
  const Timestamp due = rig.stream.due();
  const auto packets = rig.frame();
  CHECK(descriptor_of(packets[0]).keyframe);
  CHECK(packets[0].header.timestamp == first + 6'000);
  CHECK(rig.stream.due() == due + TimeDelta::micros(33'333));
  CHECK(rig.frame()[0].header.timestamp == first + 9'000);
}

TEST_CASE("a packet is sent again with its number inside", "[bench][send-stream]") {
  Rig rig;
  rig.stream.start(Rig::kStart);
  const auto packets = rig.frame();
  const SeqNum lost = packets[1].header.sequence;
  const auto again = rig.stream.again(lost);
  REQUIRE(again);
  CHECK(again->header.ssrc == Ssrc(8));
  CHECK(again->header.payload_type == PayloadType(97));
  CHECK(again->header.timestamp == packets[1].header.timestamp);
  CHECK(again->prefix.size == packets[1].prefix.size + 2);
  CHECK((again->prefix.bytes[0] << 8 | again->prefix.bytes[1]) == lost.value());
  CHECK(again->prefix.stamp_at == 0);
  CHECK(rig.stream.again(lost)->header.sequence == again->header.sequence + 1);
  CHECK_FALSE(rig.stream.again(lost + 1));
  for (int i = 0; i < 150; ++i) rig.frame();
  CHECK_FALSE(rig.stream.again(lost));
}

}  // namespace
}  // namespace tutti::bench
