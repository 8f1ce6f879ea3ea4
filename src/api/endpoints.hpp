// The table of endpoints: what is answered, by whom, to whom. Routing, 404, 405 with Allow, OPTIONS and the test
// against docs/openapi.yaml all read it. Constant; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/access.hpp"
#include "api/http.hpp"

namespace tutti::api {

class Service;
using Handler = void (*)(Service&, Request, Respond);

// What the body of a request must be.
enum class Body : uint8_t { kNone, kJson, kSdp, kSdpFragment };

struct Route {
  Method method;
  std::string_view pattern;  // "/v1/rooms/{room}"
  Access access;
  Body body;
  Handler handler;
};

std::span<const Route> routes();

struct Match {
  const Route* route = nullptr;     // null: no such path, or it has no such method
  std::vector<std::string> params;  // in the order of the pattern
  bool path_known = false;
  bool cross_origin = false;  // the path is one of those that answer CORS
  std::string allow;          // the methods of the path, with HEAD and OPTIONS
};
// HEAD finds the route of GET. A path with a constant part wins over one with a parameter in its place.
Match match(Method method, const std::vector<std::string>& segments);

}  // namespace tutti::api
