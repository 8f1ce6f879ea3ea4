// One HTTP/1.1 connection as one coroutine: head, access, body, answer, again; or events until either side ends them.
// The deadline of a request runs from its first byte to its last, so a slow sender holds a connection only so long. A
// template over the stream, instantiated in connection_plain.cpp and connection_tls.cpp only. Control thread.
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream_base.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>

#include "api/connection_host.hpp"
#include "api/event_listener.hpp"
#include "api/http_message.hpp"
#include "tutti/base/log.hpp"

namespace tutti::api {

namespace asio = boost::asio;
namespace beast = boost::beast;

template <class Stream>
class Connection final : public OpenConnection, public std::enable_shared_from_this<Connection<Stream>> {
 public:
  static constexpr bool kTls = !std::is_same_v<Stream, beast::tcp_stream>;

  Connection(Stream stream, Endpoint client, std::shared_ptr<ConnectionHost> host)
      : stream_(std::move(stream)), timer_(stream_.get_executor()), client_(client), host_(std::move(host)) {
    host_->open.insert(this);
    host_->service.figures().connections = host_->open.size();
  }
  ~Connection() override {
    host_->open.erase(this);
    host_->service.figures().connections = host_->open.size();
  }

  static void start(std::shared_ptr<Connection> self) {
    // The coroutine holds `self` until it ends.
    asio::co_spawn(self->stream_.get_executor(), run(self), asio::detached);
  }

  void close() override {
    closed_ = true;
    timer_.cancel();
    lowest().close();
  }

 private:
  using Parser = beast::http::request_parser<beast::http::string_body>;
  static constexpr size_t kReadAhead = 4096;
  static constexpr size_t kDrainBytes = 256 * 1024;

  static asio::awaitable<void> run(std::shared_ptr<Connection> self) {
    try {
      if (co_await self->open()) {
        while (!self->closed_ && co_await self->serve_one()) {
        }
        if (!self->closed_) co_await self->shut_down();
      }
    } catch (const std::exception& e) {
      // Out of memory, or a defect: this connection ends, the others do not.
      log(LogLevel::kError, "http connection failed", {{"client", self->client_.str()}, {"error", e.what()}});
    }
    self->lowest().close();
  }

  asio::awaitable<bool> open() {
    if constexpr (kTls) {
      arm(host_->config.request_timeout);
      co_await stream_.async_handshake(asio::ssl::stream_base::server, token());
      co_return !ec_;
    }
    co_return true;
  }

  // False when the connection is to end.
  asio::awaitable<bool> serve_one() {
    if (buffer_.size() == 0) {
      arm(host_->config.idle_timeout);
      const size_t n = co_await stream_.async_read_some(buffer_.prepare(kReadAhead), token());
      if (ec_) co_return false;
      buffer_.commit(n);
    }
    arm(host_->config.request_timeout);
    Parser parser;
    parser.header_limit(static_cast<uint32_t>(host_->config.max_header.bytes()));
    parser.body_limit(boost::none);  // set when the route is known
    co_await beast::http::async_read_header(stream_, buffer_, parser, token());
    if (ec_) co_return co_await refuse_bytes();

    auto request = to_request(parser.get(), client_, kTls);
    if (!request)
      co_return co_await refuse(400, "invalid-request", "The target must be a path, and Host must stand once.");
    const bool has_body = parser.chunked() || parser.content_length().value_or(0) > 0;
    const bool keep_alive = parser.get().keep_alive();
    const Service::Admission admission = host_->service.admit(*request);
    if (admission.answer) {
      const bool goes_on = co_await write(admission, request->method, *admission.answer, keep_alive && !has_body);
      if (has_body) co_await drain();
      co_return goes_on;
    }
    if (parser.content_length().value_or(0) > admission.max_body) {
      co_return co_await refuse(413, "body-too-large", too_large(admission.max_body));
    }
    parser.body_limit(admission.max_body);
    if (has_body) {
      if (beast::iequals(parser.get()[beast::http::field::expect], "100-continue")) {
        static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
        co_await asio::async_write(stream_, asio::buffer(kContinue), token());
        if (ec_) co_return false;
      }
      co_await beast::http::async_read(stream_, buffer_, parser, token());
      if (ec_ == beast::http::error::body_limit) {
        co_return co_await refuse(413, "body-too-large", too_large(admission.max_body));
      }
      if (ec_) co_return co_await refuse_bytes();
      request->body = std::move(parser.get().body());
    }
    const Method method = request->method;
    const bool http11 = parser.get().version() >= 11;
    Response response = co_await answer(admission, std::move(*request));
    if (closed_) co_return false;
    if (response.events) co_return co_await stream_events(admission, method, std::move(response), keep_alive, http11);
    co_return co_await write(admission, method, std::move(response), keep_alive);
  }

  // The handler's response, or 503 if the rooms do not give one in time.
  asio::awaitable<Response> answer(const Service::Admission& admission, Request request) {
    struct Slot {
      std::optional<Response> response;
      bool waiting = false;
    };
    const auto slot = std::make_shared<Slot>();
    host_->service.handle(admission, std::move(request), [slot, self = this->shared_from_this()](Response response) {
      if (slot->response) return;
      slot->response = std::move(response);
      if (slot->waiting) self->timer_.cancel();
    });
    if (!slot->response) {
      slot->waiting = true;
      co_await wait(host_->config.request_timeout);
      slot->waiting = false;
    }
    if (!slot->response) {
      slot->response = problem_response(503, "no-answer", "The room did not answer in time.");
    }
    co_return std::move(*slot->response);
  }

  // True if another request may follow.
  asio::awaitable<bool> write(const Service::Admission& admission, Method method, Response response, bool keep_alive) {
    host_->service.finish(admission, method, response);
    const std::string head = head_text(response, keep_alive, false);
    const std::string_view body = method == Method::kHead ? std::string_view() : response.body_view();
    const std::array<asio::const_buffer, 2> buffers = {asio::buffer(head), asio::buffer(body)};
    arm(host_->config.request_timeout);
    co_await asio::async_write(stream_, buffers, token());
    if (log_enabled(LogLevel::kDebug)) {
      log(LogLevel::kDebug, "http request",
          {{"method", std::string(to_string(method))},
           {"route", std::string(admission.pattern)},
           {"status", std::to_string(response.status)},
           {"client", client_.str()}});
    }
    co_return !ec_ && keep_alive;
  }

  asio::awaitable<bool> stream_events(const Service::Admission& admission, Method method, Response response,
                                      bool keep_alive, bool chunked) {
    const std::shared_ptr<EventListener> listener = response.events;
    host_->service.finish(admission, method, response);
    keep_alive = keep_alive && chunked;
    std::string out = head_text(response, keep_alive, chunked);
    listener->on_wake([weak = this->weak_from_this()] {
      if (const auto self = weak.lock()) self->timer_.cancel();
    });
    while (true) {
      arm(host_->config.request_timeout);
      co_await asio::async_write(stream_, asio::buffer(out), token());
      if (ec_ || closed_) break;
      std::string events = listener->take();
      if (events.empty()) {
        if (listener->finished()) break;
        co_await wait(host_->config.ping_interval);
        if (closed_) break;
        events = listener->take();
        if (events.empty() && listener->finished()) break;
        if (events.empty()) events = ": ping\n\n";
      }
      out = chunked ? chunk_text(events) : std::move(events);
    }
    listener->on_wake(nullptr);
    listener->close();
    if (ec_ || closed_ || listener->cut_off()) co_return false;
    if (!chunked) co_return false;
    arm(host_->config.request_timeout);
    co_await asio::async_write(stream_, asio::buffer(chunk_text({})), token());
    co_return !ec_ && keep_alive;
  }

  // Answers bytes that are no request, where the client may still read it, and ends.
  asio::awaitable<bool> refuse_bytes() {
    if (ec_ == beast::http::error::header_limit) {
      co_return co_await refuse(431, "header-too-large", "The header section is larger than this server takes.");
    }
    static const beast::error_code kParseError = beast::http::make_error_code(beast::http::error::bad_value);
    const bool ended = ec_ == beast::http::error::end_of_stream || ec_ == beast::http::error::partial_message;
    if (ended || ec_.category() != kParseError.category()) co_return false;
    co_return co_await refuse(400, "invalid-request", "This is not an HTTP request: " + ec_.message() + ".");
  }

  asio::awaitable<bool> refuse(unsigned status, std::string type, std::string detail) {
    co_await write(Service::Admission(), Method::kOther, problem_response(status, std::move(type), std::move(detail)),
                   false);
    co_return co_await drain();
  }

  // Reads on for a moment: closing with unread bytes resets the connection, and the client might not see the answer.
  asio::awaitable<bool> drain() {
    if (ec_) co_return false;
    beast::error_code ignored;
    if constexpr (!kTls) stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    arm(kDrainTime);
    std::array<char, kReadAhead> bytes;
    for (size_t total = 0; total < kDrainBytes;) {
      const size_t n = co_await stream_.async_read_some(asio::buffer(bytes), token());
      if (ec_) break;
      total += n;
    }
    co_return false;
  }

  asio::awaitable<void> shut_down() {
    if constexpr (kTls) {
      arm(kDrainTime);
      co_await stream_.async_shutdown(token());
    } else {
      beast::error_code ignored;
      stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
      co_return;
    }
  }

  static std::string too_large(size_t limit) {
    return "The body may have at most " + std::to_string(limit) + " bytes here.";
  }

  static constexpr TimeDelta kDrainTime = TimeDelta::seconds(2);

  auto& lowest() { return beast::get_lowest_layer(stream_); }
  // The time by which every read and write from now on must be done.
  void arm(TimeDelta time) { lowest().expires_after(std::chrono::microseconds(time.us())); }
  auto token() { return asio::redirect_error(asio::use_awaitable, ec_); }
  // Until the time has passed or somebody cancels timer_.
  asio::awaitable<void> wait(TimeDelta time) {
    timer_.expires_after(std::chrono::microseconds(time.us()));
    beast::error_code ignored;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }

  Stream stream_;
  asio::steady_timer timer_;
  beast::flat_buffer buffer_;
  beast::error_code ec_;  // of the last operation
  Endpoint client_;
  std::shared_ptr<ConnectionHost> host_;
  bool closed_ = false;
};

Endpoint to_endpoint(const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace tutti::api
