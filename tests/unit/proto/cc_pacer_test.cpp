#include "tutti/proto/cc/pacer.hpp"

#include <catch2/catch.hpp>

#include "tutti/proto/cc/probe_run.hpp"

using namespace tutti;
using namespace tutti::cc;

namespace {

constexpr DataSize kPacket = DataSize::bytes(1000);

Timestamp at_ms(int64_t ms) { return Timestamp::from_ms(ms); }

// Sends as much as may leave, and says how many packets that was.
int burst(Pacer& pacer, Timestamp now) {
  int sent = 0;
  for (; pacer.may_send(now, kPacket); ++sent) pacer.on_sent(now, kPacket);
  return sent;
}

Estimate unknown(int64_t target_kbps) {
  Estimate e;
  e.target = DataRate::kbps(target_kbps);
  return e;
}
Estimate known(int64_t target_kbps, int64_t capacity_kbps) {
  Estimate e = unknown(target_kbps);
  e.link_capacity = DataRate::kbps(capacity_kbps);
  return e;
}

}  // namespace

TEST_CASE("a burst is what the rate carries in five milliseconds", "[cc][pacer]") {
  Pacer pacer;
  pacer.update(known(4'000, 8'000), {}, {});
  REQUIRE(pacer.rate() == DataRate::kbps(8'000));
  CHECK(burst(pacer, at_ms(0)) == 5);
  CHECK(pacer.next_burst() == at_ms(5));
  CHECK(burst(pacer, at_ms(4)) == 4);
  CHECK(pacer.next_burst() == at_ms(9));
}

TEST_CASE("where the path has shown no queue a frame of average size is one burst", "[cc][pacer]") {
  Pacer pacer;
  pacer.update(unknown(1'500), {}, {});
  // 30 frames a second at 1,500 kbit/s are 6,250 bytes each; the pace is twice that.
  CHECK(burst(pacer, at_ms(0)) == 5);
  CHECK(pacer.may_send(at_ms(0), DataSize::bytes(600)));
  pacer.update(known(1'500, 3'000), {}, {});
  CHECK_FALSE(pacer.may_send(at_ms(0), DataSize::bytes(600)));
  // Nor while there is one, whatever else is known.
  Estimate queued = unknown(1'500);
  queued.queue = Pacer::kStandingQueue + TimeDelta::millis(1);
  pacer.update(queued, {}, {});
  CHECK(burst(pacer, at_ms(1'000)) == 1);
}

TEST_CASE("a burst is one packet at least", "[cc][pacer]") {
  Pacer pacer;
  pacer.update(unknown(50), {}, {});
  CHECK(burst(pacer, at_ms(0)) == 1);
  CHECK(pacer.next_burst() == at_ms(80));
  CHECK(burst(pacer, at_ms(79)) == 0);
  CHECK(burst(pacer, at_ms(80)) == 1);
}

TEST_CASE("over a second no more leaves than the rate, and no less", "[cc][pacer]") {
  Pacer pacer;
  int sent = 0;
  for (Timestamp now = at_ms(0); now < at_ms(1'000); now = pacer.next_burst()) {
    pacer.update(known(3'000, 6'000), DataSize::bytes(10'000), {});
    sent += burst(pacer, now);
  }
  // 750 packets of 1,000 bytes are 6 Mbit.
  CHECK(sent >= 750);
  CHECK(sent <= 750 + 4);
}

TEST_CASE("time in which nothing is sent is not saved up", "[cc][pacer]") {
  Pacer pacer;
  pacer.update(known(4'000, 8'000), {}, {});
  burst(pacer, at_ms(0));
  CHECK(burst(pacer, at_ms(10'000)) == 5);
}

TEST_CASE("what is sent unasked delays what follows, within bounds", "[cc][pacer]") {
  Pacer pacer;
  pacer.update(unknown(400), {}, {});
  pacer.on_sent(at_ms(0), kPacket);
  pacer.on_sent(at_ms(0), kPacket);
  CHECK(pacer.next_burst() == at_ms(20));
  pacer.on_sent(at_ms(0), DataSize::bytes(1'000'000));
  CHECK(pacer.next_burst() == at_ms(500));
}

TEST_CASE("the rate rises so that what waits is gone in time, and not without end", "[cc][pacer]") {
  Pacer pacer;
  const Estimate estimate = unknown(1'000);
  pacer.update(estimate, DataSize::bytes(100'000), {});
  CHECK(pacer.rate() == DataRate::kbps(2'000));
  // 150,000 bytes in half a second are 2.4 Mbit/s.
  pacer.update(estimate, DataSize::bytes(150'000), {});
  CHECK(pacer.rate() == DataRate::kbps(2'400));
  pacer.update(estimate, DataSize::bytes(150'000), TimeDelta::millis(100));
  CHECK(pacer.rate() == DataRate::kbps(3'000));
  pacer.update(estimate, DataSize::bytes(150'000), TimeDelta::seconds(2));
  CHECK(pacer.rate() == DataRate::kbps(4'000));
  pacer.update(estimate, {}, {});
  CHECK(pacer.rate() == DataRate::kbps(2'000));
}

TEST_CASE("where the path is known bursts are a tenth faster than that, nor much slower than the target",
          "[cc][pacer]") {
  Pacer pacer;
  pacer.update(known(1'000, 1'600), {}, {});
  CHECK(pacer.rate() == DataRate::kbps(1'760));
  pacer.update(known(1'000, 5'000), {}, {});
  CHECK(pacer.rate() == DataRate::kbps(2'000));
  pacer.update(known(1'000, 300), {}, {});
  CHECK(pacer.rate() == DataRate::kbps(1'250));
}

TEST_CASE("into a queue that stands on the path nothing goes faster than the target, whatever waits", "[cc][pacer]") {
  Pacer pacer;
  Estimate estimate = known(1'000, 1'600);
  estimate.queue = Pacer::kStandingQueue;
  pacer.update(estimate, DataSize::bytes(500'000), TimeDelta::millis(400));
  CHECK(pacer.rate() > DataRate::kbps(1'760));
  estimate.queue = Pacer::kStandingQueue + TimeDelta::millis(1);
  pacer.update(estimate, DataSize::bytes(500'000), TimeDelta::millis(400));
  CHECK(pacer.rate() == DataRate::kbps(1'000));
}

TEST_CASE("an estimate of nothing holds up no packet for ever", "[cc][pacer]") {
  Pacer pacer;
  pacer.update(unknown(0), {}, {});
  CHECK(burst(pacer, at_ms(0)) == 1);
  CHECK(burst(pacer, pacer.next_burst()) == 1);
}

TEST_CASE("a probe leaves at its rate", "[cc][probe]") {
  ProbeRun probe({.id = 7, .rate = DataRate::kbps(4'000)}, at_ms(100));
  Timestamp now = at_ms(100), last = now;
  int64_t bytes = 0;
  int packets = 0;
  while (!probe.done()) {
    now = std::max(now, probe.due());
    REQUIRE(probe.may_send(now));
    probe.on_sent(now, DataSize::bytes(500));
    bytes += 500;
    ++packets;
    last = now;
  }
  // 15 ms at 4 Mbit/s are 7,500 bytes; the last packet leaves when the others have had their time.
  CHECK(bytes == 7'500);
  CHECK(packets == 15);
  CHECK(last == at_ms(114));
}

TEST_CASE("a probe has its packets though its bytes are enough, and a late one does not catch up", "[cc][probe]") {
  ProbeRun probe({.id = 1, .rate = DataRate::kbps(200)}, at_ms(0));
  for (int i = 0; i < 4; ++i) probe.on_sent(at_ms(0), DataSize::bytes(500));
  CHECK_FALSE(probe.done());
  CHECK(probe.due() == at_ms(80));
  CHECK_FALSE(probe.may_send(at_ms(79)));
  probe.on_sent(at_ms(500), DataSize::bytes(500));
  CHECK(probe.due() == at_ms(515));
  CHECK(probe.done());
}
