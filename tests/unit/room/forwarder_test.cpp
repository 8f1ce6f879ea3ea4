#include "tutti/room/forwarder.hpp"

#include <catch2/catch.hpp>
#include <vector>

namespace tutti::room {
namespace {

constexpr Forwarder::Source kLow{1, 0}, kHigh{1, 1}, kOther{2, 0};

// A slot, and packets for it one after the other.
struct Slot {
  explicit Slot(MediaKind kind = MediaKind::kVideo, uint32_t rate = 90'000)
      : forwarder(kind, rate, SeqNum(1000), RtpTimestamp(50'000)) {
    packet.codec = kind == MediaKind::kVideo ? Codec::kVp8 : Codec::kOpus;
    packet.keyframe = true;
    packet.payload_size = 100;
    packet.marker = true;
  }
  // A packet of one frame: what is given, at that time.
  std::variant<peer::Rewrite, DropReason> project(int64_t sequence, uint32_t timestamp, Forwarder::Source from = kLow) {
    packet.sequence = ExtSeqNum(sequence);
    packet.timestamp = RtpTimestamp(timestamp);
    packet.arrival = now;
    return forwarder.project(now, packet, from, clock);
  }
  peer::Rewrite sent(int64_t sequence, uint32_t timestamp, Forwarder::Source from = kLow) {
    const auto result = project(sequence, timestamp, from);
    REQUIRE(std::holds_alternative<peer::Rewrite>(result));
    return std::get<peer::Rewrite>(result);
  }
  DropReason dropped(int64_t sequence, uint32_t timestamp, Forwarder::Source from = kLow) {
    const auto result = project(sequence, timestamp, from);
    REQUIRE(std::holds_alternative<DropReason>(result));
    return std::get<DropReason>(result);
  }

  Forwarder forwarder;
  peer::MediaPacket packet;
  Timestamp now = Timestamp::from_ms(10'000);
  const CaptureClock* clock = nullptr;
};

TEST_CASE("a past that is pressed together ends at the live picture's time", "[room][forwarder]") {
  Slot slot;
  slot.forwarder.set_target(kLow, PayloadType(100));
  // A keyframe and 32 frames after it, a 30th of a second apart, all at once; then live ones.
  constexpr uint32_t kFrame = 3000, kNewest = 1'000'000 + 32 * kFrame;
  slot.forwarder.press_together(Forwarder::Live{RtpTimestamp(kNewest), slot.now});
  std::vector<uint32_t> times;
  for (uint32_t i = 0; i <= 32; ++i) {
    times.push_back(slot.sent(10 + i, 1'000'000 + i * kFrame).timestamp.value());
    slot.packet.keyframe = false;
    if (i == 0) slot.forwarder.press_together(std::nullopt);
  }
  CHECK(times.front() == 50'000);
  for (size_t i = 1; i < times.size(); ++i) CHECK(times[i] - times[i - 1] < kFrame / 16);
  for (size_t i = 1; i < times.size(); ++i) CHECK(times[i] > times[i - 1]);
  CHECK(times.back() == 50'000 + kFrame);
  CHECK(slot.sent(43, kNewest + kFrame).timestamp.value() == times.back() + kFrame);
  CHECK(slot.forwarder.timestamp_offset() == times.back() - kNewest);
  // One of them that came late stands where it would have.
  CHECK(slot.sent(20, 1'000'000 + 10 * kFrame).timestamp.value() == times[10]);
  // Hours later half the circle of timestamps has passed.
  slot.sent(44, kNewest + 200'000);
  slot.sent(45, kNewest + 0x7000'0000u);
  CHECK(slot.sent(46, kNewest + 0x9000'0000u).timestamp.value() == times.back() + 0x9000'0000u);
}

TEST_CASE("a past that is pressed together into a slot in use comes after what was shown", "[room][forwarder]") {
  Slot slot;
  slot.forwarder.set_target(kLow, PayloadType(100));
  const auto shown = slot.sent(1, 0);
  slot.now = slot.now + TimeDelta::seconds(1);
  slot.forwarder.set_target(kOther, PayloadType(100));
  slot.forwarder.press_together(Forwarder::Live{RtpTimestamp(7'000'000), slot.now});
  slot.now = slot.now - TimeDelta::millis(800);
  const auto first = slot.sent(500, 7'000'000 - 72'000, kOther);
  slot.packet.keyframe = false;
  slot.now = slot.now + TimeDelta::millis(800);
  const auto live = slot.sent(501, 7'000'000, kOther);
  CHECK(is_newer(first.timestamp, shown.timestamp));
  CHECK(live.timestamp.value() == shown.timestamp.value() + 90'000);
  CHECK(first.timestamp.value() == live.timestamp.value() - 72'000 / 32);
}

TEST_CASE("nothing is forwarded before a keyframe of the target", "[room][forwarder]") {
  Slot slot;
  CHECK(slot.dropped(10, 0) == DropReason::kLayerNotSelected);
  slot.forwarder.set_target(kLow, PayloadType(100));
  CHECK(slot.forwarder.is_waiting());
  slot.packet.keyframe = false;
  CHECK(slot.dropped(11, 0) == DropReason::kAwaitingKeyframe);
  slot.packet.keyframe = true;
  CHECK(slot.dropped(12, 0, kHigh) == DropReason::kLayerNotSelected);
  const auto rewrite = slot.sent(13, 3000);
  CHECK(rewrite.sequence == SeqNum(1000));
  CHECK(rewrite.timestamp == RtpTimestamp(50'000));
  CHECK(rewrite.payload_type == PayloadType(100));
  CHECK(rewrite.marker);
  CHECK_FALSE(slot.forwarder.is_waiting());
  CHECK(slot.forwarder.switches() == 1);
  CHECK(slot.forwarder.timestamp_offset() == 47'000u);
}

TEST_CASE("the old layer of a track goes on until the new one begins, another track does not", "[room][forwarder]") {
  Slot slot;
  slot.forwarder.set_target(kLow, PayloadType(96));
  slot.sent(1, 0);
  slot.packet.keyframe = false;
  slot.forwarder.set_target(kHigh, PayloadType(96));
  CHECK(slot.forwarder.current() == kLow);
  CHECK(slot.dropped(501, 70'000, kHigh) == DropReason::kAwaitingKeyframe);
  CHECK(slot.sent(2, 3000).sequence == SeqNum(1001));
  slot.packet.keyframe = true;
  CHECK(slot.sent(502, 73'000, kHigh).sequence == SeqNum(1002));
  slot.packet.keyframe = false;
  CHECK(slot.dropped(3, 6000) == DropReason::kLayerNotSelected);

  slot.forwarder.set_target(kOther, PayloadType(96));
  CHECK(slot.forwarder.current() == Forwarder::Source{});
  CHECK(slot.dropped(503, 76'000, kHigh) == DropReason::kLayerNotSelected);
  slot.packet.keyframe = true;
  CHECK(slot.sent(9, 5, kOther).sequence == SeqNum(1003));

  slot.forwarder.clear_target();
  CHECK(slot.dropped(10, 3005, kOther) == DropReason::kLayerNotSelected);
}

TEST_CASE("a target that is taken back leaves the current layer as it is", "[room][forwarder]") {
  Slot slot;
  slot.forwarder.set_target(kLow, PayloadType(96));
  slot.sent(1, 0);
  slot.packet.keyframe = false;
  slot.forwarder.set_target(kHigh, PayloadType(96));
  slot.forwarder.set_target(kLow, PayloadType(97));
  CHECK_FALSE(slot.forwarder.is_waiting());
  const auto rewrite = slot.sent(2, 3000);
  CHECK(rewrite.sequence == SeqNum(1001));
  // The receiver may have negotiated anew what it calls the codec.
  CHECK(rewrite.payload_type == PayloadType(97));
  CHECK(slot.forwarder.switches() == 1);
}

TEST_CASE("a new SSRC of the shown layer waits for its keyframe and goes on", "[room][forwarder]") {
  Slot slot;
  slot.forwarder.set_target(kLow, PayloadType(96));
  slot.sent(60'000, 0);
  slot.packet.epoch = 1;
  slot.packet.keyframe = false;
  CHECK(slot.dropped(5, 777) == DropReason::kAwaitingKeyframe);
  slot.packet.keyframe = true;
  slot.now = slot.now + TimeDelta::millis(100);
  const auto rewrite = slot.sent(6, 3777);
  CHECK(rewrite.sequence == SeqNum(1001));
  CHECK(rewrite.timestamp == RtpTimestamp(50'000 + 9000));
  CHECK(slot.forwarder.find_sent(SeqNum(1000))->epoch == 0);
  CHECK(slot.forwarder.find_sent(SeqNum(1001))->epoch == 1);
}

TEST_CASE("what precedes the keyframe is too old", "[room][forwarder]") {
  Slot slot;
  slot.forwarder.set_target(kLow, PayloadType(96));
  slot.sent(100, 9000);
  CHECK(slot.dropped(99, 6000) == DropReason::kOldPacket);
  CHECK(slot.sent(101, 12'000).sequence == SeqNum(1001));
}

TEST_CASE("padding of the publisher leaves no hole", "[room][forwarder]") {
  Slot slot;
  slot.forwarder.set_target(kLow, PayloadType(96));
  slot.sent(1, 0);
  slot.packet.payload_size = 0;
  CHECK(slot.dropped(2, 0) == DropReason::kRtpPadding);
  CHECK(slot.dropped(3, 0) == DropReason::kRtpPadding);
  CHECK(slot.dropped(6, 0) == DropReason::kRtpPadding);
  slot.packet.payload_size = 100;
  // 4 and 5 are on their way, so their numbers are kept.
  CHECK(slot.sent(7, 3000).sequence == SeqNum(1003));
  CHECK(slot.sent(4, 1000).sequence == SeqNum(1001));
  // Late padding has to fill its number.
  slot.packet.payload_size = 0;
  const auto filler = slot.sent(5, 1000);
  CHECK(filler.sequence == SeqNum(1002));
  CHECK(filler.padding_only);
  CHECK_FALSE(filler.marker);
}

TEST_CASE("padding with a frame's timestamp does not drop the frame", "[room][forwarder]") {
  Slot slot;
  slot.forwarder.set_target(kLow, PayloadType(96));
  slot.packet.temporal_id = 0;
  slot.sent(1, 0);
  slot.packet.temporal_id.reset();
  slot.packet.payload_size = 0;
  CHECK(slot.dropped(4, 3000) == DropReason::kRtpPadding);
  slot.packet.payload_size = 100;
  slot.packet.temporal_id = 0;
  CHECK_FALSE(slot.sent(2, 3000).padding_only);
  CHECK_FALSE(slot.sent(3, 3000).padding_only);
}

TEST_CASE("a latecomer that leads because what followed was dropped keeps its number at a switch",
          "[room][forwarder]") {
  Slot slot;
  slot.forwarder.set_target(kLow, PayloadType(96));
  slot.sent(1, 0);
  slot.packet.payload_size = 0;
  CHECK(slot.dropped(3, 3000) == DropReason::kRtpPadding);
  slot.packet.payload_size = 100;
  CHECK(slot.sent(2, 3000).sequence == SeqNum(1001));
  slot.forwarder.set_target(kHigh, PayloadType(96));
  CHECK(slot.sent(500, 0, kHigh).sequence == SeqNum(1002));
}

TEST_CASE("a number whose offset is forgotten is refused", "[room][forwarder]") {
  Slot slot;
  slot.forwarder.set_target(kLow, PayloadType(96));
  slot.sent(0, 0);
  // Every second packet is padding: each takes an offset of its own.
  for (int64_t i = 1; i <= 200; ++i) {
    if (i == 50) continue;
    slot.packet.payload_size = i % 2 == 0 ? 100 : 0;
    slot.project(i, static_cast<uint32_t>(i));
  }
  slot.packet.payload_size = 100;
  CHECK(slot.dropped(50, 50) == DropReason::kOldPacket);
  CHECK(slot.sent(202, 202).sequence == SeqNum(1000 + 102));
}

TEST_CASE("a long run of padding costs one offset", "[room][forwarder]") {
  Slot slot;
  slot.forwarder.set_target(kLow, PayloadType(96));
  slot.sent(0, 0);
  slot.packet.payload_size = 0;
  for (int64_t i = 2; i <= 200; ++i) CHECK(slot.dropped(i, 0) == DropReason::kRtpPadding);
  slot.packet.payload_size = 100;
  CHECK(slot.sent(201, 6000).sequence == SeqNum(1002));
  CHECK(slot.sent(1, 3000).sequence == SeqNum(1001));
}

TEST_CASE("what was sent is found until its place is needed", "[room][forwarder]") {
  Slot slot;
  // Before anything was sent, nothing is: the number before the first one neither.
  for (int s = 900; s < 1100; ++s) REQUIRE_FALSE(slot.forwarder.find_sent(SeqNum(static_cast<uint16_t>(s))));
  slot.forwarder.set_target(kLow, PayloadType(96));
  std::vector<peer::Rewrite> rewrites;
  for (int64_t i = 0; i < 70'000; ++i) rewrites.push_back(slot.sent(i, static_cast<uint32_t>(i * 10)));
  for (size_t i = 70'000 - 512; i < 70'000; ++i) {
    const auto found = slot.forwarder.find_sent(rewrites[i].sequence);
    REQUIRE(found);
    REQUIRE(found->rewrite == rewrites[i]);
    REQUIRE(found->sequence == ExtSeqNum(static_cast<int64_t>(i)));
    REQUIRE(found->source == kLow);
  }
  for (size_t i = 70'000 - 65'000; i < 70'000 - 512; ++i) REQUIRE_FALSE(slot.forwarder.find_sent(rewrites[i].sequence));
  CHECK_FALSE(slot.forwarder.find_sent(rewrites.back().sequence + 1));
}

TEST_CASE("the number before the first is found by nobody, wherever the numbers begin", "[room][forwarder]") {
  Forwarder forwarder(MediaKind::kAudio, 48'000, SeqNum(0), RtpTimestamp(0));
  CHECK_FALSE(forwarder.find_sent(SeqNum(0xFFFF)));
  CHECK_FALSE(forwarder.find_sent(SeqNum(0)));
}

TEST_CASE("a latecomer of long ago does not push out what was sent since", "[room][forwarder]") {
  Slot slot;
  slot.forwarder.set_target(kLow, PayloadType(96));
  for (int64_t i = 0; i < 600; ++i) {
    if (i != 20) slot.sent(i, static_cast<uint32_t>(i * 10));
  }
  CHECK(slot.sent(20, 200).sequence == SeqNum(1020));
  const auto found = slot.forwarder.find_sent(SeqNum(1020 + 512));
  REQUIRE(found);
  CHECK(found->sequence == ExtSeqNum(532));
}

TEST_CASE("seven-bit picture ids are given on as fifteen bits", "[room][forwarder]") {
  Slot slot;
  slot.forwarder.set_target(kLow, PayloadType(96));
  slot.packet.vp8.long_picture_id = true;
  slot.packet.vp8.picture_id = 32'000;
  CHECK(slot.sent(1, 0).picture_id == 32'000);
  slot.forwarder.set_target(kHigh, PayloadType(96));
  slot.packet.vp8.long_picture_id = false;
  const auto frame = [&](int i) {
    slot.packet.vp8.picture_id = static_cast<uint16_t>((120 + i) & 0x7F);
    return slot.sent(100 + i, static_cast<uint32_t>(3000 * i), kHigh).picture_id;
  };
  for (int i = 0; i < 1000; ++i) {
    if (i != 980) REQUIRE(frame(i) == ((32'001 + i) & 0x7FFF));
  }
  CHECK(frame(980) == ((32'001 + 980) & 0x7FFF));
}

TEST_CASE("TL0PICIDX goes on although there are no picture ids", "[room][forwarder]") {
  Slot slot;
  slot.forwarder.set_target(kLow, PayloadType(96));
  slot.packet.vp8.tl0_pic_idx = 254;
  CHECK(slot.sent(1, 0).tl0_pic_idx == 254);
  slot.forwarder.set_target(kHigh, PayloadType(96));
  slot.packet.vp8.tl0_pic_idx = 7;
  CHECK(slot.sent(1, 0, kHigh).tl0_pic_idx == 255);
  slot.packet.vp8.tl0_pic_idx = 8;
  const auto rewrite = slot.sent(2, 3000, kHigh);
  CHECK(rewrite.patch == peer::Patch::kVp8);
  CHECK(rewrite.tl0_pic_idx == 0);
}

TEST_CASE("time goes on by capture where both senders have reported", "[room][forwarder]") {
  SenderAlignment anna, bert;
  const NtpTime anna_ntp = NtpTime::from_us(3'900'000'000'000'000), bert_ntp = NtpTime::from_us(3'800'000'000'000'000);
  // Both are 10,000 ms on our clock; 0 and 900,000 on theirs.
  anna.on_report(Timestamp::from_ms(10'000), anna_ntp);
  bert.on_report(Timestamp::from_ms(10'000), bert_ntp);
  const CaptureClock anna_clock{&anna, anna_ntp, RtpTimestamp(0), 90'000};
  const CaptureClock bert_clock{&bert, bert_ntp, RtpTimestamp(900'000), 90'000};

  Slot slot;
  slot.forwarder.set_target(kLow, PayloadType(96));
  slot.now = Timestamp::from_ms(10'050);
  slot.clock = &anna_clock;
  CHECK(slot.sent(1, 0).timestamp == RtpTimestamp(50'000));
  slot.forwarder.set_target(kOther, PayloadType(96));
  // Captured 100 ms later, 300 ms on the way.
  slot.now = Timestamp::from_ms(10'400);
  slot.clock = &bert_clock;
  SECTION("by capture") { CHECK(slot.sent(1, 909'000, kOther).timestamp == RtpTimestamp(59'000)); }
  SECTION("by arrival while one of them has not") {
    slot.clock = nullptr;
    CHECK(slot.sent(1, 909'000, kOther).timestamp == RtpTimestamp(50'000 + 350 * 90));
  }
  SECTION("captured before the last frame: one tick") {
    CHECK(slot.sent(1, 890'000, kOther).timestamp == RtpTimestamp(50'001));
  }
  SECTION("a capture time that cannot be: by arrival") {
    CHECK(slot.sent(1, 909'000 + 90'000 * 60, kOther).timestamp == RtpTimestamp(50'000 + 350 * 90));
  }
}

TEST_CASE("time does not step back after a day without a packet", "[room][forwarder]") {
  Slot slot(MediaKind::kAudio, 48'000);
  slot.forwarder.set_target(kLow, PayloadType(111));
  slot.sent(1, 0);
  slot.forwarder.clear_target();
  slot.forwarder.set_target(kLow, PayloadType(111));
  slot.now = slot.now + TimeDelta::seconds(14 * 3600);
  const auto later = slot.sent(2, 960);
  CHECK(is_newer(later.timestamp, RtpTimestamp(50'000)));
  // And the next switch counts from there.
  slot.forwarder.set_target(kOther, PayloadType(111));
  slot.now = slot.now + TimeDelta::millis(20);
  CHECK(slot.sent(9, 0, kOther).timestamp == later.timestamp + 960);
}

TEST_CASE("what follows a keyframe whose beginning comes last can be offered again", "[room][forwarder]") {
  Slot slot;
  slot.forwarder.set_target(kLow, PayloadType(96));
  slot.packet.keyframe = false;
  for (int64_t s : {11, 12, 13}) CHECK(slot.dropped(s, 3000) == DropReason::kAwaitingKeyframe);
  slot.packet.keyframe = true;
  CHECK(slot.sent(10, 3000).sequence == SeqNum(1000));
  slot.packet.keyframe = false;
  for (int64_t s : {11, 12, 13}) CHECK(slot.sent(s, 3000).sequence == SeqNum(static_cast<uint16_t>(990 + s)));
  CHECK(slot.forwarder.switches() == 1);
}

TEST_CASE("audio switches with any packet", "[room][forwarder]") {
  Slot slot(MediaKind::kAudio, 48'000);
  slot.forwarder.set_target(kLow, PayloadType(111));
  CHECK(slot.sent(1, 0).sequence == SeqNum(1000));
  slot.forwarder.set_target(kOther, PayloadType(111));
  slot.now = slot.now + TimeDelta::millis(20);
  const auto rewrite = slot.sent(77, 5000, kOther);
  CHECK(rewrite.sequence == SeqNum(1001));
  CHECK(rewrite.timestamp == RtpTimestamp(50'960));
  CHECK(rewrite.patch == peer::Patch::kNone);
}

}  // namespace
}  // namespace tutti::room
