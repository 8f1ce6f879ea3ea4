#include "tutti/app/cost_model_file.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

namespace tutti::app {
namespace {

io::CostModel good(const std::string& json) {
  auto loaded = parse_cost_model(json, "m.json");
  if (const auto* errors = std::get_if<ConfigErrors>(&loaded)) FAIL(errors->front().str());
  return std::get<io::CostModel>(loaded);
}

std::vector<std::string> bad(const std::string& json) {
  std::vector<std::string> lines;
  const auto loaded = parse_cost_model(json, "m.json");
  if (const auto* errors = std::get_if<ConfigErrors>(&loaded)) {
    for (const ConfigError& e : *errors) lines.push_back(e.str());
  }
  return lines;
}

using Lines = std::vector<std::string>;

TEST_CASE("config/cost-model.json is read, and is the model that is built in", "[app][cost_model]") {
  std::ifstream in(TUTTI_SOURCE_DIR "/config/cost-model.json");
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const io::CostModel model = good(text);
  CHECK(std::get<io::CostModel>(load_cost_model("")) == model);
  CHECK(std::get<io::CostModel>(load_cost_model(TUTTI_SOURCE_DIR "/config/cost-model.json")) == model);
  // So that a model that was forgotten is not taken for one that costs nothing.
  CHECK(model.cpu.packets_in_per_s > 0);
  CHECK(model.cpu.packets_out_per_s > 0);
  CHECK(model.memory.constant > 0);
}

TEST_CASE("what is printed is read back to the same model", "[app][cost_model]") {
  io::CostModel model;
  model.machine = "a \"quoted\" machine, 2 \\ 3";
  model.commit = "0123abc";
  model.date = "2026-11-21";
  model.suite = "AEAD_AES_128_GCM";
  model.cpu = {1.3e-6, 0.1, 1.0 / 3, 12345678, 0, 1e-300, 5, 0.004};
  model.memory = {11'875.5, 1e6, 3, 4e7};
  model.residual.cpu_cores = 0.0123;
  CHECK(good(print_cost_model(model)) == model);
  CHECK(good(print_cost_model({})) == io::CostModel{});
}

TEST_CASE("what is not there is nothing", "[app][cost_model]") {
  CHECK(good(R"({"schema": 1})") == io::CostModel{});
  const io::CostModel model = good(R"({"schema":1,"cpu_cores":{"participants":2e-4},"memory_bytes":{"rooms":7}})");
  CHECK(model.cpu.participants == 2e-4);
  CHECK(model.cpu.constant == 0);
  CHECK(model.memory.rooms == 7);
}

TEST_CASE("what is wrong with a cost model is named at its place", "[app][cost_model]") {
  CHECK(bad("{\"schema\": 1,\n \"cpu_cores\": {\"packet_out_per_s\": 1}}") ==
        Lines{"m.json:2:16: cpu_cores: unknown key \"packet_out_per_s\" (did you mean packets_out_per_s?)"});
  CHECK(bad(R"({"schema": 1, "cpu_core": {}})") ==
        Lines{"m.json:1:15: unknown key \"cpu_core\" (did you mean cpu_cores?)"});
  CHECK(bad(R"({"schema": 2})") == Lines{"m.json:1:12: schema: another one than this version reads: expected 1"});
  CHECK(bad("{}") == Lines{"m.json:1:1: schema: is missing: this is no cost model"});
  for (const char* number : {"-1e-6", "\"1\"", "inf", "nan", "[1]", "x", "null"}) {
    INFO(number);
    CHECK(bad("{\"schema\": 1, \"cpu_cores\": {\"constant\": " + std::string(number) + "}}") ==
          Lines{"m.json:1:41: cpu_cores.constant: no number of 0 or more"});
  }
  CHECK(bad(R"({"schema": 1, "memory_bytes": {"rooms": 1, "rooms": 2}})") ==
        Lines{"m.json:1:44: memory_bytes.rooms: the key is there twice"});
  CHECK(bad(R"({"schema": 1, "cpu_cores": 3})") == Lines{"m.json:1:28: cpu_cores: expected an object in braces"});
  CHECK(bad(R"({"schema": 1, "machine": []})").size() == 1);
  CHECK(bad("[]") == Lines{"m.json:1:1: expected an object in braces"});
  CHECK(bad("").size() == 1);
  CHECK(bad("{\"schema\": 1").at(0).find("m.json:1:") == 0);
  CHECK(bad(std::string(kMaxConfigBytes + 1, ' ')).size() == 1);
  // All that is wrong, at once.
  CHECK(bad(R"({"schema": 1, "a": 1, "cpu_cores": {"b": 1, "constant": -1}})").size() == 3);
}

TEST_CASE("a file that is not there is named", "[app][cost_model]") {
  const auto loaded = load_cost_model("/nowhere/model.json");
  REQUIRE(std::holds_alternative<ConfigErrors>(loaded));
  CHECK(std::get<ConfigErrors>(loaded).at(0).str() == "/nowhere/model.json: cannot be read: No such file or directory");
}

}  // namespace
}  // namespace tutti::app
