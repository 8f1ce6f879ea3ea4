#include "api/problem.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

using namespace tutti;
using namespace tutti::api;

namespace {

std::string header(const Response& response, std::string_view name) {
  for (const Header& h : response.headers) {
    if (h.name == name) return h.value;
  }
  return "";
}

}  // namespace

TEST_CASE("each kind of error has its status", "[api][problem]") {
  CHECK(status_of(ErrorKind::kInvalid) == 400);
  CHECK(status_of(ErrorKind::kUnauthorized) == 401);
  CHECK(status_of(ErrorKind::kForbidden) == 403);
  CHECK(status_of(ErrorKind::kNotFound) == 404);
  CHECK(status_of(ErrorKind::kConflict) == 409);
  CHECK(status_of(ErrorKind::kUnsupported) == 422);
  CHECK(status_of(ErrorKind::kRateLimited) == 429);
  CHECK(status_of(ErrorKind::kUnavailable) == 503);
  CHECK(status_of(ErrorKind::kInternal) == 500);
}

TEST_CASE("a problem has RFC 9457's members and the pointer of the field at fault", "[api][problem]") {
  const Response r = to_response(to_problem({ErrorKind::kConflict, "participant-exists", "ada is there.", "/id"}));
  CHECK(r.status == 409);
  CHECK(r.content_type == "application/problem+json");
  const auto body = boost::json::parse(r.body);
  CHECK(body.at("type").as_string() == "/errors/participant-exists");
  CHECK(body.at("title").as_string() == "Participant exists");
  CHECK(body.at("status").as_int64() == 409);
  CHECK(body.at("detail").as_string() == "ada is there.");
  CHECK(body.at("errors").at(0).at("pointer").as_string() == "/id");
}

TEST_CASE("429 and 503 say when to come back, 401 how to authenticate", "[api][problem]") {
  CHECK(header(to_response(to_problem({ErrorKind::kRateLimited, "rate-limited", "", ""})), "Retry-After") == "1");
  CHECK(header(to_response(to_problem({ErrorKind::kUnavailable, "node-full", "", ""})), "Retry-After") == "5");
  CHECK(header(to_response(to_problem({ErrorKind::kNotFound, "room-not-found", "", ""})), "Retry-After").empty());
  CHECK_FALSE(
      header(to_response(to_problem({ErrorKind::kUnauthorized, "unauthorized", "", ""})), "WWW-Authenticate").empty());
}
