#include "tutti/routing/auto_slots.hpp"

#include <catch2/catch.hpp>

namespace tutti::routing {
namespace {

constexpr Timestamp at(int64_t seconds) { return Timestamp::from_ms(seconds * 1000); }

AutoCandidate voice(uint64_t track, double loudness) { return {track, track, false, loudness, Timestamp::long_ago()}; }
AutoCandidate camera(uint64_t track, Timestamp last_spoke = Timestamp::long_ago()) { return {track, track, false, 0, last_spoke}; }
AutoCandidate screen(uint64_t track) { return {track, track, true, 0, Timestamp::long_ago()}; }

// So many slots, each in a pair of its own, showing these tracks.
std::vector<AutoSlot> slots(const std::vector<uint64_t>& shown) {
  std::vector<AutoSlot> all;
  for (uint64_t track : shown) all.push_back({track, static_cast<uint32_t>(all.size())});
  return all;
}

std::vector<uint64_t> fill(MediaKind kind, const std::vector<AutoCandidate>& candidates, const std::vector<uint64_t>& shown,
                           const std::vector<Companion>& companions = {}) {
  auto s = slots(shown);
  fill_auto_slots(kind, candidates, companions, s);
  std::vector<uint64_t> after;
  for (const AutoSlot& slot : s) after.push_back(slot.shows);
  return after;
}

using Tracks = std::vector<uint64_t>;

}  // namespace

TEST_CASE("audio slots show the loudest", "[routing][auto]") {
  CHECK(fill(MediaKind::kAudio, {voice(1, 75), voice(2, 90), voice(3, 0), voice(4, 80)}, {0, 0}) == Tracks{2, 4});
}

TEST_CASE("with room for all, all are shown, in the order in which they came", "[routing][auto]") {
  CHECK(fill(MediaKind::kAudio, {voice(5, 0), voice(3, 0)}, {0, 0, 0}) == Tracks{5, 3, 0});
  CHECK(fill(MediaKind::kVideo, {camera(5), camera(3)}, {0, 0, 0}) == Tracks{5, 3, 0});
}

TEST_CASE("who is shown stays where it is", "[routing][auto]") {
  CHECK(fill(MediaKind::kAudio, {voice(1, 80), voice(2, 85), voice(3, 82)}, {3, 1, 2}) == Tracks{3, 1, 2});
  // Even when the slot before it falls free.
  CHECK(fill(MediaKind::kVideo, {camera(2), camera(4)}, {1, 2}) == Tracks{4, 2});
}

TEST_CASE("two that are about as loud do not take turns", "[routing][auto]") {
  CHECK(fill(MediaKind::kAudio, {voice(1, 80), voice(2, 85)}, {1}) == Tracks{1});
  CHECK(fill(MediaKind::kAudio, {voice(1, 80), voice(2, 87)}, {1}) == Tracks{2});
}

TEST_CASE("who is silent does not hold a slot against who speaks", "[routing][auto]") {
  CHECK(fill(MediaKind::kAudio, {voice(1, 0), voice(2, 73)}, {1}) == Tracks{2});
  // But against others that are silent.
  CHECK(fill(MediaKind::kAudio, {voice(1, 0), voice(2, 0)}, {2}) == Tracks{2});
}

TEST_CASE("a shared screen comes before every face", "[routing][auto]") {
  CHECK(fill(MediaKind::kVideo, {camera(1, at(100)), screen(2)}, {0}) == Tracks{2});
  CHECK(fill(MediaKind::kVideo, {camera(1, at(100)), screen(2)}, {1}) == Tracks{2});
}

TEST_CASE("video slots show who spoke most recently", "[routing][auto]") {
  CHECK(fill(MediaKind::kVideo, {camera(1, at(10)), camera(2, at(30)), camera(3), camera(4, at(20))}, {0, 0}) == Tracks{2, 4});
  CHECK(fill(MediaKind::kVideo, {camera(1, at(10)), camera(2, at(30)), camera(4, at(20))}, {4, 1}) == Tracks{4, 2});
}

TEST_CASE("within the same second who is shown stays", "[routing][auto]") {
  const Timestamp early = Timestamp::from_ms(10'100), late = Timestamp::from_ms(10'900);
  CHECK(fill(MediaKind::kVideo, {camera(1, early), camera(2, late)}, {1}) == Tracks{1});
}

TEST_CASE("a track whose publisher left is shown no longer", "[routing][auto]") {
  CHECK(fill(MediaKind::kVideo, {camera(2)}, {1, 2, 7}) == Tracks{0, 2, 0});
  CHECK(fill(MediaKind::kVideo, {}, {1, 2}) == Tracks{0, 0});
}

TEST_CASE("a track stands beside the other kind of its publisher where that slot is free", "[routing][auto]") {
  // Publisher 3 is seen in pair 1.
  CHECK(fill(MediaKind::kAudio, {voice(3, 80)}, {0, 0}, {{3, 1}}) == Tracks{0, 3});
  CHECK(fill(MediaKind::kAudio, {voice(3, 80), voice(4, 90)}, {0, 0}, {{3, 1}}) == Tracks{4, 3});
  // It is taken by who was there before: any other will do.
  CHECK(fill(MediaKind::kAudio, {voice(3, 80), voice(4, 90)}, {0, 4}, {{3, 1}}) == Tracks{3, 4});
}

TEST_CASE("without slots nothing happens", "[routing][auto]") { CHECK(fill(MediaKind::kVideo, {camera(1)}, {}).empty()); }

}  // namespace tutti::routing
