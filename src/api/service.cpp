#include "api/service.hpp"

#include <boost/json/serialize.hpp>

#include "api/assets.hpp"

namespace tutti::api {
namespace {

constexpr size_t kIgnoredBodyBytes = 1024;

std::string_view content_type_of(Body body) {
  switch (body) {
    case Body::kNone:
      return "";
    case Body::kJson:
      return "application/json";
    case Body::kSdp:
      return "application/sdp";
    case Body::kSdpFragment:
      return "application/trickle-ice-sdpfrag";
  }
  return "";
}

bool is_api_path(const std::vector<std::string>& segments) { return !segments.empty() && segments[0] == "v1"; }

std::optional<Response> check_content_type(const Route& route, const Request& head) {
  if (route.body == Body::kNone) return std::nullopt;
  const std::string wanted(content_type_of(route.body));
  if (head.content_type && media_type(*head.content_type) == wanted) return std::nullopt;
  Response response = problem_response(415, "unsupported-media-type", "Content-Type must be " + wanted + ".");
  // RFC 5789 §2.2 and W3C LDP §7.1.
  response.with(route.method == Method::kPatch ? "Accept-Patch" : "Accept-Post", wanted);
  return response;
}

}  // namespace

Service::Admission Service::admit(Request& head) {
  Admission admission;
  Match found = match(head.method, head.segments);
  admission.cross_origin = found.cross_origin;
  const bool missing_file = found.path_known && !is_api_path(head.segments) && found.params.size() == 1 &&
                            find_asset(found.params[0]) == nullptr;
  if (missing_file) found.path_known = false;
  if (!found.path_known) {
    admission.answer = problem_response(404, "not-found", "There is nothing at this path.");
    // What is under /v1 shows a stranger nothing, not even what is not there.
    if (is_api_path(head.segments)) {
      if (const auto problem = check_access(Access::kApi, head, config_.api_keys))
        admission.answer = to_response(*problem);
    }
    return admission;
  }
  if (found.route == nullptr) {
    if (head.method == Method::kOptions) {
      Response response;
      response.status = 204;
      admission.answer = response.with("Allow", found.allow);
    } else {
      admission.answer = problem_response(405, "method-not-allowed", "This path allows " + found.allow + ".");
      admission.answer->with("Allow", found.allow);
    }
    return admission;
  }
  admission.route = found.route;
  admission.pattern = found.route->pattern;
  if (const auto problem = check_access(found.route->access, head, config_.api_keys)) {
    admission.answer = to_response(*problem);
    return admission;
  }
  if (is_api_path(head.segments)) {
    for (const std::string& param : found.params) {
      if (is_valid_id(param)) continue;
      admission.answer = problem_response(
          400, "invalid-id", "An id in the path must be 1 to 64 characters out of A-Z, a-z, 0-9, '_' and '-'.");
      return admission;
    }
  }
  admission.answer = check_content_type(*found.route, head);
  switch (found.route->body) {
    case Body::kNone:
      admission.max_body = kIgnoredBodyBytes;
      break;
    case Body::kJson:
      admission.max_body = static_cast<size_t>(config_.max_body.bytes());
      break;
    case Body::kSdp:
    case Body::kSdpFragment:
      admission.max_body = static_cast<size_t>(config_.max_sdp.bytes());
      break;
  }
  head.params = std::move(found.params);
  return admission;
}

void Service::handle(const Admission& admission, Request request, Respond respond) {
  if (admission.answer) return respond(*admission.answer);
  admission.route->handler(*this, std::move(request), std::move(respond));
}

void Service::finish(const Admission& admission, Method method, Response& response) {
  response.with("X-Content-Type-Options", "nosniff").with("Referrer-Policy", "no-referrer");
  if (admission.cross_origin) {
    response.with("Access-Control-Allow-Origin", "*")
        .with("Access-Control-Expose-Headers", "Location, ETag, Link, Retry-After");
  } else {
    response.with("Cross-Origin-Resource-Policy", "same-origin");
  }
  bool cacheable = false;
  for (const Header& header : response.headers) cacheable = cacheable || header.name == "Cache-Control";
  if (!cacheable) response.with("Cache-Control", "no-store");
  ++figures_.requests[{admission.pattern, method, response.status}];
}

void Service::publish(const room::Event& event) {
  whip_.handle_event(event);
  hub_.publish(event);
}

void Service::begin_shutdown() {
  draining_ = true;
  hub_.close_all(room::CloseReason::kShutdown);
}

Response json_response(const boost::json::value& value, unsigned status) {
  Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = boost::json::serialize(value);
  return response;
}

Response problem_response(unsigned status, std::string type, std::string detail) {
  return to_response({status, std::move(type), std::move(detail), {}, {}});
}

Response draining_response() {
  return problem_response(503, "draining", "The server is going down and takes nobody in.");
}

}  // namespace tutti::api
