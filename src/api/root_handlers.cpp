#include <boost/json/value.hpp>

#include "api/assets.hpp"
#include "api/handlers.hpp"
#include "api/service.hpp"

namespace tutti::api::handlers {
namespace {

namespace json = boost::json;

constexpr char kPagePolicy[] =
    "default-src 'self'; connect-src 'self'; media-src 'self' blob:; style-src 'self'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

std::string_view content_type_of(std::string_view name) {
  struct Type {
    std::string_view suffix, type;
  };
  constexpr Type kTypes[] = {{".html", "text/html; charset=utf-8"},
                             {".js", "text/javascript; charset=utf-8"},
                             {".mjs", "text/javascript; charset=utf-8"},
                             {".css", "text/css; charset=utf-8"},
                             {".svg", "image/svg+xml"},
                             {".png", "image/png"},
                             {".ico", "image/x-icon"},
                             {".json", "application/json"},
                             {".yaml", "application/yaml"}};
  for (const Type& t : kTypes) {
    if (name.size() > t.suffix.size() && name.substr(name.size() - t.suffix.size()) == t.suffix) return t.type;
  }
  return "application/octet-stream";
}

Response asset_response(std::string_view name, const Request& request) {
  const Asset* asset = find_asset(name);
  if (asset == nullptr) return problem_response(404, "not-found", "There is nothing at this path.");
  Response response;
  // Revalidated each time, so that a page always matches the server that it came with.
  response.with("ETag", std::string(asset->etag)).with("Cache-Control", "no-cache");
  if (request.if_none_match && request.if_none_match->find(asset->etag) != std::string::npos) {
    response.status = 304;
    return response;
  }
  response.content_type = std::string(content_type_of(name));
  response.fixed_body = asset->text();
  if (response.content_type.rfind("text/html", 0) == 0) {
    response.with("Content-Security-Policy", kPagePolicy).with("X-Frame-Options", "DENY");
  }
  return response;
}

}  // namespace

void health(Service& service, Request, Respond respond) {
  const bool ok = service.backend().healthy();
  respond(ok ? json_response(json::object{{"status", "ok"}})
             : problem_response(503, "unhealthy", "A worker does not answer."));
}

void readiness(Service& service, Request, Respond respond) {
  if (service.draining()) return respond(draining_response());
  const bool ready = service.backend().ready();
  respond(ready ? json_response(json::object{{"status", "ready"}})
                : problem_response(503, "not-ready", "The workers are not all running."));
}

void metrics(Service& service, Request, Respond respond) {
  service.backend().read_metrics([&service, respond = std::move(respond)](const MetricsReport& report) {
    HttpFigures& figures = service.figures();
    figures.event_listeners = service.hub().listeners();
    figures.slow_event_listeners = service.hub().slow_listeners();
    Response response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = metrics_text(report, figures, service.config().version);
    respond(response);
  });
}

void contract(Service&, Request request, Respond respond) { respond(asset_response("openapi.yaml", request)); }

void page(Service&, Request request, Respond respond) {
  respond(asset_response(request.params.empty() ? std::string_view("index.html") : std::string_view(request.params[0]),
                         request));
}

}  // namespace tutti::api::handlers
