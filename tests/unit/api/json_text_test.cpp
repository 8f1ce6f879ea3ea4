#include "api/json_text.hpp"

#include <catch2/catch.hpp>

using namespace tutti::api;

namespace {

std::string failure(std::string_view text) {
  const auto value = parse_json(text);
  return value ? "" : value.error().type;
}

}  // namespace

TEST_CASE("a JSON document is read", "[api][json]") {
  const auto value = parse_json(R"({"a": [1, {"a": null}], "b": "\u00e9"})");
  REQUIRE(value.has_value());
  CHECK(value->at("b").as_string() == "\xc3\xa9");
}

TEST_CASE("a key that stands twice in one object is refused, at any depth", "[api][json]") {
  CHECK(failure(R"({"a": 1, "a": 2})") == "invalid-json");
  CHECK(failure(R"({"b": [{"x": 1, "x": 1}]})") == "invalid-json");
  CHECK(failure(R"({"a": 1, "\u0061": 2})") == "invalid-json");
  CHECK(failure(R"({"": 1, "": 2})") == "invalid-json");
  CHECK(failure(R"({"a": {"a": 1}, "b": {"a": 1}})").empty());
}

TEST_CASE("what is no JSON, or no UTF-8, or too deep, is refused", "[api][json]") {
  CHECK(failure("") == "invalid-json");
  CHECK(failure("{") == "invalid-json");
  CHECK(failure("{} {}") == "invalid-json");
  CHECK(failure("{\"a\": \"\xff\"}") == "invalid-json");
  CHECK(failure("{'a': 1}") == "invalid-json");
  CHECK(failure("{\"a\": NaN}") == "invalid-json");
  CHECK(failure(std::string(kMaxJsonDepth, '[') + std::string(kMaxJsonDepth, ']')).empty());
  CHECK(failure(std::string(kMaxJsonDepth + 1, '[') + std::string(kMaxJsonDepth + 1, ']')) == "invalid-json");
  CHECK(failure(std::string(500'000, '[')) == "invalid-json");
}
