#include "api/http_message.hpp"

#include <boost/beast/http/status.hpp>
#include <boost/beast/http/verb.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>

namespace tutti::api {
namespace {

namespace http = boost::beast::http;
namespace urls = boost::urls;

Method to_method(http::verb verb) {
  if (verb == http::verb::get) return Method::kGet;
  if (verb == http::verb::head) return Method::kHead;
  if (verb == http::verb::post) return Method::kPost;
  if (verb == http::verb::put) return Method::kPut;
  if (verb == http::verb::patch) return Method::kPatch;
  if (verb == http::verb::delete_) return Method::kDelete;
  if (verb == http::verb::options) return Method::kOptions;
  return Method::kOther;
}

std::optional<std::string> value_of(const http::fields& fields, boost::beast::string_view name) {
  const auto found = fields.find(name);
  if (found == fields.end()) return std::nullopt;
  return std::string(found->value().data(), found->value().size());
}

}  // namespace

std::optional<Request> to_request(const http::request_header<>& head, const Endpoint& client, bool tls) {
  Request request;
  request.method = to_method(head.method());
  request.client = client;
  request.tls = tls;
  const urls::string_view target(head.target().data(), head.target().size());
  // Origin form, or absolute form, which a server must take (RFC 9112 §3.2.2).
  const auto url = !target.empty() && target.front() == '/' ? urls::parse_origin_form(target) : urls::parse_uri(target);
  if (!url) return std::nullopt;
  for (const auto& segment : url->segments()) request.segments.emplace_back(segment);
  for (const auto& param : url->params()) request.query.emplace_back(param.key, param.value);
  const size_t hosts = head.count("Host");
  if (hosts > 1 || (hosts == 0 && head.version() >= 11)) return std::nullopt;
  request.host = value_of(head, "Host");
  request.origin = value_of(head, "Origin");
  request.content_type = value_of(head, "Content-Type");
  request.authorization = value_of(head, "Authorization");
  request.accept = value_of(head, "Accept");
  request.if_match = value_of(head, "If-Match");
  request.if_none_match = value_of(head, "If-None-Match");
  request.last_event_id = value_of(head, "Last-Event-ID");
  return request;
}

std::string head_text(const Response& response, bool keep_alive, bool chunked) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + " ";
  const auto reason = http::obsolete_reason(http::int_to_status(response.status));
  out.append(reason.data(), reason.size());
  out += "\r\n";
  const auto add = [&out](std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
  };
  if (!response.content_type.empty()) add("Content-Type", response.content_type);
  if (response.events) {
    if (chunked) add("Transfer-Encoding", "chunked");
  } else if (response.status != 204 && response.status != 304) {
    add("Content-Length", std::to_string(response.body_view().size()));
  }
  for (const Header& header : response.headers) add(header.name, header.value);
  add("Connection", keep_alive ? "keep-alive" : "close");
  return out + "\r\n";
}

std::string chunk_text(std::string_view data) {
  char size[20];
  const auto end = std::to_chars(size, size + sizeof size, data.size(), 16).ptr;
  std::string out(size, end);
  return out.append("\r\n").append(data).append("\r\n");
}

}  // namespace tutti::api
