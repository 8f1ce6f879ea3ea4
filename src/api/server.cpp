#include "tutti/api/server.hpp"

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

#include "api/connection_host.hpp"
#include "api/tls_context.hpp"
#include "tutti/base/log.hpp"

namespace tutti::api {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

Endpoint to_endpoint(const tcp::endpoint& endpoint) {
  const auto& address = endpoint.address();
  return {address.is_v4() ? IpAddress::v4(address.to_v4().to_bytes()) : IpAddress::v6(address.to_v6().to_bytes()),
          endpoint.port()};
}

namespace {

tcp::endpoint from_endpoint(const Endpoint& endpoint) {
  if (endpoint.ip.is_v6()) {
    asio::ip::address_v6::bytes_type bytes;
    std::copy_n(endpoint.ip.data(), bytes.size(), bytes.begin());
    return {asio::ip::address_v6(bytes), endpoint.port};
  }
  asio::ip::address_v4::bytes_type bytes{};
  std::copy_n(endpoint.ip.data(), bytes.size(), bytes.begin());
  return {asio::ip::address_v4(bytes), endpoint.port};
}

}  // namespace

class Server::Impl : public std::enable_shared_from_this<Server::Impl> {
 public:
  Impl(asio::io_context& control, const ServerConfig& config, Backend& backend, Random& random)
      : control_(control), host_(std::make_shared<ConnectionHost>(config, backend, random)) {}

  Result<void> start() {
    const ServerConfig& config = host_->config;
    if (!config.tls_certificate.empty() || !config.tls_key.empty()) {
      auto context = make_tls_context(config.tls_certificate, config.tls_key);
      if (!context) return context.error();
      tls_ = *context;
    }
    for (const Endpoint& address : config.listen) {
      if (config.api_keys.empty() && !address.ip.is_loopback()) {
        return invalid("cannot listen on " + address.str() + " without API keys: only loopback is safe then");
      }
      if (const auto bound = listen(address); !bound) return bound.error();
    }
    for (auto& acceptor : acceptors_) asio::co_spawn(control_, accept(shared_from_this(), *acceptor), asio::detached);
    return {};
  }

  std::vector<Endpoint> local_endpoints() const {
    std::vector<Endpoint> out;
    for (const auto& acceptor : acceptors_) {
      error_code ec;
      const auto local = acceptor->local_endpoint(ec);
      if (!ec) out.push_back(to_endpoint(local));
    }
    return out;
  }

  Service& service() { return host_->service; }

  void stop() {
    error_code ignored;
    for (auto& acceptor : acceptors_) acceptor->close(ignored);
    const auto open = host_->open;  // closing one may take it out of the set
    for (OpenConnection* connection : open) connection->close();
  }

 private:
  Result<void> listen(const Endpoint& address) {
    auto acceptor = std::make_unique<tcp::acceptor>(control_);
    const tcp::endpoint local = from_endpoint(address);
    error_code ec;
    acceptor->open(local.protocol(), ec);
    if (!ec) acceptor->set_option(tcp::acceptor::reuse_address(true), ec);
    if (!ec && local.protocol() == tcp::v6()) acceptor->set_option(asio::ip::v6_only(true), ec);
    if (!ec) acceptor->bind(local, ec);
    if (!ec) acceptor->listen(tcp::acceptor::max_listen_connections, ec);
    if (ec)
      return Error{
          ErrorKind::kUnavailable, "listen-failed", "cannot listen on " + address.str() + ": " + ec.message(), {}};
    acceptors_.push_back(std::move(acceptor));
    return {};
  }

  static asio::awaitable<void> accept(std::shared_ptr<Impl> self, tcp::acceptor& acceptor) {
    asio::steady_timer pause(acceptor.get_executor());
    while (acceptor.is_open()) {
      error_code ec;
      tcp::socket socket = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, ec));
      if (!acceptor.is_open()) co_return;
      if (ec) {
        // Mostly no file descriptors left: trying again at once would spin.
        log(LogLevel::kWarn, "http accept failed", {{"error", ec.message()}});
        pause.expires_after(std::chrono::milliseconds(100));
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ec));
        continue;
      }
      self->take(std::move(socket));
    }
  }

  void take(tcp::socket socket) {
    HttpFigures& figures = host_->service.figures();
    if (host_->open.size() >= host_->config.max_connections) {
      ++figures.connections_refused;
      return;
    }
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    if (tls_) {
      serve_tls(std::move(socket), tls_, host_);
    } else {
      serve_plain(std::move(socket), host_);
    }
  }

  asio::io_context& control_;
  std::shared_ptr<ConnectionHost> host_;
  std::shared_ptr<asio::ssl::context> tls_;
  std::vector<std::unique_ptr<tcp::acceptor>> acceptors_;
};

Server::Server(asio::io_context& control, ServerConfig config, Backend& backend, Random& random)
    : impl_(std::make_shared<Impl>(control, config, backend, random)) {}
Server::~Server() { stop(); }

Result<void> Server::start() { return impl_->start(); }
std::vector<Endpoint> Server::local_endpoints() const { return impl_->local_endpoints(); }
void Server::publish(const room::Event& event) { impl_->service().publish(event); }
void Server::begin_shutdown() { impl_->service().begin_shutdown(); }
void Server::stop() { impl_->stop(); }

}  // namespace tutti::api
