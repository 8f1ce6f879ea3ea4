// Everything between a parsed HTTP request and its response: access, routing, the handlers and what they share (events,
// WHIP sessions, figures). Knows no socket, so tests drive it with values. Control thread.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "api/command_reader.hpp"
#include "api/endpoints.hpp"
#include "api/event_hub.hpp"
#include "api/http.hpp"
#include "api/metrics_text.hpp"
#include "api/problem.hpp"
#include "api/whip_sessions.hpp"
#include "tutti/api/backend.hpp"
#include "tutti/api/server.hpp"

namespace tutti::api {

class Service {
 public:
  Service(const ServerConfig& config, Backend& backend, Random& random)
      : config_(config), backend_(backend), random_(random), hub_(random) {}
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // What is decided before a body is read: either the answer already, or the route and how much body it takes.
  struct Admission {
    const Route* route = nullptr;
    std::optional<Response> answer;
    size_t max_body = 0;
    bool cross_origin = false;
    std::string_view pattern = "other";  // for the figures
  };
  // Fills in `head.params`.
  Admission admit(Request& head);
  // `respond` is called once, at once or later, unless the service dies first.
  void handle(const Admission& admission, Request request, Respond respond);
  // Puts the headers that every response has onto one, and counts it.
  void finish(const Admission& admission, Method method, Response& response);

  void publish(const room::Event& event);
  void begin_shutdown();

  // For the handlers.
  const ServerConfig& config() const { return config_; }
  Backend& backend() { return backend_; }
  Random& random() { return random_; }
  EventHub& hub() { return hub_; }
  WhipSessions& whip() { return whip_; }
  HttpFigures& figures() { return figures_; }
  bool draining() const { return draining_; }
  ReaderLimits reader_limits() const { return {config_.room_defaults, static_cast<size_t>(config_.max_sdp.bytes())}; }
  // Executes the command; `render` makes a Response of the reply, which is the alternative of type T.
  template <class T, class Render>
  void run(room::Command command, Respond respond, Render render) {
    backend_.execute(std::move(command),
                     [respond = std::move(respond), render = std::move(render)](Result<room::Reply> r) {
                       if (!r) return respond(to_response(to_problem(r.error())));
                       if (const T* reply = std::get_if<T>(&*r)) return respond(render(*reply));
                       respond(to_response({500, "internal", "The room gave a reply of another kind.", {}, {}}));
                     });
  }

 private:
  ServerConfig config_;
  Backend& backend_;
  Random& random_;
  EventHub hub_;
  WhipSessions whip_;
  HttpFigures figures_;
  bool draining_ = false;
};

// 200 with `value` as JSON, or another status.
Response json_response(const boost::json::value& value, unsigned status = 200);
Response problem_response(unsigned status, std::string type, std::string detail);
// For what would bring somebody in while the server goes down.
Response draining_response();

}  // namespace tutti::api
