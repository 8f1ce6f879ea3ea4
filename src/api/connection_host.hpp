// What the connections of a server share: the service, the settings, and the set of them, by which stop() ends them
// all. Owned by the server, kept alive by its connections. Control thread.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <unordered_set>

#include "api/service.hpp"

namespace tutti::api {

class OpenConnection {
 public:
  virtual ~OpenConnection() = default;
  // Closes the socket; its coroutine then ends by itself.
  virtual void close() = 0;
};

struct ConnectionHost {
  ConnectionHost(const ServerConfig& c, Backend& backend, Random& random)
      : config(c), service(config, backend, random) {}

  ServerConfig config;
  Service service;
  std::unordered_set<OpenConnection*> open;
};

// Each starts a coroutine that serves the connection to its end. The two instantiations of connection.hpp.
void serve_plain(boost::asio::ip::tcp::socket socket, std::shared_ptr<ConnectionHost> host);
void serve_tls(boost::asio::ip::tcp::socket socket, std::shared_ptr<boost::asio::ssl::context> context,
               std::shared_ptr<ConnectionHost> host);

}  // namespace tutti::api
