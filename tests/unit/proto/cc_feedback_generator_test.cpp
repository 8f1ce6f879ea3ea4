#include "tutti/proto/cc/feedback_generator.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <vector>

#include "tutti/base/random.hpp"

using namespace tutti;
using namespace tutti::cc;

namespace {

using Feedback = rtcp::TransportFeedback;

Timestamp at_ms(int64_t ms) { return Timestamp::from_ms(ms); }

struct Report {
  uint16_t sequence;
  std::optional<int64_t> arrival_us;
};
// What a message says of each packet.
std::vector<Report> read(const Feedback& f) {
  std::vector<Report> out;
  int64_t us = f.reference_time * Feedback::kReferenceUs;
  auto sequence = f.base_sequence.value();
  for (const auto& p : f.packets) {
    if (p.received) us += p.delta_ticks * Feedback::kTickUs;
    out.push_back({sequence++, p.received ? std::optional(us) : std::nullopt});
  }
  return out;
}
std::vector<uint16_t> received(const Feedback& f) {
  std::vector<uint16_t> out;
  for (const Report& r : read(f)) {
    if (r.arrival_us) out.push_back(r.sequence);
  }
  return out;
}
void receive(FeedbackGenerator& g, int64_t ms, std::initializer_list<int> sequences) {
  for (int s : sequences) g.on_packet(at_ms(ms), SeqNum(static_cast<uint16_t>(s)), Ssrc(2));
}

using Numbers = std::vector<uint16_t>;

}  // namespace

TEST_CASE("feedback comes 100 ms after the first packet that it reports", "[cc][feedback_generator]") {
  FeedbackGenerator g(Ssrc(1));
  CHECK(g.next_deadline() == Timestamp::never());
  CHECK_FALSE(g.poll(at_ms(1000)));
  receive(g, 1000, {10});
  receive(g, 1050, {11});
  CHECK(g.next_deadline() == at_ms(1100));
  CHECK_FALSE(g.poll(at_ms(1099)));
  const auto f = g.poll(at_ms(1100));
  REQUIRE(f);
  CHECK(f->sender == Ssrc(1));
  CHECK(f->media == Ssrc(2));
  CHECK(f->feedback_count == 0);
  const auto reports = read(*f);
  REQUIRE(reports.size() == 2);
  CHECK(reports[0].sequence == 10);
  CHECK(reports[0].arrival_us == 1'000'000);
  CHECK(reports[1].arrival_us == 1'050'000);
  CHECK_FALSE(g.poll(at_ms(1100)));
  CHECK(g.next_deadline() == Timestamp::never());

  receive(g, 1120, {12});
  CHECK(g.next_deadline() == at_ms(1220));
  CHECK(g.poll(at_ms(1220))->feedback_count == 1);
}

TEST_CASE("lost packets are in the feedback, between messages too", "[cc][feedback_generator]") {
  FeedbackGenerator g(Ssrc(1));
  receive(g, 0, {10, 12, 13});
  auto f = g.poll(at_ms(100));
  REQUIRE(f);
  CHECK(f->packets.size() == 4);
  CHECK(received(*f) == Numbers{10, 12, 13});
  receive(g, 110, {16});
  f = g.poll(at_ms(210));
  REQUIRE(f);
  CHECK(f->base_sequence == SeqNum(14));
  CHECK(f->packets.size() == 3);
  CHECK(received(*f) == Numbers{16});
}

TEST_CASE("feedback runs over the wrap of sequence numbers", "[cc][feedback_generator]") {
  FeedbackGenerator g(Ssrc(1));
  receive(g, 0, {65534, 65535, 1});
  const auto f = g.poll(at_ms(100));
  REQUIRE(f);
  CHECK(f->base_sequence == SeqNum(65534));
  CHECK(received(*f) == Numbers{65534, 65535, 1});
}

TEST_CASE("packets out of order have negative deltas", "[cc][feedback_generator]") {
  FeedbackGenerator g(Ssrc(1));
  receive(g, 10, {11});
  receive(g, 20, {10});
  receive(g, 30, {9});
  const auto f = g.poll(at_ms(110));
  REQUIRE(f);
  const auto reports = read(*f);
  REQUIRE(reports.size() == 3);
  CHECK(reports[0].arrival_us == 30'000);
  CHECK(reports[1].arrival_us == 20'000);
  CHECK(reports[2].arrival_us == 10'000);
}

TEST_CASE("a packet that comes after its report is reported again with all that follow", "[cc][feedback_generator]") {
  FeedbackGenerator g(Ssrc(1));
  receive(g, 0, {10, 12, 13});
  REQUIRE(g.poll(at_ms(100)));
  receive(g, 120, {11});
  const auto f = g.poll(at_ms(220));
  REQUIRE(f);
  CHECK(f->base_sequence == SeqNum(11));
  CHECK(received(*f) == Numbers{11, 12, 13});
  CHECK(read(*f)[0].arrival_us == 120'000);
}

TEST_CASE("a duplicate keeps the first arrival and asks for no feedback", "[cc][feedback_generator]") {
  FeedbackGenerator g(Ssrc(1));
  receive(g, 0, {10});
  receive(g, 50, {10});
  CHECK(read(*g.poll(at_ms(100))).front().arrival_us == 0);
  receive(g, 150, {10});
  CHECK(g.next_deadline() == Timestamp::never());
}

TEST_CASE("a jump beyond the window begins anew", "[cc][feedback_generator]") {
  const int jump = GENERATE(int{FeedbackGenerator::kWindow} + 1, 30'000, -30'000, -int{FeedbackGenerator::kWindow});
  FeedbackGenerator g(Ssrc(1));
  receive(g, 0, {40'000, 40'001});
  REQUIRE(g.poll(at_ms(100)));
  const int next = 40'001 + jump;
  receive(g, 110, {next, next + 2});
  const auto f = g.poll(at_ms(210));
  REQUIRE(f);
  CAPTURE(jump);
  CHECK(f->base_sequence == SeqNum(static_cast<uint16_t>(next)));
  CHECK(f->packets.size() == 3);
}

TEST_CASE("a gap within the window is reported as lost", "[cc][feedback_generator]") {
  FeedbackGenerator g(Ssrc(1));
  receive(g, 0, {0});
  REQUIRE(g.poll(at_ms(100)));
  receive(g, 110, {int{FeedbackGenerator::kWindow}});
  const auto f = g.poll(at_ms(210));
  REQUIRE(f);
  CHECK(f->base_sequence == SeqNum(1));
  CHECK(f->packets.size() == static_cast<size_t>(FeedbackGenerator::kWindow));
  CHECK_FALSE(g.poll(at_ms(210)));
}

TEST_CASE("of more unreported packets than the window holds the newest are reported", "[cc][feedback_generator]") {
  FeedbackGenerator g(Ssrc(1));
  constexpr int kWindow = FeedbackGenerator::kWindow;
  for (int s = 0; s < kWindow + 10; ++s) receive(g, 10 + s / 100, {s});
  std::vector<Report> reports;
  while (const auto f = g.poll(at_ms(1000))) {
    for (const Report& r : read(*f)) reports.push_back(r);
  }
  REQUIRE(reports.size() == size_t{kWindow});
  CHECK(reports.front().sequence == 10);
  CHECK(reports.front().arrival_us == 10'000);
  CHECK(reports.back().sequence == kWindow + 9);
}

TEST_CASE("packets further apart than a delta can say are in two messages", "[cc][feedback_generator]") {
  FeedbackGenerator g(Ssrc(1));
  receive(g, 0, {0});
  receive(g, 9000, {1});
  const auto first = g.poll(at_ms(9000));
  const auto second = g.poll(at_ms(9000));
  REQUIRE(first);
  REQUIRE(second);
  CHECK(received(*first) == Numbers{0});
  CHECK(received(*second) == Numbers{1});
  CHECK(read(*second)[0].arrival_us == 9'000'000);
}

TEST_CASE("the reference time wraps at 24 bits", "[cc][feedback_generator]") {
  const int64_t wrap_us = (int64_t{1} << 24) * Feedback::kReferenceUs;
  for (int64_t us : {wrap_us / 2 - 1, wrap_us / 2, wrap_us - 1, wrap_us + 70'000}) {
    FeedbackGenerator g(Ssrc(1));
    g.on_packet(Timestamp::from_us(us), SeqNum(0), Ssrc(2));
    const auto f = g.poll(Timestamp::from_us(us + 100'000));
    REQUIRE(f);
    CHECK(f->reference_time >= -(1 << 23));
    CHECK(f->reference_time < 1 << 23);
    CHECK((*read(*f)[0].arrival_us - us / 250 * 250) % wrap_us == 0);
  }
}

TEST_CASE("a busy interval becomes several messages that each fit a datagram", "[cc][feedback_generator]") {
  const uint64_t seed = GENERATE(1, 2, 3, 4);
  const double loss = GENERATE(0.0, 0.3, 0.5, 0.97);
  const int64_t max_step_us = GENERATE(80, 500, 200'000);
  CAPTURE(seed, loss, max_step_us);
  SeededRandom random(seed);
  FeedbackGenerator g(Ssrc(1));
  std::vector<std::optional<int64_t>> truth;
  int64_t us = 5'000'000;
  for (int s = 0; s < 2000; ++s) {
    us += static_cast<int64_t>(random.below(static_cast<uint64_t>(max_step_us)));
    const bool lost = s != 0 && random.unit() < loss;
    truth.push_back(lost ? std::nullopt : std::optional(us));
    if (!lost) g.on_packet(Timestamp::from_us(us), SeqNum(static_cast<uint16_t>(s)), Ssrc(2));
  }
  size_t next = 0;
  while (const auto f = g.poll(Timestamp::from_us(us + 100'000))) {
    std::array<uint8_t, FeedbackGenerator::kMaxMessageBytes> bytes;
    const size_t size = f->serialize(bytes);
    REQUIRE(size > 0);
    REQUIRE(Feedback::parse(std::span(bytes).first(size).subspan(4)) == f);
    REQUIRE(f->base_sequence.value() == next);
    REQUIRE(f->packets.back().received);
    for (const Report& r : read(*f)) {
      const auto& expected = truth[next++];
      REQUIRE(r.arrival_us.has_value() == expected.has_value());
      if (expected) REQUIRE(std::abs(*r.arrival_us - *expected) < 250);
    }
  }
  CHECK(std::none_of(truth.begin() + static_cast<std::ptrdiff_t>(next), truth.end(), [](auto& t) { return t; }));
  CHECK(g.next_deadline() == Timestamp::never());
  CHECK(g.messages() > 0);
}
