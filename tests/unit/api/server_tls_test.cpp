// HTTPS over a real loopback socket, with a certificate that the test makes.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "support/backend_double.hpp"
#include "tutti/api/server.hpp"

using namespace tutti;
using namespace tutti::api;
namespace asio = boost::asio;
namespace ssl = asio::ssl;

namespace {

// A self-signed certificate and its key as PEM files, gone with the object.
class CertificateFiles {
 public:
  CertificateFiles()
      : folder_(std::filesystem::temp_directory_path() / ("tutti-tls-test-" + std::to_string(::getpid()))) {
    std::filesystem::create_directory(folder_);
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> x509(X509_new(), X509_free);
    X509_gmtime_adj(X509_getm_notBefore(x509.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x509.get()), 3600);
    X509_set_pubkey(x509.get(), key.get());
    X509_sign(x509.get(), key.get(), EVP_sha256());
    write(certificate(), [&](std::FILE* f) { PEM_write_X509(f, x509.get()); });
    write(this->key(),
          [&](std::FILE* f) { PEM_write_PrivateKey(f, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  }
  ~CertificateFiles() { std::filesystem::remove_all(folder_); }
  std::string certificate() const { return folder_ / "cert.pem"; }
  std::string key() const { return folder_ / "key.pem"; }

 private:
  template <class Write>
  static void write(const std::string& path, Write write) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "w"), std::fclose);
    REQUIRE(file);
    write(file.get());
  }
  std::filesystem::path folder_;
};

struct Fixture {
  Fixture() : server(control, config(), backend, random) { REQUIRE(server.start().has_value()); }
  ~Fixture() {
    server.stop();
    control.restart();
    control.run_for(std::chrono::seconds(5));
  }
  ServerConfig config() const {
    ServerConfig c;
    c.listen = {Endpoint{IpAddress::v4({127, 0, 0, 1}), 0}};
    c.tls_certificate = files.certificate();
    c.tls_key = files.key();
    return c;
  }
  asio::ip::tcp::endpoint address() const {
    return {asio::ip::address_v4::loopback(), server.local_endpoints().at(0).port};
  }
  // Runs until `done` is set; 20 seconds at most.
  void run(const bool& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    control.restart();
    while (!done && std::chrono::steady_clock::now() < deadline) control.run_one_for(std::chrono::milliseconds(200));
    REQUIRE(done);
  }

  CertificateFiles files;
  asio::io_context control{1};
  SeededRandom random{1};
  test::BackendDouble backend;
  Server server;
};

}  // namespace

TEST_CASE("HTTPS serves a request", "[api][server][tls]") {
  Fixture f;
  ssl::context context(ssl::context::tls_client);
  ssl::stream<asio::ip::tcp::socket> stream(f.control, context);
  stream.next_layer().connect(f.address());
  const std::string request =
      "GET /healthz HTTP/1.1\r\nHost: localhost\r\nOrigin: https://localhost\r\nConnection: close\r\n\r\n";
  std::string received;
  bool done = false;
  stream.async_handshake(ssl::stream_base::client, [&](boost::system::error_code ec) {
    REQUIRE_FALSE(ec);
    asio::async_write(stream, asio::buffer(request), [&](boost::system::error_code, size_t) {
      asio::async_read(stream, asio::dynamic_buffer(received), [&](boost::system::error_code, size_t) { done = true; });
    });
  });
  f.run(done);
  CHECK(received.rfind("HTTP/1.1 200 OK\r\n", 0) == 0);
  CHECK(received.find("\"ok\"") != std::string::npos);
}

TEST_CASE("HTTPS refuses what is older than TLS 1.2, and plain HTTP", "[api][server][tls]") {
  Fixture f;
  ssl::context context(ssl::context::tls_client);
  SSL_CTX_set_security_level(context.native_handle(), 0);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context.native_handle(), TLS1_1_VERSION);
  ssl::stream<asio::ip::tcp::socket> stream(f.control, context);
  stream.next_layer().connect(f.address());
  bool done = false;
  boost::system::error_code handshake;
  stream.async_handshake(ssl::stream_base::client, [&](boost::system::error_code ec) {
    handshake = ec;
    done = true;
  });
  f.run(done);
  CHECK(handshake);

  asio::ip::tcp::socket plain(f.control);
  plain.connect(f.address());
  asio::write(plain, asio::buffer(std::string("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")));
  std::string received;
  done = false;
  asio::async_read(plain, asio::dynamic_buffer(received), [&](boost::system::error_code, size_t) { done = true; });
  f.run(done);
  CHECK(received.find("HTTP/1.1") == std::string::npos);
}

TEST_CASE("a key that does not fit its certificate is refused at start", "[api][server][tls]") {
  const CertificateFiles files;
  asio::io_context control;
  SeededRandom random{1};
  test::BackendDouble backend;
  ServerConfig config;
  config.listen = {Endpoint{IpAddress::v4({127, 0, 0, 1}), 0}};
  config.tls_certificate = files.certificate();
  config.tls_key = files.certificate();
  Server server(control, config, backend, random);
  const auto started = server.start();
  REQUIRE_FALSE(started.has_value());
  CHECK(started.error().detail.find(files.certificate()) != std::string::npos);
}
