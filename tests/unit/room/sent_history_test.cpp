#include "tutti/room/sent_history.hpp"

#include <catch2/catch.hpp>

using namespace tutti;
using namespace tutti::room;

namespace {

constexpr LayerSource kCamera{7, 2};

peer::Rewrite rewrite_of(int64_t out) {
  peer::Rewrite r;
  r.sequence = to_wire(ExtSeqNum(out));
  r.timestamp = RtpTimestamp(static_cast<uint32_t>(out * 3000));
  r.payload_type = PayloadType(96);
  r.marker = out % 6 == 0;
  r.patch = peer::Patch::kVp8;
  r.picture_id = static_cast<uint16_t>(out & 0x7FFF);
  r.tl0_pic_idx = static_cast<uint8_t>(out);
  return r;
}

// Packets at an even pace, each number sent as itself plus 40'000.
struct Pace {
  explicit Pace(TimeDelta between) : interval(between) {
    history.begin_run(kCamera, 3, PayloadType(96), ExtSeqNum(first));
  }
  void send(int64_t count) {
    for (int64_t i = 0; i < count; ++i, ++next, now = now + interval)
      history.add(now, ExtSeqNum(next), ExtSeqNum(next + 40'000), rewrite_of(next));
  }
  static constexpr int64_t first = 65'400;
  TimeDelta interval;
  int64_t next = first;
  Timestamp now = Timestamp::from_ms(5'000);
  SentHistory history{512};
};

}  // namespace

TEST_CASE("the history of what was sent grows until it holds a second", "[room][history]") {
  Pace camera(TimeDelta::micros(5'555));  // 180 packets/s
  camera.send(2'000);
  CHECK(camera.history.capacity() == 256);
  for (int64_t out = camera.next - 180; out < camera.next; ++out) {
    const auto found = camera.history.find(ExtSeqNum(out));
    REQUIRE(found);
    REQUIRE(found->source == kCamera);
    REQUIRE(found->epoch == 3);
    REQUIRE(found->sequence == ExtSeqNum(out + 40'000));
    REQUIRE(found->rewrite == rewrite_of(out));
  }
  CHECK_FALSE(camera.history.find(ExtSeqNum(camera.next)));
  CHECK_FALSE(camera.history.find(ExtSeqNum(camera.next - 257)));
}

TEST_CASE("a burst at the beginning is remembered whole", "[room][history]") {
  Pace keyframe(TimeDelta::micros(10));
  keyframe.send(300);
  for (int64_t out = Pace::first; out < keyframe.next; ++out) REQUIRE(keyframe.history.find(ExtSeqNum(out)));
}

TEST_CASE("a slow stream stays small, and a fast one within its bound", "[room][history]") {
  Pace sound(TimeDelta::millis(20)), flood(TimeDelta::micros(100));
  sound.send(3'000);
  flood.send(30'000);
  CHECK(sound.history.capacity() == SentHistory::kMinCapacity);
  CHECK(flood.history.capacity() == 512);
}

TEST_CASE("a number that was never sent is not found, whatever stood in its place before", "[room][history]") {
  Pace camera(TimeDelta::millis(20));
  camera.send(200);
  camera.next += 10;  // a hole
  camera.send(20);
  for (int64_t out = camera.next - 30; out < camera.next - 20; ++out) CHECK_FALSE(camera.history.find(ExtSeqNum(out)));
}

TEST_CASE("a number that was never sent is not taken for the one 65,536 before it", "[room][history]") {
  SentHistory history(512);
  history.begin_run(kCamera, 3, PayloadType(96), ExtSeqNum(0));
  // In leaps, so that nothing overwrites the first one's place.
  for (const int64_t out : {100, 20'001, 40'003, 60'005, 65'637})
    history.add(Timestamp::from_ms(10 * out), ExtSeqNum(out), ExtSeqNum(out), rewrite_of(out));
  CHECK_FALSE(history.find(ExtSeqNum(65'636)));
  CHECK(history.find(ExtSeqNum(65'637)));
}

TEST_CASE("each packet keeps the source that it was sent from", "[room][history]") {
  SentHistory history(512);
  int64_t out = 0;
  // More runs than there are places: the oldest are forgotten, and never taken for newer ones.
  for (uint8_t run = 0; run < 20; ++run) {
    history.begin_run({run + 1u, run}, run, PayloadType(static_cast<uint8_t>(96 + run)), ExtSeqNum(out));
    for (int i = 0; i < 3; ++i, ++out)
      history.add(Timestamp::from_ms(out), ExtSeqNum(out), ExtSeqNum(1'000 * run + i), rewrite_of(out));
  }
  for (int64_t number = 0; number < out; ++number) {
    const auto found = history.find(ExtSeqNum(number));
    const auto run = static_cast<uint8_t>(number / 3);
    REQUIRE(found.has_value() == (run >= 4));
    if (!found) continue;
    REQUIRE(found->source == LayerSource{run + 1u, run});
    REQUIRE(found->epoch == run);
    REQUIRE(found->sequence == ExtSeqNum(1'000 * run + number % 3));
    REQUIRE(found->rewrite.payload_type == PayloadType(static_cast<uint8_t>(96 + run)));
  }
}

TEST_CASE("of a dependency descriptor the offset is the run's and the targets the packet's", "[room][history]") {
  SentHistory history(512);
  const auto add = [&](int64_t out, uint16_t offset, uint16_t targets) {
    peer::Rewrite r;
    r.sequence = to_wire(ExtSeqNum(out));
    r.patch = peer::Patch::kDependencyDescriptor;
    r.picture_id = offset;
    r.active_targets = targets;
    history.add(Timestamp::from_ms(5'000), ExtSeqNum(out), ExtSeqNum(out), r);
  };
  history.begin_run(kCamera, 0, PayloadType(96), ExtSeqNum(100));
  add(100, 700, 0b111);
  add(101, 700, 0);
  history.begin_run(kCamera, 1, PayloadType(96), ExtSeqNum(102));
  add(102, 900, 0);
  CHECK(history.find(ExtSeqNum(100))->rewrite.picture_id == 700);
  CHECK(history.find(ExtSeqNum(100))->rewrite.active_targets == 0b111);
  CHECK(history.find(ExtSeqNum(101))->rewrite.active_targets == 0);
  CHECK(history.find(ExtSeqNum(102))->rewrite.picture_id == 900);
  CHECK(history.find(ExtSeqNum(102))->rewrite.patch == peer::Patch::kDependencyDescriptor);
}
