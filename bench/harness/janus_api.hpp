// JanusApi: Janus's HTTP interface as far as the harness needs it: one session, handles of plugins in it, and requests
// to them, whether a plugin answers at once or by an event. Any thread. A thread of its own polls for events until the
// server ends, so the server must end first.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "harness/http.hpp"

namespace tutti::bench {

class JanusApi {
 public:
  explicit JanusApi(Endpoint server) : http_(server) {}
  ~JanusApi();

  // Of a server that is up: "1.1.2".
  [[nodiscard]] Result<std::string> version();
  // Opens the session; the others need it.
  [[nodiscard]] Result<void> open();
  // A handle of a plugin: "janus.plugin.videoroom".
  [[nodiscard]] Result<uint64_t> attach(const std::string& plugin);
  [[nodiscard]] Result<void> detach(uint64_t handle);
  // What the plugin says to a request. Its errors, too, come as errors; their `type` is "janus-" and the plugin's code.
  [[nodiscard]] Result<boost::json::object> ask(uint64_t handle, boost::json::object body);

 private:
  using Event = std::promise<boost::json::object>;

  [[nodiscard]] Result<boost::json::object> post(const std::string& path, boost::json::object request);
  std::string next_transaction();
  void poll_events();

  HttpClient http_;
  uint64_t session_ = 0;
  std::mutex mutex_;
  uint64_t transactions_ = 0;
  std::map<std::string, Event> waiting_;  // by transaction
  bool closed_ = false;                   // no event comes any more
  std::thread events_;
};

}  // namespace tutti::bench
