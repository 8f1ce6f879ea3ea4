// Figures in the Prometheus text format 0.0.4. Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "api/http.hpp"
#include "tutti/api/backend.hpp"

namespace tutti::api {

// What the HTTP server counts of itself.
struct HttpFigures {
  std::map<std::tuple<std::string_view, Method, unsigned>, uint64_t> requests;  // by route, method and status
  uint64_t connections = 0;                                                     // open now
  uint64_t connections_refused = 0;                                             // over max_connections
  uint64_t event_listeners = 0;
  uint64_t slow_event_listeners = 0;  // cut off
};

std::string metrics_text(const MetricsReport& report, const HttpFigures& http, std::string_view version);

}  // namespace tutti::api
