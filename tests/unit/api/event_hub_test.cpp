#include "api/event_hub.hpp"

#include <catch2/catch.hpp>

using namespace tutti;
using namespace tutti::api;

namespace {

const RoomId kRoom("r");
const ParticipantId kAda("ada"), kBob("bob");

room::Event joined(uint64_t number, std::string name = "x") {
  return {kRoom, number, room::ParticipantJoined{kAda, std::move(name)}};
}
room::Event slot_of(const ParticipantId& who, uint64_t number) {
  room::SlotInfo slot;
  slot.slot = SlotId("0");
  return {kRoom, number, room::SlotChanged{who, slot}};
}
room::Snapshot snapshot_at(uint64_t number) {
  room::Snapshot snapshot;
  snapshot.number = number;
  snapshot.room.id = kRoom;
  return snapshot;
}

// The types of the events in a piece of stream, in order.
std::vector<std::string> types(const std::string& text) {
  std::vector<std::string> out;
  for (size_t at = text.find("event: "); at != std::string::npos; at = text.find("event: ", at + 1)) {
    out.push_back(text.substr(at + 7, text.find('\n', at) - at - 7));
  }
  return out;
}
std::vector<uint64_t> ids(const std::string& text) {
  std::vector<uint64_t> out;
  for (size_t at = text.find("id: "); at != std::string::npos; at = text.find("id: ", at + 1)) {
    if (at == 0 || text[at - 1] == '\n') out.push_back(std::stoull(text.substr(at + 4)));
  }
  return out;
}
std::string take_all(EventListener& listener) {
  std::string out;
  for (std::string part = listener.take(); !part.empty(); part = listener.take()) out += part;
  return out;
}
using Types = std::vector<std::string>;

}  // namespace

TEST_CASE("an event is one id, one type and one line of data", "[api][events]") {
  const std::string text = format_event(describe_event(joined(1, "A\nda")), 7);
  CHECK(text == "id: 7\nevent: joined\ndata: {\"participant\":{\"id\":\"ada\",\"name\":\"A\\nda\"}}\n\n");
}

TEST_CASE("what a path carries is told to who listens for it now, without a number", "[api][events]") {
  SeededRandom random(1);
  EventHub hub(random);
  const room::Event path{kRoom, 1, room::BandwidthChanged{kAda, {}}};
  hub.publish(path);
  hub.publish(joined(1));
  auto ada = hub.open(kRoom, kAda, std::nullopt).listener, bob = hub.open(kRoom, kBob, std::nullopt).listener;
  hub.start(ada, snapshot_at(1));
  hub.start(bob, snapshot_at(1));
  const auto last = ids(take_all(*ada)).back();
  take_all(*bob);
  hub.publish(path);
  const std::string text = take_all(*ada);
  CHECK(types(text) == Types{"bandwidth"});
  CHECK(ids(text).empty());
  CHECK(take_all(*bob).empty());
  // It is not kept, and numbering does not know of it.
  hub.publish(joined(2));
  CHECK(ids(take_all(*ada)) == std::vector<uint64_t>{last + 1});
  CHECK(types(take_all(*hub.open(kRoom, kAda, last).listener)) == Types{"joined"});
}

TEST_CASE("a new listener gets a snapshot and what came after it, each once", "[api][events]") {
  SeededRandom random(1);
  EventHub hub(random);
  hub.publish(joined(1));
  const auto opened = hub.open(kRoom, std::nullopt, std::nullopt);
  CHECK(opened.needs_snapshot);
  hub.publish(joined(2));
  hub.publish(joined(3));
  CHECK(opened.listener->take().empty());
  hub.start(opened.listener, snapshot_at(2));
  hub.publish(joined(4));
  const std::string text = take_all(*opened.listener);
  CHECK(types(text) == Types{"snapshot", "joined", "joined"});
  const auto numbers = ids(text);
  REQUIRE(numbers.size() == 3);
  CHECK(numbers[1] == numbers[0] + 1);
  CHECK(numbers[2] == numbers[0] + 2);
}

TEST_CASE("a listener that comes back goes on where it was", "[api][events]") {
  SeededRandom random(1);
  EventHub hub(random);
  auto first = hub.open(kRoom, std::nullopt, std::nullopt);
  hub.start(first.listener, snapshot_at(0));
  hub.publish(joined(1));
  hub.publish(joined(2));
  const uint64_t seen = ids(take_all(*first.listener)).at(1);
  hub.publish(joined(3));
  const auto again = hub.open(kRoom, std::nullopt, seen);
  CHECK_FALSE(again.needs_snapshot);
  hub.publish(joined(4));
  CHECK(ids(take_all(*again.listener)) == std::vector<uint64_t>{seen + 1, seen + 2, seen + 3});
  const auto nothing_missed = hub.open(kRoom, std::nullopt, seen + 3);
  CHECK_FALSE(nothing_missed.needs_snapshot);
  CHECK(nothing_missed.listener->take().empty());
}

TEST_CASE("a listener too far behind, or from another time, is reset", "[api][events]") {
  SeededRandom random(1);
  EventHub hub(random);
  auto first = hub.open(kRoom, std::nullopt, std::nullopt);
  hub.start(first.listener, snapshot_at(0));
  const uint64_t base = ids(take_all(*first.listener)).at(0);
  for (uint64_t n = 1; n <= EventHub::kRingEvents + 5; ++n) hub.publish(joined(n));
  CHECK_FALSE(hub.open(kRoom, std::nullopt, base + 5).needs_snapshot);
  for (uint64_t id : {base + 4, base + EventHub::kRingEvents + 6, uint64_t{0}, UINT64_MAX}) {
    INFO(id);
    const auto late = hub.open(kRoom, std::nullopt, id);
    REQUIRE(late.needs_snapshot);
    hub.start(late.listener, snapshot_at(EventHub::kRingEvents + 5));
    CHECK(types(take_all(*late.listener)) == Types{"reset", "snapshot"});
  }
  SeededRandom other_random(2);
  EventHub other(other_random);
  for (uint64_t n = 1; n <= 50; ++n) other.publish(joined(n));
  CHECK(other.open(kRoom, std::nullopt, base + 20).needs_snapshot);
}

TEST_CASE("the ring is bounded in bytes too", "[api][events]") {
  SeededRandom random(1);
  EventHub hub(random);
  auto first = hub.open(kRoom, std::nullopt, std::nullopt);
  hub.start(first.listener, snapshot_at(0));
  const uint64_t base = ids(take_all(*first.listener)).at(0);
  for (uint64_t n = 1; n <= 10; ++n) hub.publish(joined(n, std::string(100 * 1024, 'x')));
  CHECK(hub.open(kRoom, std::nullopt, base + 4).needs_snapshot);
  CHECK_FALSE(hub.open(kRoom, std::nullopt, base + 7).needs_snapshot);
}

TEST_CASE("with ?participant= the slots and layers of others are left out", "[api][events]") {
  SeededRandom random(1);
  EventHub hub(random);
  auto ada = hub.open(kRoom, kAda, std::nullopt);
  auto all = hub.open(kRoom, std::nullopt, std::nullopt);
  hub.start(ada.listener, snapshot_at(0));
  hub.start(all.listener, snapshot_at(0));
  hub.publish(slot_of(kAda, 1));
  hub.publish(slot_of(kBob, 2));
  hub.publish({kRoom, 3, room::LayersWanted{kBob, {}}});
  hub.publish({kRoom, 4, room::SpeakerChanged{kBob}});
  CHECK(types(take_all(*ada.listener)) == Types{"snapshot", "slot", "speaker"});
  CHECK(types(take_all(*all.listener)) == Types{"snapshot", "slot", "slot", "layer", "speaker"});
}

TEST_CASE("a listener that does not keep up is cut off and counted, others are not", "[api][events]") {
  SeededRandom random(1);
  EventHub hub(random);
  auto slow = hub.open(kRoom, std::nullopt, std::nullopt);
  auto quick = hub.open(kRoom, std::nullopt, std::nullopt);
  hub.start(slow.listener, snapshot_at(0));
  hub.start(quick.listener, snapshot_at(0));
  CHECK(hub.listeners() == 2);
  size_t received = 0;
  for (uint64_t n = 1; n <= EventListener::kMaxQueuedEvents + 10; ++n) {
    hub.publish(joined(n));
    received += types(take_all(*quick.listener)).size();
  }
  CHECK(slow.listener->cut_off());
  CHECK(slow.listener->finished());
  CHECK(hub.slow_listeners() == 1);
  CHECK(hub.listeners() == 1);
  CHECK(received == EventListener::kMaxQueuedEvents + 11);
}

TEST_CASE("a closed room tells its listeners, ends their streams and forgets its events", "[api][events]") {
  SeededRandom random(1);
  EventHub hub(random);
  auto opened = hub.open(kRoom, kAda, std::nullopt);
  hub.start(opened.listener, snapshot_at(0));
  hub.publish(joined(1));
  const uint64_t seen = ids(take_all(*opened.listener)).back();
  hub.publish({kRoom, 2, room::RoomClosed{room::CloseReason::kEmpty}});
  CHECK_FALSE(opened.listener->finished());
  CHECK(take_all(*opened.listener).find("{\"room\":\"closed\",\"reason\":\"empty\"}") != std::string::npos);
  CHECK(opened.listener->finished());
  CHECK(hub.listeners() == 0);
  CHECK(hub.open(kRoom, std::nullopt, seen).needs_snapshot);
}

TEST_CASE("a shutdown ends every stream, also those that still wait for their snapshot", "[api][events]") {
  SeededRandom random(1);
  EventHub hub(random);
  auto open = hub.open(kRoom, std::nullopt, std::nullopt);
  auto waiting = hub.open(RoomId("other"), std::nullopt, std::nullopt);
  hub.start(open.listener, snapshot_at(0));
  hub.close_all(room::CloseReason::kShutdown);
  CHECK(take_all(*open.listener).find("\"shutdown\"") != std::string::npos);
  CHECK(open.listener->finished());
  CHECK(waiting.listener->closed());
  hub.start(waiting.listener, snapshot_at(0));
}

TEST_CASE("asking for rooms that are not there leaves nothing behind", "[api][events]") {
  SeededRandom random(1);
  EventHub hub(random);
  auto opened = hub.open(kRoom, std::nullopt, std::nullopt);
  CHECK(hub.listeners() == 1);
  hub.abandon(opened.listener);
  CHECK(hub.listeners() == 0);
  CHECK(opened.listener->finished());
}
