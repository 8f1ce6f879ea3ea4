// The handshake between honest ends, and what each refuses of the other.
#include <catch2/catch.hpp>
#include <string>

#include "support/dtls_link.hpp"
#include "support/raw_dtls_client.hpp"
#include "tutti/proto/dtls/transport.hpp"

using namespace tutti;
using namespace tutti::dtls;
using test::DtlsLink;
using test::DtlsPair;
using test::RawDtlsClient;
using test::RawDtlsOptions;

namespace {

// A server Transport and an OpenSSL client.
struct RawPair {
  explicit RawPair(const RawDtlsOptions& options) : client(options) {}
  void run() { link.run_for(TimeDelta::seconds(1)); }

  const Timestamp start = DtlsPair::begin();
  Context context{DtlsPair::server_certificate()};
  Transport server{context, Role::kServer, {DtlsPair::client_certificate().fingerprint()}, start};
  RawDtlsClient client;
  DtlsLink<RawDtlsClient, Transport> link{client, server, start};
};

RawDtlsOptions with_certificate() {
  RawDtlsOptions options;
  options.certificate = &DtlsPair::client_certificate();
  return options;
}

}  // namespace

TEST_CASE("a handshake gives both ends the same keys, crosswise", "[dtls][handshake]") {
  DtlsPair pair;
  CHECK(pair.server.state() == State::kNew);
  CHECK(pair.client.state() == State::kConnecting);
  CHECK_FALSE(pair.client.srtp_keys());
  REQUIRE(pair.connect());

  const auto client = pair.client.srtp_keys(), server = pair.server.srtp_keys();
  REQUIRE((client && server));
  CHECK(client->suite == SrtpSuite::kAeadAes128Gcm);
  CHECK(server->suite == SrtpSuite::kAeadAes128Gcm);
  CHECK(client->local == server->remote);
  CHECK(client->remote == server->local);
  CHECK_FALSE(client->local == client->remote);
  CHECK(client->local.size() == 28);
  CHECK(pair.link.now() - pair.start == TimeDelta::millis(80));  // two round trips
  CHECK(pair.client.next_deadline() == Timestamp::never());
  CHECK(pair.server.next_deadline() == Timestamp::never());
}

TEST_CASE("the keys are those of RFC 5764's exporter", "[dtls][handshake]") {
  RawPair pair(with_certificate());
  pair.run();
  const auto keys = pair.server.srtp_keys();
  REQUIRE(keys);
  std::array<uint8_t, 56> material{};
  REQUIRE(SSL_export_keying_material(pair.client.ssl(), material.data(), material.size(), "EXTRACTOR-dtls_srtp", 19,
                                     nullptr, 0, 0) == 1);
  const std::span<const uint8_t> m(material);
  CHECK(keys->remote == SrtpMasterKey(m.subspan(0, 16), m.subspan(32, 12)));
  CHECK(keys->local == SrtpMasterKey(m.subspan(16, 16), m.subspan(44, 12)));
}

TEST_CASE("the server's order of SRTP suites wins over the client's", "[dtls][handshake]") {
  // Chromium's order, which has AES-CM first and AEAD_AES_128_GCM last.
  RawPair pair(with_certificate());
  pair.run();
  REQUIRE(pair.server.srtp_keys());
  CHECK(pair.server.srtp_keys()->suite == SrtpSuite::kAeadAes128Gcm);
}

TEST_CASE("each SRTP suite can be agreed on", "[dtls][handshake]") {
  const auto suite = GENERATE(SrtpSuite::kAesCm128HmacSha1_80, SrtpSuite::kAeadAes128Gcm, SrtpSuite::kAeadAes256Gcm);
  DtlsPair pair({.suites = {suite}});
  REQUIRE(pair.connect());
  CHECK(pair.server.srtp_keys()->suite == suite);
  CHECK(pair.client.srtp_keys()->suite == suite);
  CHECK(pair.server.srtp_keys()->local.size() == master_key_size(suite));
}

TEST_CASE("one of several fingerprints, of any known hash, is enough", "[dtls][fingerprint]") {
  DtlsPair pair;
  const auto hash = GENERATE(HashAlgorithm::kSha256, HashAlgorithm::kSha384, HashAlgorithm::kSha512);
  Transport server(pair.server_context, Role::kServer,
                   {DtlsPair::server_certificate().fingerprint(), DtlsPair::client_certificate().fingerprint(hash)},
                   pair.start);
  DtlsLink link(pair.client, server, pair.start);
  link.run_for(TimeDelta::seconds(1));
  CHECK(server.state() == State::kConnected);
}

TEST_CASE("a server refuses a certificate with another fingerprint", "[dtls][fingerprint]") {
  DtlsPair pair;
  Transport server(pair.server_context, Role::kServer, {DtlsPair::server_certificate().fingerprint()}, pair.start);
  DtlsLink link(pair.client, server, pair.start);
  link.run_for(TimeDelta::seconds(1));
  CHECK(server.state() == State::kFailed);
  CHECK(std::string(server.failure()).find("fingerprint") != std::string::npos);
  CHECK_FALSE(server.srtp_keys());
  CHECK(pair.client.state() == State::kFailed);  // by the alert, not by its deadline
  CHECK_FALSE(pair.client.srtp_keys());
}

TEST_CASE("a client refuses a certificate with another fingerprint", "[dtls][fingerprint]") {
  DtlsPair pair;
  Transport client(pair.client_context, Role::kClient, {DtlsPair::client_certificate().fingerprint()}, pair.start);
  DtlsLink link(client, pair.server, pair.start);
  link.run_for(TimeDelta::seconds(1));
  CHECK(client.state() == State::kFailed);
  CHECK(std::string(client.failure()).find("fingerprint") != std::string::npos);
  CHECK(pair.server.state() == State::kFailed);
  CHECK_FALSE(pair.server.srtp_keys());
}

TEST_CASE("without an expected fingerprint nobody is let in", "[dtls][fingerprint]") {
  DtlsPair pair;
  Transport server(pair.server_context, Role::kServer, {}, pair.start);
  DtlsLink link(pair.client, server, pair.start);
  link.run_for(TimeDelta::seconds(1));
  CHECK(server.state() == State::kFailed);
}

TEST_CASE("a client without a certificate fails", "[dtls][handshake]") {
  RawPair pair(RawDtlsOptions{});
  pair.run();
  CHECK(pair.server.state() == State::kFailed);
  CHECK_FALSE(pair.server.srtp_keys());
  CHECK_FALSE(pair.client.finished());
}

TEST_CASE("a client that offers no SRTP fails, and is told", "[dtls][handshake]") {
  auto options = with_certificate();
  options.srtp_profiles = GENERATE("", "SRTP_AES128_CM_SHA1_32");
  RawPair pair(options);
  pair.run();
  CHECK(pair.server.state() == State::kFailed);
  CHECK(pair.server.failure() == "no SRTP suite in common");
  CHECK_FALSE(pair.server.srtp_keys());
  CHECK(pair.client.closed_by_peer());
}

TEST_CASE("a client without the extended master secret fails", "[dtls][handshake]") {
  auto options = with_certificate();
  options.options = SSL_OP_NO_EXTENDED_MASTER_SECRET;
  RawPair pair(options);
  pair.run();
  CHECK(pair.server.state() == State::kFailed);
  CHECK(pair.server.failure() == "no extended master secret");
}

TEST_CASE("a client that speaks DTLS 1.0 only fails", "[dtls][handshake]") {
  auto options = with_certificate();
  options.max_version = DTLS1_VERSION;
  RawPair pair(options);
  pair.run();
  CHECK(pair.server.state() == State::kFailed);
}

TEST_CASE("a ClientHello in several fragments is put together, in any order", "[dtls][handshake]") {
  auto options = with_certificate();
  options.padding = 1'200;  // 1.4 kB, as Chromium's with its post-quantum key share
  options.max_datagram = GENERATE(1'200, 256);
  const bool reversed = GENERATE(false, true);
  RawPair pair(options);
  size_t fragments = 0;
  pair.link.set_policy([&](size_t index, bool to_server, std::span<const uint8_t> datagram) -> test::Fate {
    const bool hello = to_server && datagram.size() > 13 && datagram[0] == 22 && datagram[13] == 1;
    fragments += hello;
    return {hello && reversed ? TimeDelta::millis(10 - static_cast<int64_t>(index)) : TimeDelta::zero()};
  });
  pair.run();
  CHECK(fragments >= 2);
  CHECK(pair.server.state() == State::kConnected);
}

TEST_CASE("no datagram is larger than was set", "[dtls][handshake]") {
  const size_t limit = GENERATE(300, 1'200);
  DtlsPair pair({.max_datagram = limit}, {.max_datagram = limit});
  size_t largest = 0;
  pair.link.set_policy([&](size_t, bool, std::span<const uint8_t> datagram) {
    largest = std::max(largest, datagram.size());
    return test::kArrives;
  });
  REQUIRE(pair.connect());
  CHECK(largest <= limit);
  CHECK(largest > limit / 2);
}

TEST_CASE("close_notify closes both ends and takes the keys away", "[dtls][close]") {
  DtlsPair pair;
  REQUIRE(pair.connect());
  SECTION("from the client") { pair.client.close(); }
  SECTION("from the server") { pair.server.close(); }
  pair.link.run_for(TimeDelta::seconds(1));
  CHECK(pair.client.state() == State::kClosed);
  CHECK(pair.server.state() == State::kClosed);
  CHECK_FALSE(pair.client.srtp_keys());
  CHECK_FALSE(pair.server.srtp_keys());
}

TEST_CASE("an end that is closed before it connected sends nothing and stays closed", "[dtls][close]") {
  DtlsPair pair;
  pair.server.close();
  const size_t before = pair.link.sent();
  std::array<uint8_t, 1500> buffer;
  CHECK(pair.server.poll_transmit(buffer) == 0);
  CHECK_FALSE(pair.connect(TimeDelta::millis(100)));
  CHECK(pair.server.state() == State::kClosed);
  CHECK(pair.link.sent() == before + 1);  // the client's hello, unanswered
}
