#include "harness/sizing.hpp"

#include <catch2/catch.hpp>

namespace tutti::bench {
namespace {

Scenario scenario_of(const std::string& text) {
  auto scenario = parse_scenario(text, "s.yaml");
  if (!scenario) FAIL(scenario.error().detail);
  return *scenario;
}

TEST_CASE("a room's demand is what its people send and receive", "[bench][size]") {
  // 1.5 Mbit/s at 30 a second in packets of 1,100 bytes: six to a frame.
  const Demand room = demand_of_room(scenario_of(
      "roles:\n  a: {video: {packet_bytes: 1100}}\n  b: {people: 10, watches: [a]}\nscale: rooms\nload: 3\n"));
  CHECK(room.work.packets_in_per_s == Approx(180));
  CHECK(room.work.packets_out_per_s == Approx(1'800));
  CHECK(room.work.participants == 11);
  CHECK(room.work.tracks == 1);
  CHECK(room.work.rooms == 1);
  CHECK(room.egress_bits_per_s == Approx(10 * (1.5e6 + 180 * 64 * 8)));
}

TEST_CASE("automatic slots are filled as far as there is something to show", "[bench][size]") {
  const Demand room = demand_of_room(
      scenario_of("roles: {a: {people: 2, audio: {speech: true}, hears: [9 auto]}}\nscale: rooms\nload: 1\n"));
  CHECK(room.work.packets_out_per_s == Approx(2 * 2 * 50));
}

TEST_CASE("a mixed room has encoders of sound and pictures, whoever listens", "[bench][size]") {
  const Demand room = demand_of_room(
      scenario_of("mode: mcu\nroles:\n  a: {people: 3, audio: {speech: true}, hears: [mix]}\n  b: {people: 97, audio: "
                  "{}, hears: [mix]}\n"
                  "  c: {video: {size: 640x360}}\n  d: {people: 5, watches: [mix]}\nscale: rooms\nload: 1\n"));
  CHECK(room.work.audio_mixes == 4);
  CHECK(room.work.decoded_mpix_per_s == Approx(640 * 360 * 30 / 1e6));
  CHECK(room.work.composed_mpix_per_s == Approx(1280 * 720 * 30 / 1e6));
  CHECK(room.work.encoded_mpix_per_s == room.work.composed_mpix_per_s);
}

Demand room_with(double packets, double bits, double people) {
  Demand room;
  room.work.packets_out_per_s = packets;
  room.work.participants = people;
  room.egress_bits_per_s = bits;
  return room;
}

io::CostModel model() {
  io::CostModel m;
  m.cpu.packets_out_per_s = 1e-6;
  m.cpu.constant = 0.4;
  m.memory.participants = 1024.0 * 1024;
  m.memory.constant = 1024.0 * 1024 * 1024;
  return m;
}

TEST_CASE("the scarcest resource bounds a node", "[bench][size]") {
  // 8 cores at 0.8 less 0.4 for the constant: 6 cores.
  const Sizing cpu = nodes_for(model(), room_with(100'000, 1e6, 1), 600, {.cores = 8});
  CHECK(cpu.scarce == "processor");
  CHECK(cpu.rooms_per_node == 60);
  CHECK(cpu.nodes == 10);
  CHECK(cpu.cores == Approx(6.4));

  const Sizing net = nodes_for(model(), room_with(1'000, 1e9, 1), 17, {.gbit = 10});
  CHECK(net.scarce == "network");
  CHECK(net.rooms_per_node == 8);
  CHECK(net.nodes == 3);
  CHECK(net.gbit == Approx(8));

  // 0.8 of 2 GiB, less 1 GiB.
  const Sizing memory = nodes_for(model(), room_with(10, 1e3, 100), 1, {.memory_gib = 2});
  CHECK(memory.scarce == "memory");
  CHECK(memory.rooms_per_node == 6);
  CHECK(memory.nodes == 1);
}

TEST_CASE("a room that no node bears is said so", "[bench][size]") {
  CHECK(nodes_for(model(), room_with(9e6, 1e6, 1), 5, {.cores = 8}).rooms_per_node == 0);
}

}  // namespace
}  // namespace tutti::bench
