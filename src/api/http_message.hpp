// Between Beast's messages and the values of http.hpp. Control thread.
#pragma once

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <optional>
#include <string>

#include "api/http.hpp"

namespace tutti::api {

// The head of a request, without its body. Nothing if the target is no path, or Host is absent or ambiguous (RFC 9112
// §3.2).
std::optional<Request> to_request(const boost::beast::http::request_header<>& head, const Endpoint& client, bool tls);

// Status line and header section of a response, with the empty line. The length is that of its body; a response with
// events has none, and is chunked if `chunked`.
std::string head_text(const Response& response, bool keep_alive, bool chunked);

// One chunk of a chunked body (RFC 9112 §7.1). An empty one is the last.
std::string chunk_text(std::string_view data);

}  // namespace tutti::api
