#include "harness/receive_ledger.hpp"

#include <catch2/catch.hpp>

namespace tutti::bench {
namespace {

ReceiveLedger received(std::initializer_list<int> numbers) {
  ReceiveLedger ledger;
  for (const int n : numbers) ledger.on_packet(SeqNum(static_cast<uint16_t>(n)));
  return ledger;
}

TEST_CASE("nothing is expected before anything came", "[bench][ledger]") {
  CHECK(ReceiveLedger().count().expected == 0);
  CHECK_FALSE(ReceiveLedger().begun());
}

TEST_CASE("a gap is a loss", "[bench][ledger]") {
  const ReceiveCount count = received({10, 11, 14, 15}).count();
  CHECK(count.expected == 6);
  CHECK(count.arrived == 4);
}

TEST_CASE("what comes late is no loss, not even before the first", "[bench][ledger]") {
  const ReceiveCount count = received({10, 12, 11, 9, 13}).count();
  CHECK(count.expected == 5);
  CHECK(count.arrived == 5);
}

TEST_CASE("a duplicate counts once", "[bench][ledger]") {
  const ReceiveCount count = received({10, 11, 11, 10, 12}).count();
  CHECK(count.expected == 3);
  CHECK(count.arrived == 3);
  CHECK(count.twice == 2);
}

TEST_CASE("numbers wrap", "[bench][ledger]") {
  const ReceiveCount count = received({65'533, 65'534, 0, 1, 65'535}).count();
  CHECK(count.expected == 5);
  CHECK(count.arrived == 5);
  ReceiveLedger ledger;
  for (uint32_t i = 0; i < 200'000; ++i) REQUIRE(ledger.on_packet(SeqNum(static_cast<uint16_t>(60'000 + i))));
  CHECK(ledger.count().expected == 200'000);
}

TEST_CASE("a retransmission mends, and is told apart", "[bench][ledger]") {
  ReceiveLedger ledger = received({10, 12});
  CHECK(ledger.on_packet(SeqNum(11), true) == ExtSeqNum(11));
  CHECK_FALSE(ledger.on_packet(SeqNum(11)));
  const ReceiveCount count = ledger.count();
  CHECK(count.expected == 3);
  CHECK(count.arrived == 2);
  CHECK(count.mended == 1);
  CHECK(count.twice == 1);
}

TEST_CASE("what happened since is a difference", "[bench][ledger]") {
  ReceiveLedger ledger = received({1, 2, 4});
  const ReceiveCount before = ledger.count();
  for (const uint16_t n : {5, 6, 8, 9}) ledger.on_packet(SeqNum(n));
  const ReceiveCount since = ledger.count() - before;
  CHECK(since.expected == 5);
  CHECK(since.arrived == 4);
}

}  // namespace
}  // namespace tutti::bench
