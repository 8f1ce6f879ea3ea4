#include "tutti/proto/rtpstream/send_statistics.hpp"

#include <catch2/catch.hpp>

#include "tutti/proto/rtpstream/rtt_estimator.hpp"

using namespace tutti;
using namespace tutti::rtpstream;

// RFC 3550 §6.4.1, figure 2: A = 0xb710:8000, DLSR = 0x0005:4000, LSR = 0xb705:2000, round trip 6.125 s.
TEST_CASE("the round trip of RFC 3550's example is 6.125 s", "[rtpstream][send_statistics]") {
  SendStatistics s;
  rtcp::ReportBlock block;
  block.last_sr = 0xB7052000;
  block.delay_since_last_sr = 0x00054000;
  CHECK(s.on_report_block(NtpTime{0xB44DB710'80000000}, block) == TimeDelta::micros(6'125'000));
  CHECK(s.last_round_trip_time() == TimeDelta::micros(6'125'000));
}

TEST_CASE("a round trip is measured over the wrap of compact NTP", "[rtpstream][send_statistics]") {
  SendStatistics s;
  rtcp::ReportBlock block;
  block.last_sr = 0xFFFF8000;
  block.delay_since_last_sr = 0x4000;
  CHECK(s.on_report_block(NtpTime{0x00000000'80000000}, block) == TimeDelta::millis(750));
}

TEST_CASE("a block that echoes no report, or an impossible one, gives no round trip", "[rtpstream][send_statistics]") {
  SendStatistics s;
  const NtpTime now{0x12345678'00000000};
  rtcp::ReportBlock block;
  block.fraction_lost = 64;
  CHECK_FALSE(s.on_report_block(now, block));
  CHECK(s.fraction_lost() == 0.25);
  REQUIRE(s.last_block());

  block.last_sr = now.compact() + 65536;  // of the future
  CHECK_FALSE(s.on_report_block(now, block));
  block.last_sr = now.compact() - 11 * 65536;
  CHECK_FALSE(s.on_report_block(now, block));
  CHECK_FALSE(s.last_round_trip_time());
}

TEST_CASE("no report is echoed by zero, whatever our own clock says", "[rtpstream][send_statistics]") {
  SendStatistics s;
  // Compact NTP has just wrapped, so that zero would look like a report of two seconds ago.
  CHECK_FALSE(s.on_report_block(NtpTime{0x12340002'00000000}, rtcp::ReportBlock{}));
}

TEST_CASE("a round trip below the clock's step is zero", "[rtpstream][send_statistics]") {
  SendStatistics s;
  const NtpTime now{0x12345678'00000000};
  rtcp::ReportBlock block;
  block.last_sr = now.compact() - 100;
  block.delay_since_last_sr = 101;
  CHECK(s.on_report_block(now, block) == TimeDelta::zero());
}

TEST_CASE("sent packets are summed, retransmissions apart as well", "[rtpstream][send_statistics]") {
  SendStatistics s;
  s.on_packet(1000, false);
  s.on_packet(500, true);
  CHECK(s.packets() == 2);
  CHECK(s.bytes() == 1500);
  CHECK(s.retransmitted() == 1);
  CHECK(s.fraction_lost() == 0);
}

TEST_CASE("the round trip is smoothed by an eighth and starts with the first sample", "[rtpstream][rtt]") {
  RttEstimator rtt;
  CHECK_FALSE(rtt.has_sample());
  CHECK(rtt.smoothed() == TimeDelta::millis(100));
  rtt.on_sample(TimeDelta::millis(40));
  CHECK(rtt.smoothed() == TimeDelta::millis(40));
  rtt.on_sample(TimeDelta::millis(120));
  CHECK(rtt.smoothed() == TimeDelta::millis(50));
  CHECK(rtt.minimum() == TimeDelta::millis(40));
  rtt.on_sample(TimeDelta::millis(-5));
  rtt.on_sample(TimeDelta::seconds(60));
  CHECK(rtt.smoothed() == TimeDelta::millis(50));
  rtt.on_sample(TimeDelta::millis(10));
  CHECK(rtt.minimum() == TimeDelta::millis(10));
}
