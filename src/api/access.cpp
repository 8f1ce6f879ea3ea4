#include "api/access.hpp"

#include <algorithm>

#include "tutti/base/crypto.hpp"

namespace tutti::api {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return out;
}

// Every key is compared, and each in constant time (as hashes, so that lengths do not show).
bool is_known_secret(std::string_view secret, const std::vector<ApiKey>& keys) {
  const Sha256Digest given = sha256(as_bytes(secret));
  bool known = false;
  for (const ApiKey& key : keys) known |= equal_constant_time(given, sha256(as_bytes(key.secret)));
  return known;
}

std::optional<Problem> check_bearer(const Request& request, const std::vector<ApiKey>& keys) {
  constexpr std::string_view kScheme = "bearer ";
  const std::string authorization = request.authorization.value_or("");
  const bool bearer = lower(authorization.substr(0, kScheme.size())) == kScheme;
  if (bearer && is_known_secret(std::string_view(authorization).substr(kScheme.size()), keys)) return std::nullopt;
  Problem problem{
      401, "unauthorized", "Send one of the configured API keys as \"Authorization: Bearer <secret>\".", {}, {}};
  if (bearer) problem.detail = "The bearer token is none of the configured API keys.";
  // RFC 6750 §3: no error code for a request that carried no credentials.
  problem.headers.push_back(
      {"WWW-Authenticate", bearer ? "Bearer realm=\"tutti\", error=\"invalid_token\"" : "Bearer realm=\"tutti\""});
  return problem;
}

std::optional<Problem> check_local(const Request& request) {
  if (!request.host || !is_loopback_host(*request.host)) {
    return Problem{403,
                   "host-not-loopback",
                   "Without API keys the Host must be localhost, 127.0.0.1 or [::1]. Use such an address (ssh -L for a "
                   "machine elsewhere), or configure http.api_keys.",
                   {},
                   {}};
  }
  if (request.origin && lower(*request.origin) != (request.tls ? "https://" : "http://") + lower(*request.host)) {
    return Problem{
        403,
        "origin-not-same",
        "Without API keys only the server's own page may call it from a browser. Configure http.api_keys for "
        "pages of other origins.",
        {},
        {}};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Problem> check_access(Access access, const Request& request, const std::vector<ApiKey>& keys) {
  switch (access) {
    case Access::kOpen:
      return std::nullopt;
    case Access::kMetrics:
      if (!keys.empty() && request.client.ip.is_loopback()) return std::nullopt;
      break;
    case Access::kApi:
      break;
    case Access::kPreflight:
      if (!keys.empty()) return std::nullopt;
      break;
  }
  return keys.empty() ? check_local(request) : check_bearer(request, keys);
}

bool is_loopback_host(std::string_view host) {
  if (!host.empty() && host.front() == '[') {
    const size_t end = host.find(']');
    if (end == std::string_view::npos) return false;
    const std::string_view port = host.substr(end + 1);
    if (!port.empty() && port.front() != ':') return false;
    const auto ip = IpAddress::parse(host.substr(1, end - 1));
    return ip && ip->is_v6() && ip->is_loopback();
  }
  const std::string name = lower(host.substr(0, host.find(':')));
  if (name == "localhost") return true;
  const auto ip = IpAddress::parse(name);
  return ip && ip->is_loopback();
}

}  // namespace tutti::api
