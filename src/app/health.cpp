#include "app/health.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <exception>
#include <ostream>
#include <string>

namespace tutti::app {
namespace {

namespace asio = boost::asio;
using asio::use_awaitable;
using asio::ip::tcp;

constexpr auto kDeadline = std::chrono::seconds(3);
constexpr size_t kMaxStatusLine = 512;

// The address on this machine: one that stands for all is asked at loopback.
Endpoint reachable(Endpoint listen) {
  if (listen.ip.is_unspecified()) {
    listen.ip = *IpAddress::parse(listen.ip.is_v6() ? "::1" : "127.0.0.1");
  }
  return listen;
}

template <class Stream>
asio::awaitable<std::string> ask(Stream& stream, const Endpoint& daemon) {
  const std::string request = "GET /healthz HTTP/1.1\r\nHost: " + daemon.str() + "\r\nConnection: close\r\n\r\n";
  co_await asio::async_write(stream, asio::buffer(request), use_awaitable);
  std::string answer;
  const size_t end =
      co_await asio::async_read_until(stream, asio::dynamic_buffer(answer, kMaxStatusLine), "\r\n", use_awaitable);
  co_return answer.substr(0, end - 2);
}

asio::awaitable<std::string> status_line(const Config& config, const Endpoint& daemon) {
  tcp::socket socket(co_await asio::this_coro::executor);
  co_await socket.async_connect(tcp::endpoint(asio::ip::make_address(daemon.ip.str()), daemon.port), use_awaitable);
  if (!config.http.tls()) co_return co_await ask(socket, daemon);
  asio::ssl::context tls(asio::ssl::context::tls_client);
  tls.set_verify_mode(asio::ssl::verify_none);
  asio::ssl::stream<tcp::socket> stream(std::move(socket), tls);
  co_await stream.async_handshake(asio::ssl::stream_base::client, use_awaitable);
  co_return co_await ask(stream, daemon);
}

}  // namespace

bool check_health(const Config& config, std::ostream& err) {
  const Endpoint daemon = reachable(config.http.listen);
  std::string status, reason = "no answer within 3 s";
  asio::io_context io(1);
  asio::co_spawn(io, status_line(config, daemon), [&](const std::exception_ptr& failure, std::string line) {
    try {
      if (failure) std::rethrow_exception(failure);
      status = std::move(line);
      reason = "it answers: " + status.substr(0, 80);
    } catch (const boost::system::system_error& e) {
      reason = e.code().message();
    } catch (const std::exception& e) {
      reason = e.what();
    }
  });
  io.run_for(kDeadline);
  if (status.starts_with("HTTP/1.1 200")) return true;
  err << "tuttid at " << daemon.str() << " is not healthy: " << reason << "\n";
  return false;
}

}  // namespace tutti::app
