#include <catch2/catch.hpp>
#include <string>

#include "tutti/proto/ice/candidate.hpp"

using namespace tutti;
using namespace tutti::ice;

TEST_CASE("priorities follow the formula of RFC 8445", "[proto][ice][candidate]") {
  CHECK(candidate_priority(CandidateType::kHost) == 2130706431u);
  CHECK(candidate_priority(CandidateType::kHost, 65535, 2) == 2130706430u);
  CHECK(candidate_priority(CandidateType::kServerReflexive) == 1694498815u);
  CHECK(candidate_priority(CandidateType::kPeerReflexive) == 1862270975u);
  CHECK(candidate_priority(CandidateType::kRelayed) == 16777215u);
  CHECK(candidate_priority(CandidateType::kRelayed, 0, 256) == 0u);
  CHECK(candidate_priority(CandidateType::kHost, 10) > candidate_priority(CandidateType::kHost, 9));
}

TEST_CASE("a host candidate is written and read back", "[proto][ice][candidate]") {
  for (const char* address : {"192.0.2.1:40000", "[2001:db8::1]:40001"}) {
    const auto ours = make_host_candidate(*Endpoint::parse(address), 100);
    const auto theirs = parse_candidate(ours.to_sdp());
    REQUIRE(theirs);
    CHECK(theirs->foundation == ours.foundation);
    CHECK(theirs->component == 1);
    CHECK(theirs->transport == CandidateTransport::kUdp);
    CHECK(theirs->priority == ours.priority);
    CHECK(theirs->type == CandidateType::kHost);
    REQUIRE(theirs->endpoint());
    CHECK(*theirs->endpoint() == ours.endpoint);
  }
  Candidate c = make_host_candidate(*Endpoint::parse("192.0.2.1:40000"));
  c.foundation = "1";
  CHECK(c.to_sdp() == "candidate:1 1 udp 2130706431 192.0.2.1 40000 typ host");
}

TEST_CASE("candidates of one address share a foundation, those of two do not", "[proto][ice][candidate]") {
  const auto foundation = [](const char* e) { return make_host_candidate(*Endpoint::parse(e)).foundation; };
  CHECK(foundation("192.0.2.1:1") == foundation("192.0.2.1:2"));
  CHECK(foundation("192.0.2.1:1") != foundation("192.0.2.2:1"));
}

TEST_CASE("candidates of browsers are read", "[proto][ice][candidate]") {
  SECTION("a name instead of an address") {
    const auto c = parse_candidate(
        "a=candidate:1052350162 1 udp 2113937151 1f4712db-ea17-4bcf-a596-105139dfd8bf.local 54596 typ host generation "
        "0 "
        "ufrag HyfS network-cost 999\r\n");
    REQUIRE(c);
    CHECK(c->is_mdns());
    CHECK_FALSE(c->endpoint());
    CHECK(std::get<HostName>(c->address) == HostName{"1f4712db-ea17-4bcf-a596-105139dfd8bf.local", 54596});
  }
  SECTION("server-reflexive with its base") {
    const auto c =
        parse_candidate("candidate:842163049 1 UDP 1677729535 203.0.113.5 41201 typ srflx raddr 0.0.0.0 rport 0");
    REQUIRE(c);
    CHECK(c->type == CandidateType::kServerReflexive);
    CHECK(*c->endpoint() == *Endpoint::parse("203.0.113.5:41201"));
    CHECK_FALSE(c->is_mdns());
  }
  SECTION("TCP") {
    const auto c = parse_candidate("candidate:3 1 tcp 1518280447 192.0.2.8 9 typ host tcptype active");
    REQUIRE(c);
    CHECK(c->transport == CandidateTransport::kTcp);
    CHECK(c->endpoint()->port == 9);
  }
  SECTION("as aiortc trickles it, without the prefix") {
    const auto c = parse_candidate("  6815297761 1 udp 2130706431 2001:db8::5 31102 typ relay ");
    REQUIRE(c);
    CHECK(c->type == CandidateType::kRelayed);
    CHECK(c->endpoint()->ip.is_v6());
  }
}

TEST_CASE("lines that are not candidates are refused", "[proto][ice][candidate]") {
  const std::string good = "candidate:1 1 udp 1 192.0.2.1 1 typ host";
  REQUIRE(parse_candidate(good));
  for (const char* bad : {
           "",
           "candidate:",
           "candidate:1 1 udp 1 192.0.2.1 1 typ",
           "candidate:1 1 udp 1 192.0.2.1 1 host",
           "candidate:1 1 udp 1 192.0.2.1 typ host",
           "candidate:1 0 udp 1 192.0.2.1 1 typ host",
           "candidate:1 257 udp 1 192.0.2.1 1 typ host",
           "candidate:1 -1 udp 1 192.0.2.1 1 typ host",
           "candidate:1 1 sctp 1 192.0.2.1 1 typ host",
           "candidate:1 1 udp 4294967296 192.0.2.1 1 typ host",
           "candidate:1 1 udp 1x 192.0.2.1 1 typ host",
           "candidate:1 1 udp 1 192.0.2.1 65536 typ host",
           "candidate:1 1 udp 1 192.0.2.1 1 typ neighbour",
           "candidate:1 1 udp 1 fe80::1%eth0 1 typ host",
           "candidate:1 1 udp 1 na\"me 1 typ host",
           "candidate:_ 1 udp 1 192.0.2.1 1 typ host",
           "candidate:123456789012345678901234567890123 1 udp 1 192.0.2.1 1 typ host",
       }) {
    CAPTURE(bad);
    CHECK_FALSE(parse_candidate(bad));
  }
  CHECK_FALSE(parse_candidate("candidate:1 1 udp 1 " + std::string(254, 'a') + " 1 typ host"));
  CHECK(parse_candidate(good + " " + std::string(kMaxCandidateLength - good.size() - 1, 'x')));
  CHECK_FALSE(parse_candidate(good + " " + std::string(kMaxCandidateLength - good.size(), 'x')));
}
