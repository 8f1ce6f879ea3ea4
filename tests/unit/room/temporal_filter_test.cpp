#include "tutti/room/temporal_filter.hpp"

#include <catch2/catch.hpp>

namespace tutti::room {
namespace {

using Verdict = TemporalFilter::Verdict;

// Frames of one packet, named by their place in time.
class Frames {
 public:
  explicit Frames(Codec codec = Codec::kVp8) { packet_.codec = codec; }

  Verdict check(uint32_t frame, uint8_t temporal_id, bool sync = false, bool newest = true) {
    packet_.timestamp = RtpTimestamp(3000 * frame);
    packet_.temporal_id = temporal_id;
    packet_.vp8.layer_sync = sync;
    packet_.keyframe = keyframe;
    return filter.check(packet_, newest);
  }
  Verdict late(uint32_t frame, uint8_t temporal_id, bool sync = false) {
    return check(frame, temporal_id, sync, false);
  }

  TemporalFilter filter;
  bool keyframe = false;

 private:
  peer::MediaPacket packet_;
};

TEST_CASE("without a limit, and without temporal ids, all passes", "[room][temporal]") {
  Frames frames;
  for (uint32_t f = 0; f < 20; ++f) CHECK(frames.check(f, f % 3) == Verdict::kPass);
  frames.filter.set_limit(0);
  peer::MediaPacket plain;
  CHECK(frames.filter.check(plain, true) == Verdict::kPass);
}

TEST_CASE("a frame above the limit skips its picture once", "[room][temporal]") {
  Frames frames;
  frames.filter.set_limit(1);
  CHECK(frames.check(1, 0) == Verdict::kPass);
  CHECK(frames.check(2, 2) == Verdict::kDropPicture);
  CHECK(frames.check(2, 2) == Verdict::kDrop);
  CHECK(frames.late(2, 2) == Verdict::kDrop);
  CHECK(frames.check(3, 1) == Verdict::kPass);
}

TEST_CASE("a frame whose first packets came late skips its picture when it leads", "[room][temporal]") {
  Frames frames;
  frames.filter.set_limit(0);
  frames.check(1, 0);
  CHECK(frames.late(2, 1) == Verdict::kDrop);
  CHECK(frames.check(2, 1) == Verdict::kDropPicture);
}

TEST_CASE("a frame that has begun is finished whatever the limit becomes", "[room][temporal]") {
  Frames frames;
  frames.check(1, 0);
  CHECK(frames.check(2, 1) == Verdict::kPass);
  frames.filter.set_limit(0);
  CHECK(frames.check(2, 1) == Verdict::kPass);
  CHECK(frames.check(3, 1) == Verdict::kDropPicture);
  frames.filter.set_limit(std::nullopt);
  CHECK(frames.check(3, 1) == Verdict::kDrop);
  CHECK(frames.late(2, 1) == Verdict::kPass);
  CHECK(frames.late(3, 1) == Verdict::kDrop);
}

TEST_CASE("a layer comes back with a sync frame, and one above it after that", "[room][temporal]") {
  Frames frames;
  frames.filter.set_limit(0);
  frames.check(1, 0);
  frames.check(2, 2);
  frames.check(3, 1);
  frames.filter.set_limit(2);
  CHECK(frames.check(4, 0) == Verdict::kPass);
  CHECK(frames.check(5, 2) == Verdict::kDropPicture);
  CHECK(frames.check(6, 1) == Verdict::kDropPicture);
  // It needs the base layer alone, but what follows it in its layer may need the one between.
  CHECK(frames.check(7, 2, true) == Verdict::kPass);
  CHECK(frames.check(8, 2) == Verdict::kDropPicture);
  CHECK(frames.check(9, 1, true) == Verdict::kPass);
  CHECK(frames.check(10, 1) == Verdict::kPass);
  CHECK(frames.check(11, 2) == Verdict::kDropPicture);
  CHECK(frames.check(12, 2, true) == Verdict::kPass);
  CHECK(frames.check(13, 2) == Verdict::kPass);
}

TEST_CASE("a keyframe serves all layers", "[room][temporal]") {
  Frames frames;
  frames.filter.set_limit(0);
  frames.check(1, 0);
  frames.check(2, 2);
  frames.filter.set_limit(std::nullopt);
  frames.keyframe = true;
  CHECK(frames.check(3, 0) == Verdict::kPass);
  frames.keyframe = false;
  CHECK(frames.check(4, 2) == Verdict::kPass);
}

TEST_CASE("other codecs come back with the next base frame", "[room][temporal]") {
  Frames frames(Codec::kVp9);
  frames.filter.set_limit(0);
  frames.check(1, 0);
  frames.check(2, 2);
  frames.check(3, 1);
  frames.filter.set_limit(std::nullopt);
  // The sync bit is VP8's.
  CHECK(frames.check(4, 2, true) == Verdict::kDropPicture);
  CHECK(frames.check(5, 0) == Verdict::kPass);
  CHECK(frames.check(6, 2) == Verdict::kPass);
}

TEST_CASE("a frame that comes late as a whole is judged by its place", "[room][temporal]") {
  SECTION("the limit was lowered after it: what followed may need it") {
    Frames frames;
    frames.filter.set_limit(0);
    frames.check(1, 0);
    frames.filter.set_limit(std::nullopt);
    frames.check(3, 1);
    frames.filter.set_limit(0);
    CHECK(frames.late(2, 1) == Verdict::kPass);
  }
  SECTION("its layer had not been reached, and has been since") {
    Frames frames;
    frames.filter.set_limit(0);
    frames.check(1, 0);
    frames.check(2, 1);
    frames.filter.set_limit(std::nullopt);
    frames.check(3, 0);
    frames.check(5, 1, true);
    CHECK(frames.late(4, 1) == Verdict::kDrop);
    CHECK(frames.check(6, 1) == Verdict::kPass);
  }
  SECTION("the limit was low all the time: what refers to it is dropped too") {
    Frames frames;
    frames.filter.set_limit(0);
    frames.check(1, 0);
    frames.check(3, 0);
    CHECK(frames.late(2, 1) == Verdict::kDrop);
    frames.filter.set_limit(std::nullopt);
    CHECK(frames.check(4, 1) == Verdict::kDropPicture);
    CHECK(frames.check(5, 1, true) == Verdict::kPass);
  }
}

TEST_CASE("a frame that is forgotten is not judged again", "[room][temporal]") {
  Frames frames;
  frames.filter.set_limit(0);
  frames.check(1, 0);
  frames.check(2, 1);
  frames.filter.set_limit(std::nullopt);
  for (uint32_t f = 3; f < 67; ++f) frames.check(f, 0);
  CHECK(frames.late(2, 1) == Verdict::kForgotten);
  CHECK(frames.late(1, 0) == Verdict::kForgotten);
  CHECK(frames.late(3, 0) == Verdict::kPass);
  CHECK(frames.check(67, 0) == Verdict::kPass);
}

TEST_CASE("a restart forgets what the last source did", "[room][temporal]") {
  Frames frames;
  frames.filter.set_limit(1);
  frames.check(1, 0);
  frames.check(2, 2);
  frames.filter.set_limit(std::nullopt);
  frames.filter.restart();
  CHECK(frames.check(2, 2) == Verdict::kPass);
  frames.filter.set_limit(0);
  frames.filter.restart();
  CHECK(frames.check(5, 1) == Verdict::kDropPicture);
}

}  // namespace
}  // namespace tutti::room
