// Result<T> of an operation that a caller asked for, and the Error it carries: what was wrong, where, what would be right.
// Bytes from the network use std::optional and a DropReason instead (drop_reason.hpp).
#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tutti {

// One table in `api` maps these to HTTP status codes.
enum class ErrorKind : uint8_t {
  kInvalid,        // 400: malformed or fails its schema
  kUnauthorized,   // 401
  kForbidden,      // 403: against policy, or a limit is reached (type `limit-...`)
  kNotFound,       // 404
  kConflict,       // 409: clashes with the state
  kUnsupported,    // 422: well-formed, but nothing this server can serve
  kRateLimited,    // 429
  kUnavailable,    // 503: overloaded or going down
  kInternal,       // 500: a defect of ours
};

// `type` is a stable slug such as "room-not-found"; `detail` is for people; `pointer` is the JSON pointer (RFC 6901) of
// the field at fault, empty if there is none.
struct Error {
  ErrorKind kind = ErrorKind::kInternal;
  std::string type;
  std::string detail;
  std::string pointer;
};

[[noreturn]] inline void throw_exception_from_error(const Error& e, const boost::source_location&) {
  throw std::runtime_error(e.type + ": " + e.detail);
}

template <class T>
using Result = boost::system::result<T, Error>;

inline Error invalid(std::string detail, std::string pointer = {}) {
  return {ErrorKind::kInvalid, "invalid-request", std::move(detail), std::move(pointer)};
}

}  // namespace tutti
