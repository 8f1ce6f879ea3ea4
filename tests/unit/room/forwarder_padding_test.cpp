// Numbers that stay empty because their source was left before the network gave their packets back.
#include <catch2/catch.hpp>

#include "tutti/room/forwarder.hpp"

namespace tutti::room {
namespace {

constexpr Forwarder::Source kLow{1, 0}, kHigh{1, 1};

struct Slot {
  Slot() { forwarder.set_target(kLow, PayloadType(96)); }
  // A frame of one packet; a keyframe if it is to begin something.
  SeqNum send(int64_t sequence, uint32_t timestamp, Forwarder::Source from, bool keyframe) {
    peer::MediaPacket packet;
    packet.codec = Codec::kVp8;
    packet.payload_size = 100;
    packet.sequence = ExtSeqNum(sequence);
    packet.timestamp = RtpTimestamp(timestamp);
    packet.keyframe = keyframe;
    return std::get<peer::Rewrite>(forwarder.project({}, packet, from, nullptr)).sequence;
  }
  Forwarder forwarder{MediaKind::kVideo, 90'000, SeqNum(0x7FF0), RtpTimestamp(50'000)};
};

}  // namespace

TEST_CASE("a number left empty by a switch is filled with padding, always the same", "[room][forwarder]") {
  Slot slot;
  const SeqNum first = slot.send(10, 0, kLow, true);
  slot.send(13, 9000, kLow, false);  // 11 and 12 are on their way
  CHECK_FALSE(slot.forwarder.find_padding(first + 1));

  slot.forwarder.set_target(kHigh, PayloadType(96));
  CHECK_FALSE(slot.forwarder.find_padding(first + 1));  // the old layer goes on
  const SeqNum next = slot.send(700, 77'000, kHigh, true);
  REQUIRE(next == first + 4);
  for (int i : {1, 2, 1}) {
    const auto padding = slot.forwarder.find_padding(first + i);
    REQUIRE(padding);
    CHECK(padding->padding_only);
    CHECK_FALSE(padding->marker);
    CHECK(padding->sequence == first + i);
    CHECK(padding->timestamp == RtpTimestamp(50'000));
    CHECK(padding->payload_type == PayloadType(96));
  }
  // What was sent, what was not given yet, what was before the beginning.
  for (int i : {0, 3, 4, 5, -1}) CHECK_FALSE(slot.forwarder.find_padding(first + i));

  // The latecomer is not sent under that number any more.
  peer::MediaPacket late;
  late.payload_size = 100;
  late.sequence = ExtSeqNum(11);
  CHECK(std::holds_alternative<DropReason>(slot.forwarder.project({}, late, kLow, nullptr)));
}

TEST_CASE("a number is left empty by a pause as well, and is forgotten with the history", "[room][forwarder]") {
  Slot slot;
  const SeqNum first = slot.send(10, 0, kLow, true);
  slot.send(12, 9000, kLow, false);
  slot.forwarder.clear_target();
  CHECK(slot.forwarder.find_padding(first + 1));
  slot.forwarder.set_target(kLow, PayloadType(96));
  for (int i = 0; i < 600; ++i) slot.send(100 + i, 20'000 + static_cast<uint32_t>(i) * 3000, kLow, i == 0);
  CHECK_FALSE(slot.forwarder.find_padding(first + 1));
}

TEST_CASE("comfort noise is not forwarded, and leaves no hole", "[room][forwarder]") {
  Forwarder forwarder{MediaKind::kAudio, 8'000, SeqNum(10), RtpTimestamp(0)};
  forwarder.set_target(kLow, PayloadType(0));
  const auto send = [&](int64_t sequence, bool noise) {
    peer::MediaPacket packet;
    packet.codec = Codec::kPcmu;
    packet.keyframe = true;
    packet.comfort_noise = noise;
    packet.payload_size = noise ? 1 : 160;
    packet.sequence = ExtSeqNum(sequence);
    packet.timestamp = RtpTimestamp(static_cast<uint32_t>(sequence * 160));
    return forwarder.project({}, packet, kLow, nullptr);
  };
  CHECK(std::get<DropReason>(send(1, true)) == DropReason::kAwaitingKeyframe);
  const SeqNum first = std::get<peer::Rewrite>(send(2, false)).sequence;
  CHECK(std::get<DropReason>(send(3, true)) == DropReason::kComfortNoise);
  const auto after = std::get<peer::Rewrite>(send(4, false));
  CHECK(after.sequence == first + 1);
  CHECK(after.timestamp.value() == 320);
}

}  // namespace tutti::room
