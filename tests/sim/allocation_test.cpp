// What a room makes of an estimate that is known: viewers whose own estimate (REMB) is set by the test, publishers with
// three layers, in virtual time.
#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "support/congestion/layered_publisher.hpp"
#include "support/remb_viewer.hpp"

using namespace tutti;
using namespace tutti::test;

namespace {

room::SubscriptionChange watch(const std::string& publisher, size_t track = 0) {
  room::SubscriptionChange change;
  change.track = room::TrackChoice{room::TrackChoice::Kind::kTrack,
                                   {ParticipantId(publisher), LayeredPublisher::track_name(track)}};
  return change;
}

// The estimate follows what the viewers say at once.
World::Options options() {
  World::Options out;
  out.rooms.bandwidth = {DataRate::kbps(100'000), DataRate::kbps(10), DataRate::kbps(100'000)};
  out.room.limits.participants = 200;
  return out;
}

struct Heard {
  explicit Heard(World& world) {
    world.on_event = [this, &world](const room::Event& event) {
      if (const auto* changed = std::get_if<room::SlotChanged>(&event.what)) slots.emplace_back(world.now(), *changed);
      if (const auto* wanted = std::get_if<room::LayersWanted>(&event.what)) layers.emplace_back(world.now(), *wanted);
      if (const auto* changed = std::get_if<room::BandwidthChanged>(&event.what))
        bandwidth.emplace_back(world.now(), *changed);
    };
  }
  std::vector<std::pair<Timestamp, room::SlotChanged>> slots;
  std::vector<std::pair<Timestamp, room::LayersWanted>> layers;
  std::vector<std::pair<Timestamp, room::BandwidthChanged>> bandwidth;
};

std::string rid_of(const room::SlotInfo& slot) { return slot.layer ? std::string(slot.layer->rid.view()) : ""; }

}  // namespace

TEST_CASE("layers follow the estimate down, to a pause that is told, and back", "[sim][allocation]") {
  World world(options());
  Heard heard(world);
  LayeredPublisher publisher(world, "ada", {});
  RembViewer viewer(world, "grace", 0, {watch("ada")}, DataRate::kbps(5000));
  world.run_for(TimeDelta::seconds(5));
  CHECK(viewer.slots[0].height == 720);
  CHECK(rid_of(viewer.info(0)) == "f");
  CHECK(viewer.info(0).limited_by == room::AllocationReason::kNone);

  viewer.estimate = DataRate::kbps(700);
  world.run_for(TimeDelta::millis(1000));
  CHECK(viewer.slots[0].height == 360);
  CHECK(rid_of(viewer.info(0)) == "h");
  CHECK(viewer.info(0).limited_by == room::AllocationReason::kBandwidth);
  CHECK(viewer.info(0).ideal->rid == *Rid::make("f"));

  // Less than half of the lowest layer of 150 kbit/s: its lowest frame rate is a third of that, and takes still more.
  heard.slots.clear();
  viewer.estimate = DataRate::kbps(12);
  world.run_for(TimeDelta::seconds(2));
  CHECK(world.now() - viewer.slots[0].last_packet > TimeDelta::millis(500));
  CHECK(viewer.info(0).reason == room::SlotReason::kBandwidth);
  CHECK(viewer.info(0).current.has_value());
  const auto told = std::find_if(heard.slots.begin(), heard.slots.end(),
                                 [](const auto& e) { return e.second.slot.reason == room::SlotReason::kBandwidth; });
  REQUIRE(told != heard.slots.end());
  // A second or two of pause are not for ever: it is told again when it comes back.
  heard.slots.clear();
  viewer.estimate = DataRate::kbps(5000);
  const Timestamp restored = world.now();
  const uint64_t before = viewer.slots[0].packets;
  REQUIRE(world.run(restored + TimeDelta::seconds(15),
                    [&] { return viewer.slots[0].packets > before && viewer.slots[0].height == 720; }));
  CHECK(world.now() - restored < TimeDelta::millis(600));
  CHECK(heard.slots.back().second.slot.reason == room::SlotReason::kNone);
}

TEST_CASE("eight tiles on a narrow path are all shown, the speaker's largest", "[sim][allocation]") {
  World world(options());
  LayeredPublisher::Options talks;
  talks.talks = true;
  std::vector<std::unique_ptr<LayeredPublisher>> publishers;
  std::vector<room::SubscriptionChange> wishes;
  for (size_t i = 0; i < 8; ++i) {
    const std::string id = "p" + std::to_string(i);
    publishers.push_back(std::make_unique<LayeredPublisher>(world, id, i == 5 ? talks : LayeredPublisher::Options{}));
    wishes.push_back(watch(id));
  }
  RembViewer viewer(world, "grace", 0, wishes, DataRate::kbps(2200));
  world.run_for(TimeDelta::seconds(10));
  for (size_t i = 0; i < 8; ++i) {
    CAPTURE(i);
    CHECK(viewer.slots[i].height == (i == 5 ? 360 : 180));
    CHECK(world.now() - viewer.slots[i].last_packet < TimeDelta::millis(300));
  }
  // What it is sent is about what there is, and not more.
  uint64_t before = 0, after = 0;
  for (const auto& slot : viewer.slots) before += slot.bytes;
  world.run_for(TimeDelta::seconds(20));
  for (const auto& slot : viewer.slots) after += slot.bytes;
  const double kbps = static_cast<double>(after - before) * 8 / 20 / 1000;
  CHECK(kbps < 2200);
  CHECK(kbps > 1200);
}

TEST_CASE("an estimate that wavers at the edge of a layer changes it seldom", "[sim][allocation]") {
  World world(options());
  LayeredPublisher publisher(world, "ada", {});
  RembViewer viewer(world, "grace", 0, {watch("ada")}, DataRate::kbps(650));
  world.run_for(TimeDelta::seconds(5));
  Heard heard(world);
  std::string last = rid_of(viewer.info(0));
  int changes = 0;
  for (int i = 0; i < 600; ++i) {
    // Around what the middle layer takes.
    viewer.estimate = DataRate::kbps(560) * (0.9 + 0.2 * (i % 20) / 19.0);
    world.run_for(TimeDelta::millis(200));
    const std::string now = rid_of(viewer.info(0));
    changes += now != last ? 1 : 0;
    last = now;
  }
  CHECK(changes <= 10);  // in two minutes
  // Nor do events flood: one a second of the slot, one a second of the path (more where it moves by a tenth).
  CHECK(heard.slots.size() <= 130);
  CHECK(heard.bandwidth.size() <= 400);
}

TEST_CASE("a slot that is paused and goes on again and again is told in time, and its end always",
          "[sim][allocation]") {
  World world(options());
  LayeredPublisher publisher(world, "ada", {});
  RembViewer viewer(world, "grace", 0, {watch("ada")}, DataRate::kbps(5000));
  world.run_for(TimeDelta::seconds(5));
  Heard heard(world);
  const auto reason = [&] { return heard.slots.back().second.slot.reason; };
  for (const bool ends_paused : {true, false}) {
    heard.slots.clear();
    for (int i = 0; i < 50; ++i) {
      viewer.estimate = DataRate::kbps(i % 2 == 0 ? 12 : 5000);
      world.run_for(TimeDelta::millis(200));
    }
    // Ten seconds.
    CHECK(heard.slots.size() >= 8);
    CHECK(heard.slots.size() <= 13);
    viewer.estimate = DataRate::kbps(ends_paused ? 12 : 5000);
    world.run_for(TimeDelta::millis(1500));
    CHECK(reason() == (ends_paused ? room::SlotReason::kBandwidth : room::SlotReason::kNone));
    // What has just fallen is not back at once, even where there is plenty.
    world.run_for(TimeDelta::seconds(5));
    CHECK(rid_of(heard.slots.back().second.slot) == (ends_paused ? "" : "f"));
  }
}

TEST_CASE("who looks away is sent nothing, and its layers are wanted again within the request that looks back",
          "[sim][allocation]") {
  World world(options());
  Heard heard(world);
  LayeredPublisher publisher(world, "ada", {});
  RembViewer viewer(world, "grace", 0, {watch("ada")}, DataRate::kbps(5000));
  world.run_for(TimeDelta::seconds(7));
  const auto wanted = [&] {
    std::string text;
    for (const auto& layer : heard.layers.back().second.track.layers)
      text += layer.wanted ? std::string(layer.rid.view()) : "-";
    return text;
  };
  CHECK(wanted() == "--f");

  room::SubscriptionChange away;
  away.visible = false;
  viewer.wish(0, away);
  world.run_for(TimeDelta::millis(100));
  const uint64_t packets = viewer.slots[0].packets;
  world.run_for(TimeDelta::seconds(6));
  CHECK(viewer.slots[0].packets == packets);
  CHECK(wanted() == "---");

  away.visible = true;
  const Timestamp looked = world.now();
  viewer.wish(0, away);
  CHECK(wanted() == "--f");
  CHECK(heard.layers.back().first == looked);
  REQUIRE(world.run(looked + TimeDelta::seconds(1), [&] { return viewer.slots[0].packets > packets; }));
  CHECK(world.now() - looked < TimeDelta::millis(300));
}

TEST_CASE("a layer that only bandwidth forbids is not asked of its publisher", "[sim][allocation]") {
  World world(options());
  Heard heard(world);
  LayeredPublisher publisher(world, "ada", {});
  RembViewer viewer(world, "grace", 0, {watch("ada")}, DataRate::kbps(700));
  world.run_for(TimeDelta::seconds(10));
  const auto is_wanted = [&](size_t layer) { return heard.layers.back().second.track.layers[layer].wanted; };
  CHECK(is_wanted(1));
  CHECK(!is_wanted(2));
  viewer.estimate = DataRate::kbps(5000);
  const Timestamp restored = world.now();
  REQUIRE(world.run(restored + TimeDelta::seconds(1), [&] { return is_wanted(2); }));
  // REMB comes ten times a second.
  CHECK(world.now() - restored < TimeDelta::millis(200));
}

TEST_CASE("a hundred viewers who switch at once cost the publisher a few keyframes", "[sim][allocation]") {
  World world(options());
  LayeredPublisher publisher(world, "ada", {});
  std::vector<std::unique_ptr<RembViewer>> viewers;
  for (uint32_t i = 0; i < 100; ++i)
    viewers.push_back(std::make_unique<RembViewer>(world, "v" + std::to_string(i), i, std::vector{watch("ada")},
                                                   DataRate::kbps(5000)));
  world.run_for(TimeDelta::seconds(5));
  uint64_t before = publisher.keyframes();
  for (auto& viewer : viewers) viewer->estimate = DataRate::kbps(300);
  world.run_for(TimeDelta::seconds(3));
  for (auto& viewer : viewers) CHECK(viewer->slots[0].height == 180);
  CHECK(publisher.keyframes() - before <= 3);
  before = publisher.keyframes();
  for (auto& viewer : viewers) viewer->estimate = DataRate::kbps(5000);
  world.run_for(TimeDelta::seconds(3));
  for (auto& viewer : viewers) CHECK(viewer->slots[0].height == 720);
  CHECK(publisher.keyframes() - before <= 3);
}

TEST_CASE("who cannot decode what it is shown does not wait for a layer that does not come", "[sim][allocation]") {
  World world(options());
  LayeredPublisher publisher(world, "ada", {});
  RembViewer viewer(world, "grace", 0, {watch("ada")}, DataRate::kbps(700));
  world.run_for(TimeDelta::seconds(8));
  REQUIRE(rid_of(viewer.info(0)) == "h");
  const bool comes = GENERATE(false, true);
  CAPTURE(comes);
  // The larger one is chosen, and shown with its next keyframe.
  publisher.holds_back[2] = !comes;
  world.run_for(TimeDelta::millis(400));
  viewer.estimate = DataRate::kbps(5000);
  world.run_for(TimeDelta::millis(130));
  const uint64_t shown = publisher.keyframes(1);
  viewer.ask_keyframe(0);
  world.run_for(TimeDelta::millis(200));
  CHECK(publisher.keyframes(1) - shown == (comes ? 0 : 1));
  CHECK(viewer.slots[0].height == (comes ? 720 : 360));
}

TEST_CASE("frame rate and priority are asked for by slot", "[sim][allocation]") {
  World world(options());
  LayeredPublisher::Options two;
  two.tracks = 2;
  LayeredPublisher publisher(world, "ada", two);
  RembViewer viewer(world, "grace", 0, {watch("ada", 0), watch("ada", 1)}, DataRate::kbps(100'000));
  room::SubscriptionChange slow;
  slow.max_fps = 10;
  viewer.wish(0, slow);
  world.run_for(TimeDelta::seconds(5));
  CHECK(viewer.info(0).layer->temporal == 0);
  CHECK(viewer.info(0).limited_by == room::AllocationReason::kViewer);
  CHECK(viewer.info(1).layer->temporal == 2);

  // Enough for one large picture.
  slow.max_fps = std::optional<uint16_t>();
  slow.priority = 100;
  viewer.wish(0, slow);
  viewer.estimate = DataRate::kbps(2100);
  world.run_for(TimeDelta::seconds(3));
  CHECK(viewer.slots[0].height == 720);
  CHECK(viewer.slots[1].height < 720);
  slow.priority = 1;
  viewer.wish(0, slow);
  world.run_for(TimeDelta::seconds(3));
  CHECK(viewer.slots[0].height < 720);
  CHECK(viewer.slots[1].height == 720);
}

TEST_CASE("a mix is paid for before tracks are, from the request on that asks for it", "[sim][allocation]") {
  World::Options hybrid = options();
  hybrid.room.mode = room::RoomMode::kHybrid;
  World world(hybrid);
  LayeredPublisher publisher(world, "ada", {});
  room::SubscriptionChange none, mix;
  none.track = room::TrackChoice{room::TrackChoice::Kind::kNone, {}};
  mix.track = room::TrackChoice{room::TrackChoice::Kind::kMix, {}};
  RembViewer viewer(world, "grace", 0, {watch("ada"), none}, DataRate::kbps(2500));
  world.run_for(TimeDelta::seconds(2));
  const auto before_tracks = [&] { return world.describe("grace").bandwidth->audio; };
  CHECK(before_tracks() == DataRate());
  viewer.wish(1, mix);
  CHECK(before_tracks() > DataRate::kbps(100));
  viewer.wish(1, none);
  CHECK(before_tracks() == DataRate());
}

TEST_CASE("what an estimator is told is kept from when it is asked for", "[sim][allocation]") {
  World world(options());
  LayeredPublisher publisher(world, "ada", {});
  RembViewer viewer(world, "grace", 0, {watch("ada")}, DataRate::kbps(700));
  world.run_for(TimeDelta::seconds(1));
  const auto take = [&] {
    return world.rooms().apply(world.now(), room::TakeCongestionLog{World::room(), ParticipantId("grace")});
  };
  REQUIRE(take().has_error());
  CHECK(take().error().type == "no-congestion-log");
  room::UpdateParticipant change;
  change.room = World::room();
  change.participant = ParticipantId("grace");
  change.congestion_log = true;
  world.apply(change);
  world.run_for(TimeDelta::seconds(2));
  const auto log = take();
  REQUIRE(log.has_value());
  const std::string text = std::get<room::CongestionLog>(*log)->to_json_lines();
  const auto again = cc::EstimatorLog::from_json_lines(text);
  REQUIRE(again);
  CHECK(again->size() >= 20);
  change.congestion_log = false;
  world.apply(change);
  CHECK_FALSE(take().has_value());
  // Each may be nine megabytes.
  std::vector<std::unique_ptr<RembViewer>> more;
  for (uint32_t i = 0; i < 5; ++i) {
    const std::string id = "v" + std::to_string(i);
    more.push_back(std::make_unique<RembViewer>(world, id, i + 1, std::vector{watch("ada")}, DataRate::kbps(700)));
    world.run_for(TimeDelta::millis(300));
    change.participant = ParticipantId(id);
    change.congestion_log = true;
    const auto reply = world.rooms().apply(world.now(), change);
    if (i < 4) CHECK(reply.has_value());
    if (i == 4) CHECK(reply.error().type == "limit-congestion-logs");
  }
  // Who keeps one may begin it anew.
  change.participant = ParticipantId("v3");
  world.apply(change);
  change.congestion_log = false;
  world.apply(change);
  change.participant = ParticipantId("v4");
  change.congestion_log = true;
  world.apply(change);
  // Who sends no feedback has no estimator.
  change.participant = ParticipantId("ada");
  change.congestion_log = true;
  CHECK(world.rooms().apply(world.now(), change).error().type == "no-estimate");
}
