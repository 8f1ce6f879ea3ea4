// What a client is told when a request fails: problem+json (RFC 9457) with a stable `type`, and for a body that fails
// its schema every field at fault. One table maps ErrorKind to the status. Values; any thread.
#pragma once

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "api/http.hpp"
#include "tutti/base/result.hpp"

namespace tutti::api {

// `pointer` is an RFC 6901 JSON pointer into the request's body.
struct FieldError {
  std::string pointer;
  std::string detail;
};

struct Problem {
  unsigned status = 500;
  std::string type;  // a slug: "room-not-found"
  std::string detail;
  std::vector<FieldError> errors;
  std::vector<Header> headers;  // such as Allow; Retry-After comes by itself
};

[[noreturn]] inline void throw_exception_from_error(const Problem& p, const boost::source_location&) {
  throw std::runtime_error(p.type + ": " + p.detail);
}
// The outcome of reading a request.
template <class T>
using Read = boost::system::result<T, Problem>;

unsigned status_of(ErrorKind kind);
Problem to_problem(const Error& error);
Problem invalid_body(std::vector<FieldError> errors);
Response to_response(const Problem& problem);

}  // namespace tutti::api
