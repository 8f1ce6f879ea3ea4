#include "tutti/proto/rtpstream/receive_statistics.hpp"

#include <catch2/catch.hpp>

using namespace tutti;
using namespace tutti::rtpstream;

namespace {

Timestamp at_ms(int64_t ms) { return Timestamp::from_ms(1000 + ms); }

// One packet of a 20 ms audio source at 8 kHz, `late_ms` later than its regular time.
void audio(ReceiveStatistics& s, int64_t sequence, int64_t late_ms = 0, bool recovered = false) {
  s.on_packet(at_ms(sequence * 20 + late_ms), ExtSeqNum(sequence), RtpTimestamp(static_cast<uint32_t>(sequence * 160)),
              100, recovered);
}

}  // namespace

TEST_CASE("there is no report block before the first packet", "[rtpstream][receive_statistics]") {
  ReceiveStatistics s(Ssrc(7), 8000);
  CHECK_FALSE(s.make_report_block(at_ms(0)));
  audio(s, 0);
  CHECK(s.make_report_block(at_ms(0))->source == Ssrc(7));
}

// RFC 3550 A.8 with d = 160 each time: 16 J goes 0, 160, 160+160-10, 310+160-19.
TEST_CASE("jitter follows the estimator of RFC 3550 A.8", "[rtpstream][receive_statistics]") {
  ReceiveStatistics s(Ssrc(7), 8000);
  audio(s, 0);
  CHECK(s.make_report_block(at_ms(0))->jitter == 0);
  audio(s, 1, 20);
  CHECK(s.make_report_block(at_ms(0))->jitter == 160 / 16);
  audio(s, 2, 0);
  CHECK(s.make_report_block(at_ms(0))->jitter == 310 / 16);
  audio(s, 3, 20);
  CHECK(s.make_report_block(at_ms(0))->jitter == 451 / 16);
  CHECK(s.jitter() == TimeDelta::micros(451 * 1'000'000LL / 16 / 8000));
  for (int64_t i = 4; i < 10; ++i) audio(s, i, i % 2 == 0 ? 0 : 20);
  // 583, 707, 823, 932, 1034, 1034+160-65: the ninth step is the first where A.8's rounding (+8) shows.
  CHECK(s.jitter() == TimeDelta::micros(1129 * 1'000'000LL / 16 / 8000));
}

TEST_CASE("regular packets have no jitter, over the wrap of timestamps too", "[rtpstream][receive_statistics]") {
  ReceiveStatistics s(Ssrc(7), 90000);
  for (int64_t i = 0; i < 300; ++i) {
    const auto timestamp = RtpTimestamp(static_cast<uint32_t>(0xFFFFFFFF - 3000 * 100 + i * 3000));
    s.on_packet(Timestamp::from_us(i * 1'000'000 / 30), ExtSeqNum(i), timestamp, 1000, false);
  }
  CHECK(s.make_report_block(at_ms(0))->jitter == 0);
}

TEST_CASE("a source whose timestamps jump does not show as jitter", "[rtpstream][receive_statistics]") {
  ReceiveStatistics s(Ssrc(7), 8000);
  for (int64_t i = 0; i < 10; ++i) audio(s, i);
  s.on_packet(at_ms(200), ExtSeqNum(10), RtpTimestamp(0x70000000), 100, false);
  CHECK(s.jitter() == TimeDelta::zero());
}

TEST_CASE("a recovered packet leaves jitter and reported loss alone", "[rtpstream][receive_statistics]") {
  ReceiveStatistics s(Ssrc(7), 8000);
  for (int64_t i : {0, 1, 2, 4, 5}) audio(s, i);
  audio(s, 3, 300, true);
  audio(s, 6);
  const auto block = s.make_report_block(at_ms(400));
  CHECK(block->jitter == 0);
  CHECK(block->cumulative_lost == 1);
  CHECK(s.packets() == 7);
  CHECK(s.recovered() == 1);
  CHECK(s.bytes() == 700);
  CHECK(s.lost() == 1);
  CHECK(s.unrecovered() == 0);
}

// RFC 3550 A.3: fraction = (lost_interval << 8) / expected_interval.
TEST_CASE("loss is reported since the last report and since the start", "[rtpstream][receive_statistics]") {
  ReceiveStatistics s(Ssrc(7), 8000);
  for (int64_t i = 0; i < 8; ++i) {
    if (i != 3 && i != 5) audio(s, i);
  }
  auto block = s.make_report_block(at_ms(200));
  CHECK(block->fraction_lost == 2 * 256 / 8);
  CHECK(block->cumulative_lost == 2);

  for (int64_t i = 8; i < 12; ++i) audio(s, i);
  block = s.make_report_block(at_ms(400));
  CHECK(block->fraction_lost == 0);
  CHECK(block->cumulative_lost == 2);

  audio(s, 15);
  block = s.make_report_block(at_ms(600));
  CHECK(block->fraction_lost == 3 * 256 / 4);
  CHECK(block->cumulative_lost == 5);
  CHECK(s.lost() == 5);
}

TEST_CASE("an interval without packets reports no fraction", "[rtpstream][receive_statistics]") {
  ReceiveStatistics s(Ssrc(7), 8000);
  audio(s, 0);
  audio(s, 2);
  (void)s.make_report_block(at_ms(100));
  CHECK(s.make_report_block(at_ms(200))->fraction_lost == 0);
}

TEST_CASE("packets that come late make good for loss, never for a negative fraction",
          "[rtpstream][receive_statistics]") {
  ReceiveStatistics s(Ssrc(7), 8000);
  audio(s, 0);
  audio(s, 4);
  CHECK(s.make_report_block(at_ms(100))->cumulative_lost == 3);
  for (int64_t i : {1, 2, 3}) audio(s, i, 100);
  const auto block = s.make_report_block(at_ms(200));
  CHECK(block->fraction_lost == 0);
  CHECK(block->cumulative_lost == 0);
  CHECK(s.lost() == 0);
}

TEST_CASE("an interval in which more came than was expected reports no fraction", "[rtpstream][receive_statistics]") {
  ReceiveStatistics s(Ssrc(7), 8000);
  audio(s, 0);
  audio(s, 4);
  CHECK(s.make_report_block(at_ms(100))->cumulative_lost == 3);
  for (int64_t i : {1, 2, 5, 6, 7}) audio(s, i, 100);
  const auto block = s.make_report_block(at_ms(200));
  CHECK(block->fraction_lost == 0);
  CHECK(block->cumulative_lost == 1);
}

TEST_CASE("packets before the first one are expected too", "[rtpstream][receive_statistics]") {
  ReceiveStatistics s(Ssrc(7), 8000);
  for (int64_t i : {12, 11, 10}) audio(s, i);
  CHECK(s.make_report_block(at_ms(0))->cumulative_lost == 0);
}

TEST_CASE("the highest sequence number carries its cycles", "[rtpstream][receive_statistics]") {
  ReceiveStatistics s(Ssrc(7), 8000);
  SeqNumUnwrapper unwrapper;
  for (uint16_t wire : {uint16_t{65534}, uint16_t{65535}, uint16_t{0}, uint16_t{1}}) {
    s.on_packet(at_ms(0), unwrapper.unwrap(SeqNum(wire)), RtpTimestamp(0), 1, false);
  }
  const auto block = s.make_report_block(at_ms(0));
  CHECK(block->highest_sequence == (1u << 16 | 1));
  CHECK(block->cumulative_lost == 0);
}

TEST_CASE("cumulative loss stays within its 24 bits", "[rtpstream][receive_statistics]") {
  ReceiveStatistics s(Ssrc(7), 8000);
  s.on_packet(at_ms(0), ExtSeqNum(0), RtpTimestamp(0), 1, false);
  s.on_packet(at_ms(1), ExtSeqNum(20'000'000), RtpTimestamp(0), 1, false);
  const auto block = s.make_report_block(at_ms(2));
  CHECK(block->cumulative_lost == 0x7FFFFF);
  CHECK(block->fraction_lost == 255);
}

TEST_CASE("the last sender report is echoed with the delay since it came", "[rtpstream][receive_statistics]") {
  ReceiveStatistics s(Ssrc(7), 8000);
  audio(s, 0);
  auto block = s.make_report_block(at_ms(10));
  CHECK(block->last_sr == 0);
  CHECK(block->delay_since_last_sr == 0);

  const NtpTime ntp{0xB44DB705'20000000};  // the example of RFC 3550 §6.4.1, figure 2
  s.on_sender_report(at_ms(100), ntp, RtpTimestamp(4711));
  block = s.make_report_block(Timestamp::from_ms(1100 + 5250));
  CHECK(block->last_sr == 0xB7052000);
  CHECK(block->delay_since_last_sr == 0x00054000);
  REQUIRE(s.sender_clock());
  CHECK(s.sender_clock()->rtp == RtpTimestamp(4711));
  CHECK(s.sender_clock()->arrival == at_ms(100));
}

TEST_CASE("the bitrate is that of the last second and ends with the packets", "[rtpstream][receive_statistics]") {
  ReceiveStatistics s(Ssrc(7), 8000);
  CHECK(s.bitrate(at_ms(0)) == DataRate::bps(0));
  for (int64_t i = 0; i < 250; ++i) audio(s, i);  // 5 s of 40 kbit/s
  const auto rate = s.bitrate(at_ms(5000)).bps();
  CHECK(rate > 38'000);
  CHECK(rate < 42'000);
  CHECK(s.bitrate(at_ms(5600)).bps() < rate);
  // The last packet came at 4980.
  CHECK(s.bitrate(at_ms(5980)).bps() > 0);
  CHECK(s.bitrate(at_ms(5981)) == DataRate::bps(0));
  CHECK(s.bitrate(at_ms(7100)) == DataRate::bps(0));
}
