#include "api/http.hpp"

#include <algorithm>

namespace tutti::api {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Cuts `text` at the first `separator`: gives what stands before it, leaves what stands behind.
std::string_view cut(std::string_view& text, char separator) {
  const size_t at = text.find(separator);
  const std::string_view head = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  return trim(head);
}

bool is_refused(std::string_view parameters) {
  while (!parameters.empty()) {
    std::string_view parameter = cut(parameters, ';');
    const std::string_view name = cut(parameter, '=');
    if (name != "q" && name != "Q") continue;
    return !parameter.empty() && parameter.find_first_not_of("0.") == std::string_view::npos;
  }
  return false;
}

}  // namespace

std::string_view to_string(Method method) {
  switch (method) {
    case Method::kGet:
      return "GET";
    case Method::kPost:
      return "POST";
    case Method::kPut:
      return "PUT";
    case Method::kPatch:
      return "PATCH";
    case Method::kDelete:
      return "DELETE";
    case Method::kOptions:
      return "OPTIONS";
    case Method::kHead:
      return "HEAD";
    case Method::kOther:
      return "other";
  }
  return "other";
}

std::optional<std::string> Request::query_value(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::string media_type(std::string_view content_type) {
  std::string type(cut(content_type, ';'));
  std::transform(type.begin(), type.end(), type.begin(), lower);
  return type;
}

bool accepts(const std::optional<std::string>& accept, std::string_view type) {
  if (!accept || accept->empty()) return true;
  const std::string any_subtype = std::string(type.substr(0, type.find('/') + 1)) + "*";
  std::string_view rest = *accept;
  while (!rest.empty()) {
    std::string_view range = cut(rest, ',');
    const std::string name = media_type(range);
    cut(range, ';');
    if ((name == type || name == any_subtype || name == "*/*") && !is_refused(range)) return true;
  }
  return false;
}

}  // namespace tutti::api
