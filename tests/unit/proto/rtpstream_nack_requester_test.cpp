#include "tutti/proto/rtpstream/nack_requester.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <vector>

using namespace tutti;
using namespace tutti::rtpstream;

namespace {

Timestamp at_ms(int64_t ms) { return Timestamp::from_ms(ms); }

std::vector<uint16_t> ask(NackRequester& n, int64_t ms, size_t room = 1000) {
  std::vector<SeqNum> out(room);
  out.resize(n.poll(at_ms(ms), out));
  std::vector<uint16_t> numbers;
  for (SeqNum s : out) numbers.push_back(s.value());
  return numbers;
}
void receive(NackRequester& n, int64_t ms, std::initializer_list<int64_t> sequences) {
  for (int64_t s : sequences) n.on_packet(at_ms(ms), ExtSeqNum(s));
}

using Numbers = std::vector<uint16_t>;

}  // namespace

TEST_CASE("nothing is asked for while nothing is missing", "[rtpstream][nack]") {
  NackRequester n;
  receive(n, 0, {100, 101, 102});
  CHECK(n.next_deadline() == Timestamp::never());
  CHECK(ask(n, 1000).empty());
}

TEST_CASE("a hole is asked for after the reordering delay", "[rtpstream][nack]") {
  NackRequester n;
  receive(n, 0, {100, 103});
  CHECK(n.missing() == 2);
  CHECK(n.next_deadline() == at_ms(10));
  CHECK(ask(n, 9).empty());
  CHECK(ask(n, 10) == Numbers{101, 102});
  CHECK(ask(n, 10).empty());
}

TEST_CASE("a hole is asked for once three newer packets came", "[rtpstream][nack]") {
  NackRequester n;
  receive(n, 0, {100, 102});
  CHECK(ask(n, 0).empty());
  receive(n, 1, {103});
  CHECK(ask(n, 1).empty());
  receive(n, 2, {104});
  CHECK(n.next_deadline() == at_ms(2));
  CHECK(ask(n, 2) == Numbers{101});
}

TEST_CASE("a packet that was merely late is not asked for", "[rtpstream][nack]") {
  NackRequester n;
  receive(n, 0, {100, 102});
  receive(n, 5, {101});
  CHECK(n.missing() == 0);
  CHECK(n.next_deadline() == Timestamp::never());
  CHECK(ask(n, 100).empty());
  CHECK(n.recovered() == 0);
  CHECK(n.asked() == 0);
}

TEST_CASE("at least three retries fit into 400 ms at a round trip of 40 ms", "[rtpstream][nack]") {
  NackRequester n;
  n.set_round_trip_time(TimeDelta::millis(40));
  receive(n, 0, {100, 102});
  std::vector<Timestamp> asked;
  // A retransmission asked for later than this comes after the deadline.
  while (n.next_deadline() <= at_ms(400 - 40)) {
    const Timestamp now = n.next_deadline();
    if (!ask(n, now.ms()).empty()) asked.push_back(now);
  }
  REQUIRE(asked.size() >= 4);
  for (size_t i = 1; i < asked.size(); ++i) {
    CHECK(asked[i] - asked[i - 1] > TimeDelta::millis(40));
    CHECK(asked[i] - asked[i - 1] <= TimeDelta::millis(60));
  }
}

TEST_CASE("the spacing of retries is bounded both ways", "[rtpstream][nack]") {
  const auto [rtt, spacing] = GENERATE(table<int64_t, int64_t>({{0, 10}, {1, 10}, {40, 50}, {150, 188}, {300, 375}, {3000, 500}}));
  NackRequester n;
  n.set_round_trip_time(TimeDelta::millis(rtt));
  receive(n, 0, {100, 102});
  REQUIRE(ask(n, 10).size() == 1);
  CAPTURE(rtt);
  CHECK(ask(n, 10 + spacing - 1).empty());
  CHECK(ask(n, 10 + spacing).size() == 1);
}

TEST_CASE("a recovered packet is counted and not asked for again", "[rtpstream][nack]") {
  NackRequester n;
  receive(n, 0, {100, 104});
  REQUIRE(ask(n, 10) == Numbers{101, 102, 103});
  receive(n, 50, {102});
  receive(n, 51, {102});
  CHECK(n.recovered() == 1);
  CHECK(ask(n, 200) == Numbers{101, 103});
  CHECK(n.asked() == 5);
}

TEST_CASE("a packet is given up after ten tries", "[rtpstream][nack]") {
  NackRequester n;
  n.set_round_trip_time(TimeDelta::millis(8));
  receive(n, 0, {100, 102});
  int asked = 0;
  for (int64_t ms = 0; ms < 1000; ++ms) asked += static_cast<int>(ask(n, ms).size());
  CHECK(asked == NackRequester::kMaxTries);
  CHECK(n.given_up() == 1);
  CHECK(n.missing() == 0);
  CHECK(n.next_deadline() == Timestamp::never());
  CHECK(n.take_given_up());
  CHECK_FALSE(n.take_given_up());
}

TEST_CASE("a packet is given up after a second, however few the tries", "[rtpstream][nack]") {
  NackRequester n;
  n.set_round_trip_time(TimeDelta::millis(500));
  receive(n, 0, {100, 102});
  int asked = 0;
  for (int64_t ms = 0; ms < 1000; ++ms) asked += static_cast<int>(ask(n, ms).size());
  CHECK(asked == 2);
  CHECK(n.next_deadline() == at_ms(1000));
  CHECK_FALSE(n.take_given_up());
  CHECK(ask(n, 1000).empty());
  CHECK(n.given_up() == 1);
  CHECK(n.take_given_up());
}

TEST_CASE("what does not fit one request is asked for in the next", "[rtpstream][nack]") {
  NackRequester n;
  receive(n, 0, {100, 106});
  CHECK(ask(n, 10, 2) == Numbers{101, 102});
  CHECK(n.next_deadline() == at_ms(10));
  CHECK(ask(n, 10, 2) == Numbers{103, 104});
  CHECK(ask(n, 10, 2) == Numbers{105});
  CHECK(n.next_deadline() > at_ms(10));
}

TEST_CASE("sequence numbers are asked for in order over the wrap", "[rtpstream][nack]") {
  NackRequester n;
  receive(n, 0, {65533, 65538});
  CHECK(ask(n, 10) == Numbers{65534, 65535, 0, 1});
}

TEST_CASE("of too many holes the older are given up", "[rtpstream][nack]") {
  NackRequester n;
  int64_t s = 0;
  receive(n, 0, {0});
  for (size_t i = 0; i < NackRequester::kMaxMissing; ++i) receive(n, 0, {s += 2});
  CHECK(n.missing() == NackRequester::kMaxMissing);
  CHECK_FALSE(n.take_given_up());
  receive(n, 0, {s + 4});
  CHECK(n.missing() == NackRequester::kMaxMissing);
  CHECK(n.given_up() == 3);
  CHECK(n.take_given_up());
  CHECK(ask(n, 10).front() == 7);
}

TEST_CASE("a gap beyond all bounds is not asked for", "[rtpstream][nack]") {
  NackRequester n;
  receive(n, 0, {0, 2});
  const auto bound = static_cast<int64_t>(NackRequester::kMaxMissing);
  receive(n, 1, {2 + bound + 1});
  CHECK(n.missing() == NackRequester::kMaxMissing);
  CHECK(n.take_given_up());
  receive(n, 2, {10'000});
  CHECK(n.missing() == 0);
  CHECK(n.take_given_up());
  CHECK(n.next_deadline() == Timestamp::never());
  receive(n, 3, {10'002});
  CHECK(ask(n, 20) == Numbers{10'001});
}

TEST_CASE("a gap of one more than the bound is given up whole", "[rtpstream][nack]") {
  NackRequester n;
  receive(n, 0, {0, 2});
  const auto bound = static_cast<int64_t>(NackRequester::kMaxMissing);
  receive(n, 1, {2 + bound + 2});
  CHECK(n.missing() == 0);
  CHECK(n.given_up() == NackRequester::kMaxMissing + 2);
  CHECK(n.take_given_up());
}

TEST_CASE("what is missing before a keyframe can be forgotten", "[rtpstream][nack]") {
  NackRequester n;
  receive(n, 0, {100, 102, 105, 107});
  n.forget_before(ExtSeqNum(105));
  n.forget_before(ExtSeqNum(106));  // the keyframe itself may be what is missing
  CHECK(ask(n, 10) == Numbers{106});
  CHECK(n.given_up() == 3);
  CHECK_FALSE(n.take_given_up());
  n.forget_before(ExtSeqNum(107));
  CHECK(n.next_deadline() == Timestamp::never());
}
