// HTTP as the endpoints see it: a request and a response as plain values, without the library that reads and writes
// them (http_message.hpp converts). Control thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tutti/base/endpoint.hpp"

namespace tutti::api {

class EventListener;

enum class Method : uint8_t { kGet, kPost, kPut, kPatch, kDelete, kOptions, kHead, kOther };
std::string_view to_string(Method method);

struct Request {
  Method method = Method::kOther;
  std::vector<std::string> segments;  // of the path, percent-decoded; "/" has none
  std::vector<std::pair<std::string, std::string>> query;
  std::optional<std::string> host, origin, content_type, authorization, accept, if_match, if_none_match, last_event_id;
  std::string body;
  Endpoint client;
  bool tls = false;
  std::vector<std::string> params;  // what the route's pattern named, in order

  // The first value of a query parameter.
  std::optional<std::string> query_value(std::string_view name) const;
};

struct Header {
  std::string name;
  std::string value;
};

struct Response {
  unsigned status = 200;
  std::string content_type;
  std::vector<Header> headers;
  std::string body;
  std::string_view fixed_body;            // instead of `body`; lives as long as the process
  std::shared_ptr<EventListener> events;  // instead of a body: server-sent events until it is closed

  std::string_view body_view() const { return fixed_body.empty() ? std::string_view(body) : fixed_body; }
  Response& with(std::string name, std::string value) {
    headers.push_back({std::move(name), std::move(value)});
    return *this;
  }
};
// Called once, at once or later.
using Respond = std::function<void(Response)>;

// "application/json; charset=utf-8" → "application/json", in lower case.
std::string media_type(std::string_view content_type);
// Whether an Accept header admits `type` (RFC 9110 §12.5.1): itself, its "type/*" or "*/*", unless with q=0.
bool accepts(const std::optional<std::string>& accept, std::string_view type);

}  // namespace tutti::api
