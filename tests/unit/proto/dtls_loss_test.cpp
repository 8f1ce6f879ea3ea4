// The handshake over a wire that loses, repeats and reorders; and by itself, when nobody answers.
#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

#include "support/dtls_link.hpp"
#include "tutti/proto/dtls/transport.hpp"

using namespace tutti;
using namespace tutti::dtls;
using test::DtlsPair;
using test::Fate;

namespace {

using Policy = test::DtlsLink<Transport, Transport>::Policy;

// Runs one handshake for each of its datagrams, in which `fate(i)` strikes datagram i and the others arrive. Small
// datagrams make flights of several.
template <class FateOf>
void strike_each_datagram(size_t max_datagram, TimeDelta limit, FateOf fate) {
  const ContextSettings settings{.max_datagram = max_datagram};
  size_t datagrams = 0;
  {
    DtlsPair clean(settings, settings);
    REQUIRE(clean.connect());
    datagrams = clean.link.sent();
  }
  REQUIRE(datagrams >= 4);
  for (size_t struck = 0; struck < datagrams; ++struck) {
    INFO("datagram " << struck << " of " << datagrams);
    DtlsPair pair(settings, settings);
    pair.link.set_policy([&](size_t index, bool, std::span<const uint8_t>) -> Fate {
      return index == struck ? fate() : test::kArrives;
    });
    CHECK(pair.connect(limit));
    const auto client = pair.client.srtp_keys(), server = pair.server.srtp_keys();
    CHECK((client && server && client->local == server->remote && client->remote == server->local));
  }
}

}  // namespace

TEST_CASE("any one datagram of a handshake may be lost", "[dtls][loss]") {
  strike_each_datagram(GENERATE(1'200, 300), TimeDelta::millis(500), [] { return Fate{}; });
}

TEST_CASE("any one datagram of a handshake may come twice", "[dtls][loss]") {
  const auto later = GENERATE(TimeDelta::zero(), TimeDelta::millis(50));
  strike_each_datagram(GENERATE(1'200, 300), TimeDelta::millis(200), [&] { return Fate{TimeDelta::zero(), later}; });
}

TEST_CASE("any one datagram of a handshake may be overtaken by the next", "[dtls][loss]") {
  // A change_cipher_spec that comes too early is dropped by OpenSSL (it is no handshake message and cannot be put in
  // order), which costs one retransmission.
  strike_each_datagram(GENERATE(1'200, 300), TimeDelta::millis(300), [] { return Fate{TimeDelta::millis(1)}; });
}

TEST_CASE("any one datagram of a handshake may arrive after its retransmission", "[dtls][loss]") {
  strike_each_datagram(GENERATE(1'200, 300), TimeDelta::millis(700), [] { return Fate{TimeDelta::millis(400)}; });
}

TEST_CASE("a handshake gets through 30 % loss each way in time", "[dtls][loss]") {
  std::vector<TimeDelta> times;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    SeededRandom random(seed);
    DtlsPair pair;
    pair.link.set_policy([&](size_t, bool, std::span<const uint8_t>) -> Fate {
      if (random.unit() < 0.3) return {};
      return {TimeDelta::millis(static_cast<int64_t>(random.below(30)))};
    });
    CHECK(pair.connect());
    times.push_back(pair.link.now() - pair.start);
  }
  std::sort(times.begin(), times.end());
  CHECK(times[times.size() / 2] < TimeDelta::seconds(2));
}

TEST_CASE("a flight that is sent again fits the datagrams of the first time", "[dtls][loss]") {
  DtlsPair pair;
  size_t from_server = 0;
  pair.link.set_policy([&](size_t, bool to_server, std::span<const uint8_t>) -> Fate {
    if (to_server) return test::kArrives;
    return ++from_server == 1 ? Fate{} : test::kArrives;
  });
  REQUIRE(pair.connect());
  CHECK(from_server == 3);  // ServerHello to ServerHelloDone, the same again, Finished
}

TEST_CASE("a connected server repeats its last flight for a client that missed it", "[dtls][loss]") {
  DtlsPair pair;
  size_t lost = 0;
  pair.link.set_policy([&](size_t, bool to_server, std::span<const uint8_t>) -> Fate {
    if (!to_server && pair.server.state() == State::kConnected && lost < 3) return ++lost, Fate{};
    return test::kArrives;
  });
  REQUIRE(pair.connect());
  CHECK(lost == 3);
}

TEST_CASE("an unanswered client doubles its wait up to a limit and gives up", "[dtls][deadline]") {
  DtlsPair pair;
  std::vector<int64_t> sent_at_ms;
  pair.link.set_policy([&](size_t, bool, std::span<const uint8_t>) -> Fate {
    sent_at_ms.push_back((pair.link.now() - pair.start).ms());
    return {};
  });
  pair.link.run_for(TimeDelta::seconds(60));
  CHECK(sent_at_ms == std::vector<int64_t>{0, 200, 600, 1'400, 3'000, 6'200, 9'400, 12'600, 15'800, 19'000});
  CHECK(pair.client.state() == State::kFailed);
  CHECK(pair.client.failure() == "handshake took too long");
  CHECK(pair.link.now() - pair.start == Transport::kHandshakeTimeout);
  CHECK(pair.client.next_deadline() == Timestamp::never());
}

TEST_CASE("a server waits for its first ClientHello without a deadline", "[dtls][deadline]") {
  DtlsPair pair;
  CHECK(pair.server.next_deadline() == Timestamp::never());
  pair.server.handle_deadline(pair.start + TimeDelta::seconds(3'600));
  CHECK(pair.server.state() == State::kNew);
}

TEST_CASE("a deadline that OpenSSL's clock has not reached is asked again, not at once", "[dtls][deadline]") {
  DtlsPair pair;
  std::array<uint8_t, 1500> buffer;
  while (pair.client.poll_transmit(buffer) > 0) {
  }
  const Timestamp due = pair.client.next_deadline();
  test::set_openssl_time(due - TimeDelta::millis(40));
  pair.client.handle_deadline(due);
  CHECK(pair.client.poll_transmit(buffer) == 0);
  CHECK(pair.client.next_deadline() == due + TimeDelta::millis(40));
  test::set_openssl_time(due);
  pair.client.handle_deadline(due + TimeDelta::millis(40));
  CHECK(pair.client.poll_transmit(buffer) > 0);
}
