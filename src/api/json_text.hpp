// JSON from a stranger: text to a value, within limits. Stricter than RFC 8259 asks: a key may stand in an object once
// only, because of two readers one would see the other value. Pure; any thread.
#pragma once

#include <boost/json/value.hpp>
#include <string_view>

#include "api/problem.hpp"

namespace tutti::api {

constexpr size_t kMaxJsonDepth = 16;

// Problems (400 `invalid-json`): no JSON, invalid UTF-8, deeper than kMaxJsonDepth, a key twice.
Read<boost::json::value> parse_json(std::string_view text);

}  // namespace tutti::api
