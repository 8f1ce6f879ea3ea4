// Sender and receiver reports (RFC 3550 §6.4) and extended reports (RFC 3611).
#include <catch2/catch.hpp>

#include "support/hex.hpp"
#include "support/rtcp.hpp"
#include "tutti/wire/rtcp/extended_reports.hpp"
#include "tutti/wire/rtcp/receiver_report.hpp"
#include "tutti/wire/rtcp/sender_report.hpp"

using namespace tutti;
using namespace tutti::rtcp;
using namespace tutti::test;

namespace {

ReportBlock sample_block(uint32_t source) {
  ReportBlock block;
  block.source = Ssrc(source);
  block.fraction_lost = 0x40;
  block.cumulative_lost = -2;
  block.highest_sequence = 0x0003FFFE;
  block.jitter = 0x123;
  block.last_sr = 0xA1A2A3A4;
  block.delay_since_last_sr = 0x00018000;
  return block;
}

// RFC 3550 §6.4.1, field by field.
constexpr std::string_view kSenderReport =
    "81 c8 000c"          // V=2, P=0, RC=1, SR, 12 words follow
    "11223344"            // SSRC of sender
    "e1e2e3e4 80000000"   // NTP timestamp: half a second into its second
    "00015f90"            // RTP timestamp
    "000003e8 0001e240"   // packet and octet count
    "aabbccdd"            // SSRC_1
    "40 fffffe"           // a quarter lost lately, -2 in all
    "0003fffe 00000123"   // extended highest sequence number, jitter
    "a1a2a3a4 00018000";  // LSR, DLSR of 1.5 s

SenderReport sample_sender_report() {
  SenderReport report;
  report.sender = Ssrc(0x11223344);
  report.ntp = NtpTime{0xE1E2E3E480000000};
  report.rtp = RtpTimestamp(90000);
  report.packet_count = 1000;
  report.octet_count = 123456;
  report.blocks = {sample_block(0xAABBCCDD)};
  return report;
}

}  // namespace

TEST_CASE("a sender report is read field by field", "[wire][rtcp]") {
  const auto report = parse_whole<SenderReport>(from_hex(kSenderReport));
  REQUIRE(report);
  CHECK(*report == sample_sender_report());
  CHECK(report->ntp.compact() == 0xE3E48000);
}

TEST_CASE("a sender report is written as it was read", "[wire][rtcp]") {
  CHECK(serialized(sample_sender_report()) == from_hex(kSenderReport));
  CHECK(needs_exactly_its_size(sample_sender_report()));
}

TEST_CASE("a truncated sender report is refused", "[wire][rtcp]") {
  CHECK(lengths_that_parse<SenderReport>(from_hex(kSenderReport)).empty());
}

TEST_CASE("a profile's extension after the report blocks is ignored", "[wire][rtcp]") {
  const auto report = parse_whole<ReceiverReport>(from_hex("80c90003 11111111 deadbeef deadbeef"));
  REQUIRE(report);
  CHECK(report->sender == Ssrc(0x11111111));
  CHECK(report->blocks.empty());
}

TEST_CASE("a receiver report of 31 blocks survives a round trip, 32 are refused", "[wire][rtcp]") {
  ReceiverReport report;
  report.sender = Ssrc(7);
  for (uint32_t i = 0; i < 31; ++i) report.blocks.push_back(sample_block(i));
  const auto bytes = serialized(report);
  CHECK(bytes.size() == 8 + 31 * 24);
  CHECK(parse_whole<ReceiverReport>(bytes) == report);
  CHECK(lengths_that_parse<ReceiverReport>(bytes).empty());
  CHECK(needs_exactly_its_size(report));
  report.blocks.push_back(sample_block(31));
  CHECK(serialized(report).empty());
}

TEST_CASE("a report with fewer blocks than it counts is refused", "[wire][rtcp]") {
  auto bytes = from_hex(kSenderReport);
  bytes[0] = 0x82;
  CHECK_FALSE(parse_whole<SenderReport>(bytes));
  bytes[0] = 0x9F;
  CHECK_FALSE(parse_whole<SenderReport>(bytes));
}

TEST_CASE("a loss count that 24 bits cannot hold stays at their end", "[wire][rtcp]") {
  const auto [written, read] =
      GENERATE(std::pair{0x7FFFFF, 0x7FFFFF}, std::pair{0x800000, 0x7FFFFF}, std::pair{-0x800000, -0x800000},
               std::pair{-0x800001, -0x800000}, std::pair{-1, -1});
  ReceiverReport report;
  report.blocks = {sample_block(1)};
  report.blocks[0].cumulative_lost = written;
  const auto back = parse_whole<ReceiverReport>(serialized(report));
  REQUIRE(back);
  CHECK(back->blocks[0].cumulative_lost == read);
}

// RFC 3611 §4.4 and §4.5, with a block of a type that nobody knows between them.
constexpr std::string_view kExtendedReports =
    "80 cf 000d"                    // V=2, P=0, XR, 13 words follow
    "11223344"                      // SSRC
    "04 00 0002 e1e2e3e4 80000000"  // BT=4: NTP timestamp
    "c8 55 0001 deadbeef"           // BT=200
    "05 00 0006"                    // BT=5: two sub-blocks
    "aabbccdd a1a2a3a4 00018000"    // SSRC_1, LRR, DLRR
    "00000001 00000000 00000000";   // SSRC_2, which we never heard of

TEST_CASE("extended reports give reference time and delays, and step over the rest", "[wire][rtcp]") {
  const auto xr = parse_whole<ExtendedReports>(from_hex(kExtendedReports));
  REQUIRE(xr);
  CHECK(xr->sender == Ssrc(0x11223344));
  REQUIRE(xr->receiver_reference_time);
  CHECK(xr->receiver_reference_time->value == 0xE1E2E3E480000000);
  REQUIRE(xr->dlrr.size() == 2);
  CHECK(xr->dlrr[0] == ExtendedReports::Dlrr{Ssrc(0xAABBCCDD), 0xA1A2A3A4, 0x18000});
  CHECK(xr->dlrr[1] == ExtendedReports::Dlrr{Ssrc(1), 0, 0});
}

TEST_CASE("extended reports survive a round trip", "[wire][rtcp]") {
  ExtendedReports xr;
  xr.sender = Ssrc(9);
  CHECK(parse_whole<ExtendedReports>(serialized(xr)) == xr);
  xr.receiver_reference_time = NtpTime{0x0102030405060708};
  CHECK(parse_whole<ExtendedReports>(serialized(xr)) == xr);
  for (uint32_t i = 0; i < ExtendedReports::kMaxDlrr; ++i) xr.dlrr.push_back({Ssrc(i), i * 3, i * 5});
  CHECK(parse_whole<ExtendedReports>(serialized(xr)) == xr);
  CHECK(needs_exactly_its_size(xr));
  xr.dlrr.push_back({});
  CHECK(serialized(xr).empty());
}

TEST_CASE("truncated extended reports parse only where a block ends", "[wire][rtcp]") {
  CHECK(lengths_that_parse<ExtendedReports>(from_hex(kExtendedReports)) == std::vector<size_t>{4, 16, 24});
}

TEST_CASE("extended reports whose block lengths lie are refused", "[wire][rtcp]") {
  CHECK_FALSE(parse_whole<ExtendedReports>(from_hex("80cf0003 11223344 04000001 e1e2e3e4")));
  CHECK_FALSE(parse_whole<ExtendedReports>(from_hex("80cf0003 11223344 05000001 e1e2e3e4")));
  CHECK_FALSE(parse_whole<ExtendedReports>(from_hex("80cf0003 11223344 0100ffff e1e2e3e4")));
}

TEST_CASE("more delays than the limit are refused, in one block or in several", "[wire][rtcp]") {
  ExtendedReports xr;
  for (uint32_t i = 0; i < ExtendedReports::kMaxDlrr; ++i) xr.dlrr.push_back({Ssrc(i), 0, 0});
  auto bytes = serialized(xr);
  const auto another = from_hex("05000003 00000001 00000000 00000000");
  bytes.insert(bytes.end(), another.begin(), another.end());
  const size_t words = bytes.size() / 4 - 1;
  bytes[2] = static_cast<uint8_t>(words >> 8);
  bytes[3] = static_cast<uint8_t>(words);
  REQUIRE(only_packet(bytes));
  CHECK_FALSE(parse_whole<ExtendedReports>(bytes));
}
