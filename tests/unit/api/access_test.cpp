#include "api/access.hpp"

#include <catch2/catch.hpp>

using namespace tutti;
using namespace tutti::api;

namespace {

Request local_request() {
  Request request;
  request.host = "localhost:8080";
  request.client = *Endpoint::parse("127.0.0.1:50000");
  return request;
}

unsigned status(Access access, const Request& request, const std::vector<ApiKey>& keys = {}) {
  const auto problem = check_access(access, request, keys);
  return problem ? problem->status : 200;
}

const std::vector<ApiKey> kKeys = {{"first", "correct horse"}, {"second", "battery staple"}};

}  // namespace

TEST_CASE("only names of loopback are loopback hosts", "[api][access]") {
  for (const char* good :
       {"localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:8080", "127.1.2.3", "[::1]", "[::1]:8080"}) {
    INFO(good);
    CHECK(is_loopback_host(good));
  }
  for (const char* bad : {"", "example.org", "localhost.example.org", "127.0.0.1.example.org", "10.0.0.1", "[::2]",
                          "[::1", "::1", "[::1]x", "[127.0.0.1]", "0.0.0.0"}) {
    INFO(bad);
    CHECK_FALSE(is_loopback_host(bad));
  }
}

TEST_CASE("without keys a page of another origin is kept out", "[api][access]") {
  Request request = local_request();
  CHECK(status(Access::kApi, request) == 200);
  request.origin = "http://localhost:8080";
  CHECK(status(Access::kApi, request) == 200);
  request.origin = "https://localhost:8080";
  CHECK(status(Access::kApi, request) == 403);
  request.tls = true;
  CHECK(status(Access::kApi, request) == 200);
  for (const char* origin : {"http://evil.example", "http://localhost:8081", "null", ""}) {
    request.origin = origin;
    CHECK(status(Access::kApi, request) == 403);
    CHECK(status(Access::kPreflight, request) == 403);
    CHECK(status(Access::kOpen, request) == 200);
  }
}

TEST_CASE("without keys a name that was rebound to loopback is kept out", "[api][access]") {
  Request request = local_request();
  request.host = "evil.example:8080";
  request.origin = "http://evil.example:8080";
  CHECK(status(Access::kApi, request) == 403);
  CHECK(status(Access::kMetrics, request) == 403);
  request.host.reset();
  CHECK(status(Access::kApi, request) == 403);
}

TEST_CASE("with keys the bearer token opens, whatever the origin", "[api][access]") {
  Request request = local_request();
  request.host = "media.example.org";
  request.origin = "https://app.example.org";
  CHECK(status(Access::kApi, request, kKeys) == 401);
  for (const char* bad :
       {"Bearer", "Bearer ", "Bearer correct", "Bearer correct horse2", "Basic correct horse", "correct horse"}) {
    request.authorization = bad;
    INFO(bad);
    CHECK(status(Access::kApi, request, kKeys) == 401);
  }
  for (const char* good : {"Bearer correct horse", "bearer battery staple"}) {
    request.authorization = good;
    CHECK(status(Access::kApi, request, kKeys) == 200);
  }
}

TEST_CASE("401 names the scheme, and the error only if a token was sent", "[api][access]") {
  Request request = local_request();
  CHECK(check_access(Access::kApi, request, kKeys)->headers.at(0).value == "Bearer realm=\"tutti\"");
  request.authorization = "Bearer x";
  CHECK(check_access(Access::kApi, request, kKeys)->headers.at(0).value ==
        "Bearer realm=\"tutti\", error=\"invalid_token\"");
}

TEST_CASE("with keys, metrics are open to loopback and preflight to all", "[api][access]") {
  Request request = local_request();
  CHECK(status(Access::kMetrics, request, kKeys) == 200);
  CHECK(status(Access::kPreflight, request, kKeys) == 200);
  request.client = *Endpoint::parse("192.0.2.1:50000");
  CHECK(status(Access::kMetrics, request, kKeys) == 401);
  request.authorization = "Bearer correct horse";
  CHECK(status(Access::kMetrics, request, kKeys) == 200);
}
