#include "api/endpoints.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <set>

using namespace tutti::api;

namespace {

using Segments = std::vector<std::string>;

// "GET /v1/rooms" and so on, out of the two and four columns of indentation that the contract keeps under `paths`.
std::set<std::string> contract_operations() {
  std::ifstream in(TUTTI_SOURCE_DIR "/docs/openapi.yaml");
  REQUIRE(in);
  std::set<std::string> out;
  bool in_paths = false;
  std::string path;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] != ' ') in_paths = line == "paths:";
    if (!in_paths || line.size() < 4) continue;
    if (line.rfind("  /", 0) == 0) path = line.substr(2, line.size() - 3);
    if (line.rfind("    ", 0) != 0 || line[4] == ' ') continue;
    for (Method m : {Method::kGet, Method::kPost, Method::kPut, Method::kPatch, Method::kDelete, Method::kOptions,
                     Method::kHead}) {
      std::string key(to_string(m));
      for (char& c : key) c = static_cast<char>(std::tolower(c));
      if (line == "    " + key + ":") out.insert(std::string(to_string(m)) + " " + path);
    }
  }
  return out;
}

}  // namespace

TEST_CASE("the table of endpoints and the contract agree, both ways", "[api][endpoints]") {
  std::set<std::string> table;
  for (const Route& route : routes())
    table.insert(std::string(to_string(route.method)) + " " + std::string(route.pattern));
  CHECK(table.size() == routes().size());
  const std::set<std::string> contract = contract_operations();
  CHECK(contract.size() > 30);
  for (const std::string& operation : table) {
    INFO(operation << " is answered but not in docs/openapi.yaml");
    CHECK(contract.count(operation) == 1);
  }
  for (const std::string& operation : contract) {
    INFO(operation << " is in docs/openapi.yaml but not answered");
    CHECK(table.count(operation) == 1);
  }
}

TEST_CASE("a path finds its route and parameters", "[api][endpoints]") {
  const Match found = match(Method::kPatch, {"v1", "rooms", "r", "participants", "ada", "subscriptions"});
  REQUIRE(found.route != nullptr);
  CHECK(found.route->pattern == "/v1/rooms/{room}/participants/{participant}/subscriptions");
  CHECK(found.params == Segments{"r", "ada"});
  CHECK(match(Method::kGet, {}).route->pattern == "/");
  CHECK(match(Method::kGet, {"healthz"}).route->pattern == "/healthz");
  CHECK(match(Method::kGet, {"app.js"}).route->pattern == "/{file}");
  CHECK(match(Method::kHead, {"v1", "rooms"}).route->method == Method::kGet);
}

TEST_CASE("a path that is not there is told from a method that is not", "[api][endpoints]") {
  CHECK_FALSE(match(Method::kGet, {"v1", "rooms", "r", "nothing"}).path_known);
  CHECK_FALSE(match(Method::kGet, {"v1", "rooms", ""}).path_known);
  CHECK_FALSE(match(Method::kGet, {"v1", "rooms", "r", ""}).path_known);
  const Match found = match(Method::kPut, {"v1", "rooms"});
  CHECK(found.path_known);
  CHECK(found.route == nullptr);
  CHECK(found.allow == "GET, HEAD, POST, OPTIONS");
}

TEST_CASE("only WHIP and WHEP answer across origins", "[api][endpoints]") {
  CHECK(match(Method::kPost, {"v1", "whip", "r"}).cross_origin);
  CHECK(match(Method::kDelete, {"v1", "whep", "r", "s"}).cross_origin);
  CHECK_FALSE(match(Method::kPost, {"v1", "rooms"}).cross_origin);
  CHECK_FALSE(match(Method::kGet, {}).cross_origin);
}
