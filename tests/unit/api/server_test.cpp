// The server over real loopback sockets. One io_context runs both sides, so nothing waits for a clock; where a deadline
// is the subject, it is milliseconds.
#include "tutti/api/server.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <chrono>

#include "support/backend_double.hpp"

using namespace tutti;
using namespace tutti::api;
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

ServerConfig loopback_config() {
  ServerConfig config;
  config.listen = {Endpoint{IpAddress::v4({127, 0, 0, 1}), 0}};
  return config;
}

struct Fixture {
  explicit Fixture(ServerConfig config = loopback_config()) : server(control, std::move(config), backend, random) {
    REQUIRE(server.start().has_value());
    port = server.local_endpoints().at(0).port;
  }
  ~Fixture() {
    server.stop();
    control.restart();
    control.run_for(std::chrono::seconds(5));
  }

  void run_until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    control.restart();
    while (!done() && std::chrono::steady_clock::now() < deadline) control.run_one_for(std::chrono::milliseconds(200));
    REQUIRE(done());
  }

  asio::io_context control{1};
  SeededRandom random{1};
  test::BackendDouble backend;
  Server server;
  uint16_t port = 0;
};

// A client of one connection, which sends text and collects what comes.
struct Client {
  Client(Fixture& fixture) : f(fixture), socket(f.control) {
    socket.connect({asio::ip::address_v4::loopback(), f.port});
    socket.non_blocking(true);
  }
  void send(std::string_view text) { asio::write(socket, asio::buffer(text)); }
  void read_until(const std::function<bool()>& done) {
    f.run_until([&] {
      char bytes[16384];
      boost::system::error_code ec;
      size_t n = 0;
      while ((n = socket.read_some(asio::buffer(bytes), ec)) > 0) received.append(bytes, n);
      closed = closed || (ec && ec != asio::error::would_block);
      return done();
    });
  }
  void read_to_end() {
    read_until([this] { return closed; });
  }
  // Until the connection has given this text.
  void expect(std::string_view text) {
    read_until([this, text] { return received.find(text) != std::string::npos; });
  }
  size_t count(std::string_view text) const {
    size_t n = 0;
    for (size_t at = received.find(text); at != std::string::npos; at = received.find(text, at + 1)) ++n;
    return n;
  }

  Fixture& f;
  tcp::socket socket;
  std::string received;
  bool closed = false;
};

std::string get(std::string path, std::string more = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n";
}
std::string post(std::string path, std::string body) {
  return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

TEST_CASE("a request is answered, and the connection serves the next one", "[api][server]") {
  Fixture f;
  Client client(f);
  client.send(get("/healthz"));
  client.expect("{\"status\":\"ok\"}");
  CHECK(client.received.rfind("HTTP/1.1 200 OK\r\n", 0) == 0);
  CHECK(client.count("X-Content-Type-Options: nosniff\r\n") == 1);
  client.send(get("/readyz", "Connection: close\r\n"));
  client.read_to_end();
  CHECK(client.count("HTTP/1.1 200 OK") == 2);
}

TEST_CASE("pipelined requests are answered in order", "[api][server]") {
  Fixture f;
  f.backend.replies.push_back(room::Reply(test::room_info("one")));
  f.backend.replies.push_back(room::Reply(test::room_info("two")));
  Client client(f);
  client.send(post("/v1/rooms", R"({"id": "one"})") + get("/healthz") + post("/v1/rooms", R"({"id": "two"})"));
  client.expect("\"two\"");
  const size_t one = client.received.find("\"one\""), ok = client.received.find("\"ok\""),
               two = client.received.find("\"two\"");
  CHECK(one < ok);
  CHECK(ok < two);
}

TEST_CASE("a request that comes byte by byte is read", "[api][server]") {
  Fixture f;
  Client client(f);
  for (char c : get("/healthz")) {
    client.send(std::string_view(&c, 1));
    f.control.poll();
  }
  client.expect("\"ok\"");
}

TEST_CASE("HEAD has the head of GET and no body, OPTIONS names what is allowed", "[api][server]") {
  Fixture f;
  Client client(f);
  client.send("HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nOPTIONS /v1/rooms HTTP/1.1\r\nHost: localhost\r\n\r\n");
  client.expect("Allow: GET, HEAD, POST, OPTIONS\r\n");
  CHECK(client.count("Content-Length: 15\r\n") == 1);
  CHECK(client.count("\"ok\"") == 0);
}

TEST_CASE("a body over the limit is refused, announced or in chunks", "[api][server]") {
  ServerConfig config = loopback_config();
  config.max_body = DataSize::bytes(100);
  Fixture f(config);
  Client announced(f);
  announced.send(post("/v1/rooms", std::string(101, ' ')));
  announced.read_to_end();
  CHECK(announced.received.rfind("HTTP/1.1 413 ", 0) == 0);
  CHECK(announced.count("/errors/body-too-large") == 1);
  Client chunked(f);
  chunked.send(
      "POST /v1/rooms HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: "
      "chunked\r\n\r\n80\r\n" +
      std::string(128, ' ') + "\r\n");
  chunked.expect("HTTP/1.1 413 ");
  Client huge(f);
  huge.send(
      "POST /v1/rooms HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
      "18446744073709551615\r\n\r\n");
  huge.expect("HTTP/1.1 4");
  CHECK(f.backend.commands.empty());
}

TEST_CASE("a stranger's body is not read", "[api][server]") {
  ServerConfig config = loopback_config();
  config.api_keys = {{"k", "secret"}};
  Fixture f(config);
  Client client(f);
  client.send(
      "POST /v1/rooms HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n");
  client.expect("HTTP/1.1 401 ");
  CHECK(client.count("WWW-Authenticate: Bearer") == 1);
  CHECK(client.count("Connection: close") == 1);
}

TEST_CASE("100-continue is answered before the body", "[api][server]") {
  Fixture f;
  f.backend.replies.push_back(room::Reply(test::room_info("r")));
  Client client(f);
  client.send(
      "POST /v1/rooms HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\nExpect: "
      "100-continue\r\n\r\n");
  client.expect("HTTP/1.1 100 Continue\r\n\r\n");
  client.send("{}");
  client.expect("HTTP/1.1 201 ");
}

TEST_CASE("a request that does not end in time is dropped", "[api][server]") {
  ServerConfig config = loopback_config();
  config.request_timeout = TimeDelta::millis(50);
  Fixture f(config);
  Client head(f), body(f), silent(f);
  head.send("GET /healthz HTTP/1.1\r\nHost: loc");
  body.send(
      "POST /v1/rooms HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{");
  head.read_to_end();
  body.read_to_end();
  CHECK(head.received.empty());
  CHECK(body.received.empty());
  silent.send(get("/healthz"));
  silent.expect("\"ok\"");
  CHECK_FALSE(silent.closed);
}

TEST_CASE("an idle connection is closed", "[api][server]") {
  ServerConfig config = loopback_config();
  config.idle_timeout = TimeDelta::millis(50);
  Fixture f(config);
  Client client(f);
  client.read_to_end();
  CHECK(client.received.empty());
}

TEST_CASE("a room that does not answer is a 503, and its late answer goes nowhere", "[api][server]") {
  ServerConfig config = loopback_config();
  config.request_timeout = TimeDelta::millis(50);
  Fixture f(config);
  Client client(f);
  client.send(get("/v1/rooms/r"));
  client.expect("/errors/no-answer");
  REQUIRE(f.backend.waiting.size() == 1);
  f.backend.waiting[0](room::Reply(test::room_info("late")));
  client.send(get("/healthz"));
  client.expect("\"ok\"");
  CHECK(client.count("late") == 0);
}

TEST_CASE("bytes that are no request, and heads too large, are refused", "[api][server]") {
  Fixture f;
  for (const std::string bad :
       {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 tls\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
        "GET /healthz HTTP/1.1\r\n\r\n", "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET ftp:x HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        "GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n"}) {
    INFO(bad);
    Client client(f);
    client.send(bad);
    client.expect("HTTP/1.1 400 ");
    client.socket.shutdown(tcp::socket::shutdown_send);
    client.read_to_end();
  }
  Client large(f);
  large.send("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(20'000, 'x'));
  large.expect("HTTP/1.1 431 ");
}

TEST_CASE("more connections than allowed are closed at once", "[api][server]") {
  ServerConfig config = loopback_config();
  config.max_connections = 1;
  Fixture f(config);
  Client first(f);
  first.send(get("/healthz"));
  first.expect("\"ok\"");
  Client second(f);
  second.read_to_end();
  CHECK(second.received.empty());
  first.received.clear();
  first.send(get("/metrics"));
  first.expect("tutti_http_connections_refused_total 1\n");
  CHECK(first.count("tutti_http_connections 1\n") == 1);
}

TEST_CASE("events come in chunks, pings between them, and the stream ends properly at shutdown", "[api][server]") {
  ServerConfig config = loopback_config();
  config.ping_interval = TimeDelta::millis(20);
  Fixture f(config);
  room::Snapshot snapshot;
  snapshot.room = test::room_info("r");
  f.backend.replies.push_back(room::Reply(snapshot));
  Client client(f);
  client.send(get("/v1/rooms/r/events"));
  client.expect("event: snapshot\n");
  CHECK(client.count("Content-Type: text/event-stream\r\n") == 1);
  CHECK(client.count("Transfer-Encoding: chunked\r\n") == 1);
  client.expect(": ping\n\n");
  f.server.publish({RoomId("r"), 1, room::ParticipantJoined{ParticipantId("ada"), "Ada"}});
  client.expect("event: joined\n");
  f.server.begin_shutdown();
  client.expect("\"reason\":\"shutdown\"");
  client.expect("\r\n0\r\n\r\n");
  client.send(get("/readyz"));
  client.expect("HTTP/1.1 503 ");
}

TEST_CASE("a client of HTTP/1.0 gets events without chunks", "[api][server]") {
  Fixture f;
  f.backend.replies.push_back(room::Reply(room::Snapshot()));
  Client client(f);
  client.send("GET /v1/rooms/r/events HTTP/1.0\r\nHost: localhost\r\n\r\n");
  client.expect("event: snapshot\n");
  CHECK(client.count("Transfer-Encoding") == 0);
  f.server.publish({RoomId("r"), 1, room::RoomClosed{}});
  client.read_to_end();
  CHECK(client.count("\"room\":\"closed\"") == 1);
}

TEST_CASE("stop closes what is open, also a request that waits", "[api][server]") {
  Fixture f;
  Client idle(f), waiting(f);
  waiting.send(get("/v1/rooms"));
  f.run_until([&] { return !f.backend.waiting.empty(); });
  f.server.stop();
  idle.read_to_end();
  waiting.read_to_end();
  f.backend.waiting[0](room::Reply(std::vector<room::RoomInfo>()));
}

TEST_CASE("a server that cannot listen says where", "[api][server]") {
  Fixture f;
  ServerConfig config;
  config.listen = {Endpoint{IpAddress::v4({127, 0, 0, 1}), f.port}};
  Server second(f.control, config, f.backend, f.random);
  const auto taken = second.start();
  REQUIRE_FALSE(taken.has_value());
  CHECK(taken.error().detail.find("127.0.0.1:" + std::to_string(f.port)) != std::string::npos);

  config.listen = {Endpoint{IpAddress::v4({0, 0, 0, 0}), 0}};
  Server open(f.control, config, f.backend, f.random);
  CHECK(open.start().error().detail.find("without API keys") != std::string::npos);

  config = loopback_config();
  config.tls_certificate = "/nonexistent/cert.pem";
  config.tls_key = "/nonexistent/key.pem";
  Server tls(f.control, config, f.backend, f.random);
  CHECK(tls.start().error().detail.find("/nonexistent/cert.pem") != std::string::npos);
}
