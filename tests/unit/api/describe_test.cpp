#include "api/describe.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <catch2/catch.hpp>
#include <fstream>
#include <set>

#include "api/command_reader.hpp"

using namespace tutti;
using namespace tutti::api;

namespace {

namespace json = boost::json;

std::set<std::string> keys(const json::object& object) {
  std::set<std::string> out;
  for (const auto& member : object) out.emplace(member.key().data(), member.key().size());
  return out;
}

// Every field that an entry of any type can have.
room::StatsEntry full_entry() {
  room::StatsEntry e;
  e.participant = ParticipantId("ada");
  e.id = "x";
  e.kind = MediaKind::kVideo;
  e.ssrc = Ssrc(1);
  e.mid = e.rid = e.track = e.decoder_error = e.codec = e.own_of = "x";
  for (auto* field : {&e.packets_received,
                      &e.bytes_received,
                      &e.packets_sent,
                      &e.bytes_sent,
                      &e.nack_count,
                      &e.pli_count,
                      &e.fir_count,
                      &e.retransmitted_packets_received,
                      &e.retransmitted_packets_sent,
                      &e.red_packets_recovered,
                      &e.red_packets_sent,
                      &e.fec_packets_sent,
                      &e.total_samples_received,
                      &e.concealed_samples,
                      &e.concealment_events,
                      &e.inserted_samples_for_deceleration,
                      &e.removed_samples_for_acceleration,
                      &e.fec_packets_received,
                      &e.packets_discarded,
                      &e.frames_received,
                      &e.frames_decoded,
                      &e.frames_dropped,
                      &e.target_bitrate_bps,
                      &e.frames_encoded,
                      &e.listeners,
                      &e.ticks,
                      &e.late_ticks,
                      &e.skipped_frames,
                      &e.sources,
                      &e.audio_bitrate_bps,
                      &e.video_bitrate_bps,
                      &e.allocated_bitrate_bps,
                      &e.needed_bitrate_bps,
                      &e.speakers}) {
    *field = 1;
  }
  for (auto* field : {&e.jitter_s, &e.round_trip_time_s, &e.fraction_lost, &e.jitter_buffer_target_delay_s,
                      &e.jitter_buffer_delay_s, &e.frames_per_second, &e.expected_loss, &e.max_lateness_s}) {
    *field = 0.5;
  }
  for (auto* field : {&e.channels, &e.frame_width, &e.frame_height}) *field = 2;
  e.packets_lost = -1;
  e.limited_by = room::AllocationReason::kBandwidth;
  peer::CongestionStats& path = e.congestion.emplace();
  path.estimate.acknowledged = path.estimate.link_capacity = DataRate::kbps(1);
  path.estimate.round_trip = TimeDelta::millis(1);
  return e;
}

// The properties of a schema in docs/openapi.yaml, by the indentation that it keeps.
std::set<std::string> contract_properties(const std::string& schema) {
  std::ifstream in(TUTTI_SOURCE_DIR "/docs/openapi.yaml");
  std::set<std::string> out;
  bool in_schema = false, in_properties = false;
  for (std::string line; std::getline(in, line);) {
    const size_t indent = line.find_first_not_of(' ');
    if (indent == 4) in_schema = line == "    " + schema + ":";
    if (indent == 6) in_properties = line == "      properties:";
    if (in_schema && in_properties && indent == 8) out.insert(line.substr(8, line.find(':') - 8));
  }
  return out;
}

}  // namespace

TEST_CASE("the contract has every field of statistics, and no other", "[api][describe]") {
  const std::set<std::string> contract = contract_properties("StatsEntry");
  CHECK(contract.size() > 50);
  CHECK(keys(to_json(full_entry(), 0)) == contract);
}

TEST_CASE("statistics that do not apply are absent", "[api][describe]") {
  CHECK(keys(to_json(room::StatsEntry{}, 0)) == std::set<std::string>{"id", "type", "timestamp"});
}

TEST_CASE("an encoder of a mix is described without a participant", "[api][describe]") {
  room::StatsEntry e;
  e.type = room::StatsEntry::Type::kMixEncoder;
  e.id = "mix-1";
  e.track = "mix/default";
  e.codec = "VP8";
  e.frame_width = 1280;
  e.frames_per_second = 29.5;
  e.target_bitrate_bps = 1'500'000;
  e.listeners = 30;
  json::object out = to_json(e, 5);
  CHECK(out.at("type") == "mix-encoder");
  CHECK(out.at("trackIdentifier") == "mix/default");
  CHECK(out.at("targetBitrate").to_number<int64_t>() == 1'500'000);
  CHECK(out.at("framesPerSecond").to_number<double>() == 29.5);
  CHECK_FALSE(out.contains("participant"));
  CHECK_FALSE(out.contains("ownOf"));
  e.type = room::StatsEntry::Type::kMixer;
  CHECK(to_json(e, 5).at("type") == "mixer");
}

TEST_CASE("the contract has every field of a layout, and no other", "[api][describe]") {
  room::LayoutInfo info{"stage", {}, false, 2, 3, 4};
  const json::object grid = to_json(info);
  CHECK_FALSE(grid.contains("rectangles"));
  CHECK(grid.at("kind") == "grid");
  CHECK(grid.at("background") == "#16181d");
  CHECK(grid.at("border") == "#2a9d8f");
  CHECK(grid.at("self") == "show");
  CHECK(grid.at("compositions").to_number<int>() == 2);
  CHECK(grid.at("encoders").to_number<int>() == 3);
  CHECK(grid.at("watchers").to_number<int>() == 4);
  info.layout.spec.kind = video::LayoutKind::kCustom;
  CHECK(keys(to_json(info)) == contract_properties("LayoutInfo"));
}

TEST_CASE("a layout that is described can be set again as it is", "[api][describe]") {
  room::LayoutInfo info{"stage", {}, false, 0, 0, 0};
  info.layout.spec.kind = video::LayoutKind::kCustom;
  info.layout.spec.rectangles = {{0, 0, 1, 1, std::nullopt}, {0.1, 0.2, 1.0 / 3, 0.25, ParticipantId("ada")}};
  info.layout.spec.fit = video::TileFit::kPad;
  info.layout.spec.border = 0x00FF07;
  info.layout.hide_self = true;
  json::object out = to_json(info);
  for (const char* given : {"name", "compositions", "encoders", "watchers"}) out.erase(given);
  CHECK(keys(out) == contract_properties("Layout"));
  const auto again = read_layout(json::serialize(out), RoomId("r"), "stage");
  REQUIRE(again.has_value());
  CHECK(again->layout == info.layout);
}

TEST_CASE("a participant shows how its voice is mixed", "[api][describe]") {
  room::ParticipantInfo info;
  info.voice = {-6.5, true, false, true};
  const json::object voice = to_json(info).at("voice").as_object();
  CHECK(voice.at("gain_db").to_number<double>() == -6.5);
  CHECK(voice.at("deaf").as_bool());
  CHECK_FALSE(voice.at("gain_control").as_bool());
  CHECK(voice.at("noise_suppression").as_bool());
  CHECK(keys(voice) == contract_properties("Voice"));
}

TEST_CASE("a slot tells what it was given, what it asked for, and why they differ", "[api][describe]") {
  room::SlotInfo slot;
  CHECK(to_json(slot).at("layer").is_null());
  CHECK(to_json(slot).at("ideal").is_null());
  CHECK(to_json(slot).at("limited_by").is_null());
  CHECK(to_json(slot).at("visible").as_bool());
  slot.max_fps = 15;
  slot.priority = 70;
  slot.visible = false;
  slot.layer = room::SlotLayer{*Rid::make("h"), 640, 360, 0, 1, DataRate::kbps(400)};
  slot.ideal = room::SlotLayer{*Rid::make("f"), std::nullopt, 720, 0, 2, DataRate::kbps(1500)};
  slot.limited_by = room::AllocationReason::kBandwidth;
  slot.layout = "default";
  const json::object out = to_json(slot);
  CHECK(keys(out) == contract_properties("SlotInfo"));
  CHECK(keys(out.at("layer").as_object()) == contract_properties("SlotLayer"));
  CHECK(out.at("max_fps").to_number<int>() == 15);
  CHECK(out.at("priority").to_number<int>() == 70);
  CHECK_FALSE(out.at("visible").as_bool());
  CHECK(json::serialize(out.at("layer")) == R"({"rid":"h","width":640,"height":360,"spatial":0,"temporal":1,"bitrate_bps":400000})");
  CHECK(out.at("ideal").as_object().at("width").is_null());
  CHECK(out.at("limited_by") == "bandwidth");
}

TEST_CASE("a participant tells what its path carries, if its feedback does", "[api][describe]") {
  room::ParticipantInfo ada;
  CHECK(to_json(ada).at("bandwidth").is_null());
  room::BandwidthInfo& path = ada.bandwidth.emplace();
  path.estimate.target = DataRate::kbps(800);
  path.estimate.limited_by = cc::LimitedBy::kDelay;
  path.estimate.round_trip = TimeDelta::micros(40'500);
  path.used = DataRate::kbps(600);
  const json::object out = to_json(ada).at("bandwidth").as_object();
  CHECK(keys(out) == contract_properties("BandwidthInfo"));
  CHECK(out.at("target_bps").to_number<int>() == 800'000);
  CHECK(out.at("limited_by") == "delay");
  CHECK(out.at("round_trip_ms").to_number<double>() == 40.5);
  CHECK(out.at("acknowledged_bps").is_null());
  CHECK(out.at("used_bps").to_number<int>() == 600'000);
}

TEST_CASE("a slot says that its participant is deaf, or that the mixer is full", "[api][describe]") {
  room::SlotInfo slot;
  slot.reason = room::SlotReason::kDeaf;
  CHECK(to_json(slot).at("reason") == "deaf");
  slot.reason = room::SlotReason::kBandwidth;
  CHECK(to_json(slot).at("reason") == "bandwidth");
  slot.reason = room::SlotReason::kOverloaded;
  CHECK(to_json(slot).at("reason") == "overloaded");
}
