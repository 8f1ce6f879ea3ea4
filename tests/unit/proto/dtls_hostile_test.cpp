// What a stranger on the path can send, before, during and after the handshake.
#include <catch2/catch.hpp>
#include <vector>

#include "support/dtls_link.hpp"
#include "tutti/base/datagram.hpp"
#include "tutti/proto/dtls/transport.hpp"

using namespace tutti;
using namespace tutti::dtls;
using test::DtlsPair;

namespace {

std::vector<uint8_t> alert(uint8_t epoch, uint8_t level, uint8_t description) {
  return {21, 0xFE, 0xFD, 0, epoch, 0, 0, 0, 0, 0, 99, 0, 2, level, description};
}
const auto kCloseNotify = alert(0, 1, 0);
const auto kHandshakeFailure = alert(0, 2, 40);

// The first datagram of a client: a whole ClientHello.
std::vector<uint8_t> client_hello(const DtlsPair& pair) {
  Transport client(pair.client_context, Role::kClient, {}, pair.start);
  std::vector<uint8_t> out(1500);
  out.resize(client.poll_transmit(out));
  return out;
}

// The client's hello answered, and the answer not yet read.
void begin_handshake(DtlsPair& pair) {
  pair.link.run(pair.start + TimeDelta::seconds(1), [&] { return pair.server.state() == State::kConnecting; });
  REQUIRE(pair.server.state() == State::kConnecting);
}

}  // namespace

TEST_CASE("nothing but a ClientHello wakes a server", "[dtls][hostile]") {
  DtlsPair pair;
  SeededRandom random(7);
  for (int i = 0; i < 1'000; ++i) {
    std::vector<uint8_t> noise(random.below(kMaxDatagram));
    random.fill(noise);
    if (!noise.empty()) noise[0] = static_cast<uint8_t>(20 + random.below(44));
    pair.server.handle_datagram(pair.start, noise);
  }
  for (const auto& forged : {kCloseNotify, kHandshakeFailure, alert(1, 2, 40)}) {
    CHECK(pair.server.handle_datagram(pair.start, forged) == DropReason::kDtlsIgnored);
  }
  CHECK(pair.server.state() == State::kNew);
  CHECK(pair.connect());
}

TEST_CASE("a forged close_notify does not end a handshake", "[dtls][hostile]") {
  DtlsPair pair;
  begin_handshake(pair);
  for (int i = 0; i < 10; ++i) {
    CHECK(pair.server.handle_datagram(pair.link.now(), kCloseNotify) == DropReason::kDtlsIgnored);
    CHECK(pair.client.handle_datagram(pair.link.now(), kCloseNotify) == DropReason::kDtlsIgnored);
  }
  CHECK(pair.connect());
}

TEST_CASE("a fatal alert ends a handshake", "[dtls][hostile]") {
  DtlsPair pair;
  begin_handshake(pair);
  pair.server.handle_datagram(pair.link.now(), kHandshakeFailure);
  CHECK(pair.server.state() == State::kFailed);
  CHECK_FALSE(pair.server.failure().empty());
  CHECK(pair.server.next_deadline() == Timestamp::never());
}

TEST_CASE("noise during a handshake does not end it", "[dtls][hostile]") {
  DtlsPair pair;
  begin_handshake(pair);
  SeededRandom random(8);
  for (int i = 0; i < 1'000; ++i) {
    std::vector<uint8_t> noise(13 + random.below(200));
    random.fill(noise);
    noise[0] = static_cast<uint8_t>(20 + random.below(44));
    pair.server.handle_datagram(pair.link.now(), noise);
    pair.client.handle_datagram(pair.link.now(), noise);
  }
  CHECK(pair.connect());
}

TEST_CASE("plaintext alerts, noise and forged records do not end an established association", "[dtls][hostile]") {
  DtlsPair pair;
  REQUIRE(pair.connect());
  const auto now = pair.link.now();
  SeededRandom random(9);
  for (int i = 0; i < 1'000; ++i) {
    // Well-formed records of the right epoch whose tag is wrong, of every content type.
    std::vector<uint8_t> forged(13 + 8 + 16 + random.below(100));
    random.fill(forged);
    const auto body = static_cast<uint16_t>(forged.size() - 13);
    const std::vector<uint8_t> header = {static_cast<uint8_t>(20 + i % 6),
                                         0xFE,
                                         0xFD,
                                         0,
                                         1,
                                         0,
                                         0,
                                         0,
                                         0,
                                         static_cast<uint8_t>(i >> 8),
                                         static_cast<uint8_t>(i),
                                         static_cast<uint8_t>(body >> 8),
                                         static_cast<uint8_t>(body)};
    std::copy(header.begin(), header.end(), forged.begin());
    pair.server.handle_datagram(now, forged);
    pair.client.handle_datagram(now, forged);
  }
  for (auto* end : {&pair.client, &pair.server}) {
    CHECK(end->handle_datagram(now, kCloseNotify) == DropReason::kDtlsIgnored);
    CHECK(end->handle_datagram(now, kHandshakeFailure) == DropReason::kDtlsIgnored);
    CHECK(end->handle_datagram(now, std::vector<uint8_t>(kMaxDatagram + 1, 22)) == DropReason::kTooLong);
    CHECK(end->handle_datagram(now, std::vector<uint8_t>(5, 22)) == DropReason::kDtlsMalformed);
    CHECK(end->state() == State::kConnected);
    CHECK(end->srtp_keys());
  }
  pair.client.close();
  pair.link.run_for(TimeDelta::seconds(1));
  CHECK(pair.server.state() == State::kClosed);  // the real one still gets through
}

TEST_CASE("a second ClientHello in an established association is ignored", "[dtls][hostile]") {
  DtlsPair pair;
  REQUIRE(pair.connect());
  const auto before = pair.server.srtp_keys();
  const auto hello = client_hello(pair);
  REQUIRE(hello.size() > 13);
  std::array<uint8_t, 1500> buffer;
  while (pair.server.poll_transmit(buffer) > 0) {
  }
  CHECK(pair.server.handle_datagram(pair.link.now(), hello) == DropReason::kDtlsIgnored);
  CHECK(pair.server.poll_transmit(buffer) == 0);
  CHECK(pair.server.state() == State::kConnected);
  CHECK(pair.server.srtp_keys()->local == before->local);
}

TEST_CASE("a flood of ClientHellos does not make a server answer each", "[dtls][hostile]") {
  DtlsPair pair;
  const auto hello = client_hello(pair);
  std::array<uint8_t, 1500> buffer;
  size_t answers = 0;
  for (int i = 0; i < 1'000; ++i) {
    pair.server.handle_datagram(pair.start, hello);
    while (pair.server.poll_transmit(buffer) > 0) ++answers;
  }
  CHECK(answers <= 2);
}
