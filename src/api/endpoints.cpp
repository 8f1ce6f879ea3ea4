#include "api/endpoints.hpp"

#include <algorithm>

#include "api/handlers.hpp"

namespace tutti::api {
namespace {

using M = Method;
using A = Access;
using B = Body;
namespace h = handlers;

constexpr Route kRoutes[] = {
    {M::kGet, "/v1/rooms", A::kApi, B::kNone, h::list_rooms},
    {M::kPost, "/v1/rooms", A::kApi, B::kJson, h::create_room},
    {M::kGet, "/v1/rooms/{room}", A::kApi, B::kNone, h::get_room},
    {M::kPut, "/v1/rooms/{room}", A::kApi, B::kJson, h::put_room},
    {M::kPatch, "/v1/rooms/{room}", A::kApi, B::kJson, h::patch_room},
    {M::kDelete, "/v1/rooms/{room}", A::kApi, B::kNone, h::delete_room},
    {M::kGet, "/v1/rooms/{room}/tracks", A::kApi, B::kNone, h::list_tracks},
    {M::kGet, "/v1/rooms/{room}/layouts", A::kApi, B::kNone, h::list_layouts},
    {M::kGet, "/v1/rooms/{room}/layouts/{name}", A::kApi, B::kNone, h::get_layout},
    {M::kPut, "/v1/rooms/{room}/layouts/{name}", A::kApi, B::kJson, h::put_layout},
    {M::kDelete, "/v1/rooms/{room}/layouts/{name}", A::kApi, B::kNone, h::delete_layout},
    {M::kGet, "/v1/rooms/{room}/stats", A::kApi, B::kNone, h::room_stats},
    {M::kGet, "/v1/rooms/{room}/events", A::kApi, B::kNone, h::room_events},
    {M::kGet, "/v1/rooms/{room}/participants", A::kApi, B::kNone, h::list_participants},
    {M::kPost, "/v1/rooms/{room}/participants", A::kApi, B::kJson, h::join},
    {M::kGet, "/v1/rooms/{room}/participants/{participant}", A::kApi, B::kNone, h::get_participant},
    {M::kPatch, "/v1/rooms/{room}/participants/{participant}", A::kApi, B::kJson, h::patch_participant},
    {M::kDelete, "/v1/rooms/{room}/participants/{participant}", A::kApi, B::kNone, h::delete_participant},
    {M::kGet, "/v1/rooms/{room}/participants/{participant}/subscriptions", A::kApi, B::kNone, h::get_subscriptions},
    {M::kPut, "/v1/rooms/{room}/participants/{participant}/subscriptions", A::kApi, B::kJson, h::put_subscriptions},
    {M::kPatch, "/v1/rooms/{room}/participants/{participant}/subscriptions", A::kApi, B::kJson, h::patch_subscriptions},
    {M::kGet, "/v1/rooms/{room}/participants/{participant}/congestion-log", A::kApi, B::kNone, h::congestion_log},
    {M::kGet, "/v1/rooms/{room}/participants/{participant}/stats", A::kApi, B::kNone, h::participant_stats},
    {M::kOptions, "/v1/whip/{room}", A::kPreflight, B::kNone, h::whip_options},
    {M::kPost, "/v1/whip/{room}", A::kApi, B::kSdp, h::start_whip},
    {M::kOptions, "/v1/whip/{room}/{session}", A::kPreflight, B::kNone, h::whip_options},
    {M::kPatch, "/v1/whip/{room}/{session}", A::kApi, B::kSdpFragment, h::patch_whip},
    {M::kDelete, "/v1/whip/{room}/{session}", A::kApi, B::kNone, h::end_whip},
    {M::kOptions, "/v1/whep/{room}", A::kPreflight, B::kNone, h::whip_options},
    {M::kPost, "/v1/whep/{room}", A::kApi, B::kSdp, h::start_whep},
    {M::kOptions, "/v1/whep/{room}/{session}", A::kPreflight, B::kNone, h::whip_options},
    {M::kPatch, "/v1/whep/{room}/{session}", A::kApi, B::kSdpFragment, h::patch_whep},
    {M::kDelete, "/v1/whep/{room}/{session}", A::kApi, B::kNone, h::end_whep},
    {M::kGet, "/healthz", A::kOpen, B::kNone, h::health},
    {M::kGet, "/readyz", A::kOpen, B::kNone, h::readiness},
    {M::kGet, "/metrics", A::kMetrics, B::kNone, h::metrics},
    {M::kGet, "/openapi.yaml", A::kOpen, B::kNone, h::contract},
    {M::kGet, "/", A::kOpen, B::kNone, h::page},
    {M::kGet, "/{file}", A::kOpen, B::kNone, h::page},
};

// The parameters if `segments` fit `pattern`.
bool fits(std::string_view pattern, const std::vector<std::string>& segments, std::vector<std::string>& params) {
  pattern.remove_prefix(1);
  params.clear();
  for (size_t i = 0; i < segments.size(); ++i) {
    if (pattern.empty()) return false;
    const size_t end = pattern.find('/');
    const std::string_view part = pattern.substr(0, end);
    pattern = end == std::string_view::npos ? std::string_view() : pattern.substr(end + 1);
    if (part.front() == '{') {
      if (segments[i].empty()) return false;
      params.push_back(segments[i]);
    } else if (part != segments[i]) {
      return false;
    }
  }
  return pattern.empty();
}

std::string allow_of(std::string_view pattern) {
  std::string allow;
  bool options = false;
  for (const Route& route : kRoutes) {
    if (route.pattern != pattern) continue;
    allow += std::string(to_string(route.method)) + ", ";
    if (route.method == Method::kGet) allow += "HEAD, ";
    options = options || route.method == Method::kOptions;
  }
  return options ? allow.substr(0, allow.size() - 2) : allow + "OPTIONS";
}

bool is_cross_origin(std::string_view pattern) {
  return std::any_of(std::begin(kRoutes), std::end(kRoutes), [pattern](const Route& route) {
    return route.pattern == pattern && route.method == Method::kOptions;
  });
}

}  // namespace

std::span<const Route> routes() { return kRoutes; }

Match match(Method method, const std::vector<std::string>& segments) {
  const Method wanted = method == Method::kHead ? Method::kGet : method;
  Match out;
  std::string_view pattern;  // of the first row that fits; constants stand before parameters in the table
  std::vector<std::string> params;
  for (const Route& route : kRoutes) {
    if (out.path_known ? route.pattern != pattern : !fits(route.pattern, segments, params)) continue;
    if (!out.path_known) {
      pattern = route.pattern;
      out.path_known = true;
      out.params = params;
    }
    if (route.method == wanted) out.route = &route;
  }
  if (out.path_known) {
    out.allow = allow_of(pattern);
    out.cross_origin = is_cross_origin(pattern);
  }
  return out;
}

}  // namespace tutti::api
