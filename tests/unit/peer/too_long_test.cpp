// Packets that fit a datagram as they are published and no longer as they are sent.
#include <catch2/catch.hpp>

#include "support/paced_receiver.hpp"

using namespace tutti;
using namespace tutti::test;

namespace {
constexpr uint16_t kPicture = PacedReceiver::kPicture;
// Header, transport-wide number and the tag of SRTP fill up the datagram.
constexpr size_t kLongest = kMaxDatagram - 20 - 16;
}  // namespace

TEST_CASE("what is too long to leave is dropped, and takes no transport-wide number", "[peer][pacing][security]") {
  PacedReceiver receiver(DataRate::kbps(8'000));
  receiver.send(kPicture, kLongest + 1);
  receiver.send(kPicture, kLongest);
  const auto sent = receiver.poll();
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].payload == kLongest);
  CHECK(sent[0].transport == 0);
  CHECK(receiver.rig.counters.get(DropReason::kTooLong) == 1);
}

TEST_CASE("a probe is filled with padding where media would be too long to repeat", "[peer][pacing][security]") {
  PacedReceiver receiver(cc::EstimatorConfig{});
  receiver.peer->set_needed_bitrate(receiver.rig.now, DataRate::kbps(5'000));
  receiver.send(kPicture, kLongest, true);
  REQUIRE(receiver.poll().size() == 1);
  const auto sent = receiver.run_for(TimeDelta::millis(300));
  REQUIRE(sent.size() > 10);
  CHECK(std::all_of(sent.begin(), sent.end(), [](const auto& s) { return s.padding; }));
  const auto stats = receiver.peer->congestion(receiver.rig.now).value();
  CHECK(stats.probes == 2);
  CHECK(stats.padding_bytes >= (1'800'000 + 3'600'000) * 15 / 8'000 - 2 * kMaxDatagram);
}
