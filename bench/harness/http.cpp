#include "harness/http.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <mutex>
#include <utility>
#include <vector>

namespace tutti::bench {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

}  // namespace

// Synchronous calls of a beast stream know no deadline, so each step is started and its context run for what is left.
struct HttpClient::Connection {
  asio::io_context context{1};
  beast::tcp_stream stream{context};
  beast::flat_buffer buffer;
  bool used = false;

  template <class Start>
  error_code run(std::chrono::steady_clock::time_point deadline, Start&& start) {
    error_code failure = beast::error::timeout;
    stream.expires_at(deadline);
    start([&failure](error_code error, auto&&...) { failure = error; });
    context.restart();
    context.run();
    return failure;
  }
};

struct HttpClient::Impl {
  Endpoint server;
  std::mutex mutex;
  std::vector<std::unique_ptr<Connection>> idle;

  std::unique_ptr<Connection> take() {
    const std::lock_guard lock(mutex);
    if (idle.empty()) return std::make_unique<Connection>();
    auto connection = std::move(idle.back());
    idle.pop_back();
    return connection;
  }
  void give(std::unique_ptr<Connection> connection) {
    const std::lock_guard lock(mutex);
    idle.push_back(std::move(connection));
  }
};

HttpClient::HttpClient(Endpoint server) : impl_(std::make_unique<Impl>()) { impl_->server = server; }
HttpClient::~HttpClient() = default;

Result<HttpAnswer> HttpClient::request(const std::string& method, const std::string& path, const std::string& body,
                                       std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  http::request<http::string_body> request{http::string_to_verb(method), path, 11};
  request.set(http::field::host, impl_->server.str());
  if (!body.empty()) request.set(http::field::content_type, "application/json");
  request.body() = body;
  request.prepare_payload();

  // A connection that was kept may have been closed meanwhile: then once more, with a new one.
  for (;;) {
    auto connection = impl_->take();
    const bool kept = std::exchange(connection->used, true);
    error_code error;
    if (!kept) {
      const asio::ip::tcp::endpoint to(asio::ip::make_address(impl_->server.ip.str()), impl_->server.port);
      error = connection->run(deadline, [&](auto done) { connection->stream.async_connect(to, done); });
      if (!error) connection->stream.socket().set_option(asio::ip::tcp::no_delay(true), error);
    }
    if (!error)
      error = connection->run(deadline, [&](auto done) { http::async_write(connection->stream, request, done); });
    http::response<http::string_body> response;
    if (!error) {
      error = connection->run(
          deadline, [&](auto done) { http::async_read(connection->stream, connection->buffer, response, done); });
    }
    if (!error) {
      if (response.keep_alive()) impl_->give(std::move(connection));
      return HttpAnswer{response.result_int(), std::move(response.body())};
    }
    if (kept && error != beast::error::timeout) continue;
    return Error{ErrorKind::kUnavailable, "no-answer", method + " " + path + ": " + error.message(), {}};
  }
}

uint16_t free_port() {
  asio::io_context context{1};
  asio::ip::tcp::acceptor probe(context, {asio::ip::address_v4::loopback(), 0});
  return probe.local_endpoint().port();
}

}  // namespace tutti::bench
