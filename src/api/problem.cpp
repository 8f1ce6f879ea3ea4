#include "api/problem.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace tutti::api {
namespace {

namespace json = boost::json;

// The slug in words: "room-not-found" → "Room not found".
std::string title_of(std::string_view type) {
  std::string title(type);
  for (char& c : title) {
    if (c == '-') c = ' ';
  }
  if (!title.empty() && title[0] >= 'a' && title[0] <= 'z') title[0] = static_cast<char>(title[0] - 'a' + 'A');
  return title;
}

// Seconds. A limit of rate is over soon; a server that goes down needs a moment to come back.
const char* retry_after(unsigned status) { return status == 429 ? "1" : "5"; }

}  // namespace

unsigned status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalid:
      return 400;
    case ErrorKind::kUnauthorized:
      return 401;
    case ErrorKind::kForbidden:
      return 403;
    case ErrorKind::kNotFound:
      return 404;
    case ErrorKind::kConflict:
      return 409;
    case ErrorKind::kUnsupported:
      return 422;
    case ErrorKind::kRateLimited:
      return 429;
    case ErrorKind::kUnavailable:
      return 503;
    case ErrorKind::kInternal:
      return 500;
  }
  return 500;
}

Problem to_problem(const Error& error) {
  Problem problem{status_of(error.kind), error.type, error.detail, {}, {}};
  if (!error.pointer.empty()) problem.errors.push_back({error.pointer, error.detail});
  if (error.kind == ErrorKind::kUnauthorized) problem.headers.push_back({"WWW-Authenticate", "Bearer realm=\"tutti\""});
  return problem;
}

Problem invalid_body(std::vector<FieldError> errors) {
  std::string detail = "The body does not fit its schema.";
  if (errors.size() == 1)
    detail = (errors[0].pointer.empty() ? "The body" : errors[0].pointer) + ": " + errors[0].detail;
  return {400, "invalid-request", std::move(detail), std::move(errors), {}};
}

Response to_response(const Problem& problem) {
  json::object body{{"type", "/errors/" + problem.type},
                    {"title", title_of(problem.type)},
                    {"status", problem.status},
                    {"detail", problem.detail}};
  if (!problem.errors.empty()) {
    json::array errors;
    for (const FieldError& e : problem.errors)
      errors.push_back(json::object{{"pointer", e.pointer}, {"detail", e.detail}});
    body["errors"] = std::move(errors);
  }
  Response response;
  response.status = problem.status;
  response.content_type = "application/problem+json";
  response.headers = problem.headers;
  response.body = json::serialize(body);
  if (problem.status == 429 || problem.status == 503) response.with("Retry-After", retry_after(problem.status));
  return response;
}

}  // namespace tutti::api
