// Who may call what. Without API keys the caller is whoever can reach loopback, so web pages of other origins must be
// kept out: Host is loopback (against DNS rebinding), Origin absent or our own (against cross-site requests). With keys
// a bearer token opens /v1. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/problem.hpp"
#include "tutti/api/server.hpp"

namespace tutti::api {

enum class Access : uint8_t {
  kOpen,       // the page, health and the contract
  kMetrics,    // open to loopback, a key for others
  kApi,        // a key, or the rules of loopback
  kPreflight,  // OPTIONS of WHIP and WHEP: without credentials (Fetch §4.8)
};

// What is wrong with the request's credentials, Host or Origin; nothing if it may pass.
std::optional<Problem> check_access(Access access, const Request& request, const std::vector<ApiKey>& keys);

// "localhost", "127.0.0.1:8080", "[::1]:8080" and so on.
bool is_loopback_host(std::string_view host);

}  // namespace tutti::api
