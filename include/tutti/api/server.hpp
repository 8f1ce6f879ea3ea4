// The HTTP(S) server of the REST interface (docs/openapi.yaml): one coroutine for each connection, one table of
// endpoints, server-sent events, and the page. Made, used and destroyed on the control thread; `control` runs nowhere
// else.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tutti/api/backend.hpp"
#include "tutti/base/endpoint.hpp"
#include "tutti/base/random.hpp"
#include "tutti/base/result.hpp"
#include "tutti/base/units.hpp"
#include "tutti/room/event.hpp"

namespace tutti::api {

// `secret` is the bearer token. It is compared in constant time and never logged.
struct ApiKey {
  std::string id;
  std::string secret;
};

struct ServerConfig {
  std::vector<Endpoint> listen = {Endpoint{IpAddress::v4({127, 0, 0, 1}), 8080}};  // port 0: the kernel chooses
  std::vector<ApiKey> api_keys;  // none: loopback only, by the rules of access.hpp
  std::string tls_certificate;   // PEM files, chain and key; TLS is on when both are named
  std::string tls_key;
  uint32_t max_connections = 10'000;
  DataSize max_header = DataSize::bytes(16 << 10);
  DataSize max_body = DataSize::bytes(1 << 20);
  DataSize max_sdp = DataSize::bytes(64 << 10);
  TimeDelta request_timeout =
      TimeDelta::seconds(30);                       // from the first byte of a request to its last, and for each write
  TimeDelta idle_timeout = TimeDelta::seconds(75);  // between requests
  TimeDelta ping_interval = TimeDelta::seconds(5);  // comments in event streams
  // What a room is made with where the request says nothing. Its limits are also the most that a request may ask for.
  room::RoomConfig room_defaults;
  std::string version;  // for tutti_build_info
};

class Server {
 public:
  Server(boost::asio::io_context& control, ServerConfig config, Backend& backend, Random& random);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Reads the certificate, binds and listens. An error names the file or the address. Without API keys an address that
  // is not loopback is refused.
  [[nodiscard]] Result<void> start();
  // Where it listens, with the ports that the kernel chose.
  std::vector<Endpoint> local_endpoints() const;

  // Hands an event to the listeners of its room. Events of one room must come in the order of their numbers.
  void publish(const room::Event& event);

  // No new participants and event streams (503 `draining`); open event streams are told and end. Requests are answered
  // on.
  void begin_shutdown();
  // Closes the listeners and every connection at once.
  void stop();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace tutti::api
