#include <catch2/catch.hpp>
#include <string>

#include "support/fixtures.hpp"
#include "support/result_text.hpp"
#include "tutti/wire/sdp/session.hpp"
#include "tutti/wire/sdp/trickle_fragment.hpp"

namespace tutti::sdp {
namespace {

using test::fixture;

const char* const kOffers[] = {
    "aiortc-duplicate-extmap-id", "aiortc-sendrecv",          "chromium-av1-svc",          "chromium-datachannel",
    "chromium-recvonly",          "chromium-reoffer-first",   "chromium-reoffer-more",     "chromium-reoffer-inactive",
    "chromium-reoffer-active",    "chromium-reoffer-stopped", "chromium-reoffer-recycled", "chromium-reoffer-restart",
    "chromium-sendonly",          "chromium-sendrecv",        "chromium-simulcast",        "wrtc-sendrecv"};

std::string minimal(const std::string& section_lines = "", const std::string& session_lines = "") {
  return "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n" + session_lines + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n" +
         section_lines;
}

MediaSection section(const std::string& lines) {
  const auto session = parse(minimal(lines));
  REQUIRE(session);
  return session->media.at(0);
}

std::string problem(const std::string& text, const Limits& limits = {}) {
  const auto session = parse(text, limits);
  REQUIRE_FALSE(session);
  CHECK(session.error().kind == ErrorKind::kInvalid);
  CHECK(session.error().type == "sdp-invalid");
  return session.error().detail;
}

TEST_CASE("an offer of a real client survives writing and reading again", "[sdp][session]") {
  for (const char* name : kOffers) {
    INFO(name);
    const auto first = parse(fixture(std::string("offers/") + name + ".sdp"));
    REQUIRE(first);
    const auto second = parse(serialise(*first));
    REQUIRE(second);
    CHECK(*first == *second);
  }
}

TEST_CASE("Chromium's offer reads as it was meant", "[sdp][session]") {
  const auto session = parse(fixture("offers/chromium-sendrecv.sdp"));
  REQUIRE(session);
  CHECK(session->extmap_allow_mixed);
  REQUIRE(session->groups.size() == 1);
  CHECK(session->groups[0].semantics == "BUNDLE");
  CHECK(session->groups[0].mids.size() == 2);
  REQUIRE(session->media.size() == 2);

  const MediaSection& audio = session->media[0];
  CHECK(audio.media == "audio");
  CHECK(audio.port != 0);
  CHECK(audio.protocol == "UDP/TLS/RTP/SAVPF");
  CHECK(audio.formats == std::vector<std::string>{"111", "63", "9", "0", "8", "13", "110", "126"});
  CHECK(audio.mid.view() == "0");
  CHECK(audio.direction == Direction::kSendRecv);
  CHECK(audio.transport.ice_ufrag.size() == 4);
  CHECK(audio.transport.ice_pwd.size() == 24);
  CHECK(audio.transport.setup == Setup::kActPass);
  REQUIRE(audio.transport.fingerprints.size() == 1);
  CHECK(audio.transport.fingerprints[0].bytes.size() == 32);
  CHECK(audio.candidates.size() == 2);
  CHECK(audio.rtcp_mux);
  CHECK(audio.rtcp_rsize);
  CHECK(rtpmap_of(audio, PayloadType(111)) == RtpMap{PayloadType(111), "opus", 48000, 2});
  CHECK(fmtp_of(audio, PayloadType(111)) == "minptime=10;useinbandfec=1");
  CHECK(has_feedback(audio, PayloadType(111), "transport-cc"));
  CHECK_FALSE(has_feedback(audio, PayloadType(9), "transport-cc"));

  const MediaSection& video = session->media[1];
  CHECK(video.extmaps.size() == 11);
  CHECK(fmtp_parameter(fmtp_of(video, PayloadType(108)), "profile-level-id") == "42e01f");
  REQUIRE(video.ssrc_groups.size() == 1);
  CHECK(video.ssrc_groups[0].semantics == "FID");
  CHECK(video.ssrc_groups[0].ssrcs.at(0) == video.ssrcs.at(0).ssrc);
  REQUIRE(video.msids.size() == 1);
  CHECK(video.msids[0].stream == audio.msids.at(0).stream);
}

TEST_CASE("a simulcast offer gives its rids in their order", "[sdp][simulcast]") {
  const auto session = parse(fixture("offers/chromium-simulcast.sdp"));
  REQUIRE(session);
  const MediaSection& video = session->media.at(1);
  REQUIRE(video.rids.size() == 3);
  CHECK(video.rids[0].send);
  REQUIRE(video.simulcast);
  REQUIRE(video.simulcast->send.size() == 3);
  CHECK(video.simulcast->send[0].at(0).rid.view() == "q");
  CHECK(video.simulcast->send[2].at(0).rid.view() == "f");
  CHECK(video.simulcast->recv.empty());
}

TEST_CASE("simulcast has alternatives, paused streams and two directions", "[sdp][simulcast]") {
  const std::string line = "a=simulcast:send 1,~4;2 recv ~6\r\n";
  const MediaSection m = section(line);
  REQUIRE(m.simulcast);
  REQUIRE(m.simulcast->send.size() == 2);
  CHECK_FALSE(m.simulcast->send[0].at(0).paused);
  CHECK(m.simulcast->send[0].at(1).rid.view() == "4");
  CHECK(m.simulcast->send[0].at(1).paused);
  CHECK(m.simulcast->recv.at(0).at(0).paused);
  CHECK(serialise(*parse(minimal(line))).find(line) != std::string::npos);
}

TEST_CASE("a rid names payload types and restrictions", "[sdp][simulcast]") {
  const std::string line = "a=rid:hi send pt=96,97;max-width=1280;max-height=720\r\n";
  const MediaSection m = section(line);
  REQUIRE(m.rids.size() == 1);
  CHECK(m.rids[0].payload_types == std::vector<PayloadType>{PayloadType(96), PayloadType(97)});
  CHECK(m.rids[0].restrictions.at(1) == std::pair<std::string, std::string>{"max-height", "720"});
  CHECK(serialise(*parse(minimal(line))).find(line) != std::string::npos);
}

TEST_CASE("lines may end in LF alone", "[sdp][session]") {
  const std::string text = fixture("offers/chromium-sendrecv.sdp");
  CHECK(*parse(text) == *parse(test::replaced_everywhere(text, "\r\n", "\n")));
}

TEST_CASE("unknown lines and attributes are read over", "[sdp][session]") {
  const std::string plain = minimal("a=mid:0\r\n");
  const std::string more =
      minimal("i=a camera\r\nb=AS:500\r\na=mid:0\r\na=x-thing:1\r\na=rtcp-xr:rcvr-rtt=all\r\n", "k=prompt\r\n");
  CHECK(*parse(plain) == *parse(more));
}

TEST_CASE("a section inherits what it does not say itself", "[sdp][session]") {
  const auto session = parse(minimal("a=setup:active\r\n",
                                     "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=setup:actpass\r\n"
                                     "a=fingerprint:SHA-256 ab:CD\r\na=recvonly\r\na=extmap:1 urn:x\r\n"));
  REQUIRE(session);
  const TransportAttributes t = transport_of(*session, session->media[0]);
  CHECK(t.ice_ufrag == "abcd");
  CHECK(t.ice_pwd == "0123456789012345678901");
  CHECK(t.setup == Setup::kActive);
  CHECK(t.fingerprints.at(0) == Fingerprint{"sha-256", {0xAB, 0xCD}});
  CHECK(to_string(t.fingerprints[0]) == "sha-256 AB:CD");
  CHECK(direction_of(*session, session->media[0]) == Direction::kRecvOnly);
  CHECK(extmaps_of(*session, session->media[0]).size() == 1);
}

TEST_CASE("static payload types need no rtpmap", "[sdp][session]") {
  const MediaSection m = section("");
  CHECK(rtpmap_of(m, PayloadType(0))->name == "PCMU");
  CHECK(rtpmap_of(m, PayloadType(9))->clock_rate_hz == 8000);
  CHECK_FALSE(rtpmap_of(m, PayloadType(96)));
}

TEST_CASE("feedback for '*' holds for every payload type", "[sdp][session]") {
  const MediaSection m = section("a=rtcp-fb:* nack pli\r\n");
  CHECK(has_feedback(m, PayloadType(96), "nack pli"));
  CHECK_FALSE(has_feedback(m, PayloadType(96), "nack"));
}

TEST_CASE("an error names the line and what would be right", "[sdp][session][errors]") {
  CHECK(problem(minimal("a=mid:0\r\na=extmap:zero urn:x\r\n")) ==
        "line 7: a=extmap must be '<id>[/<direction>] <uri>' with an id from 1");
  CHECK(problem("") == "the description is empty; it must begin with 'v=0'");
  CHECK(problem("hello\r\n") == "line 1: a line must be '<letter>=<value>'");
  CHECK(problem("s=-\r\n") == "line 1: the first line must be 'v=0'");
  CHECK(problem("v=0\r\ns=-\r\n") == "there must be an o= line");
  CHECK(problem(minimal("m=video 99999 UDP/TLS/RTP/SAVPF 96\r\n")) ==
        "line 6: m= must be '<media> <port> <protocol> <format>...'");
  CHECK(problem(minimal("a=mid:0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n")) ==
        "line 8: a=mid must be different in each section");
}

TEST_CASE("malformed attributes are refused", "[sdp][session][errors]") {
  for (const char* line : {"a=rtpmap:128 VP8/90000",
                           "a=rtpmap:96 VP8",
                           "a=rtpmap:96 VP8/0",
                           "a=rtpmap:96 VP8/4294967296",
                           "a=ice-ufrag:abc",
                           "a=ice-pwd:short",
                           "a=fingerprint:sha-256 A:B",
                           "a=fingerprint:sha-256",
                           "a=setup:maybe",
                           "a=ssrc:4294967296 cname:x",
                           "a=ssrc-group:FID 1 x",
                           "a=extmap:0 urn:x",
                           "a=extmap:1/upward urn:x",
                           "a=rid:0123456789abcdefg send",
                           "a=rid:a.b send",
                           "a=rid:a both",
                           "a=simulcast:send",
                           "a=simulcast:send ;",
                           "a=simulcast:send a send b",
                           "a=mid:012345678901234567890123456789012",
                           "a=mid:two words",
                           "a=rtcp-fb:96",
                           "a=msid:",
                           "a=candidate:"}) {
    INFO(line);
    problem(minimal(std::string(line) + "\r\n"));
  }
  problem(minimal("a=mid:0\r\na=mid:1\r\n"));
  problem(minimal("a=mid:0\r\na=ice-ufrag:abcd\r\na=ice-ufrag:efgh\r\n"));
  problem(minimal(std::string("a=mid:\x01\r\n")));
  problem(minimal(std::string("a=x:a\0b\r\n", 9)));
}

// PJSIP's CVE-2026-41416 computed a buffer from it, CVE-2026-25994 copied a long user name.
TEST_CASE("a packet time out of range is as if it were not there", "[sdp][session]") {
  CHECK(section("a=ptime:20\r\na=maxptime:120\r\n").ptime_ms == 20);
  for (const char* ms : {"0", "-20", "1001", "65556", "4294967316", "x"}) {
    INFO(ms);
    CHECK_FALSE(section("a=ptime:" + std::string(ms) + "\r\n").ptime_ms);
  }
}

TEST_CASE("a long ICE user name is refused", "[sdp][session][errors]") {
  CHECK(section("a=ice-ufrag:" + std::string(256, 'u') + "\r\n").transport.ice_ufrag.size() == 256);
  problem(minimal("a=ice-ufrag:" + std::string(257, 'u') + "\r\n"));
}

TEST_CASE("every quantity has a limit", "[sdp][session][limits]") {
  Limits limits;
  limits.max_bytes = 1000;
  CHECK(problem(std::string(1001, 'a'), limits) == "the description is larger than 1000 bytes");
  limits = {};
  limits.max_lines = 6;
  CHECK(parse(minimal("a=mid:0\r\n"), limits));
  CHECK(problem(minimal("a=mid:0\r\na=x\r\n"), limits) == "line 7: there may be at most 6 lines");
  limits = {};
  CHECK(parse(minimal("a=x:" + std::string(4092, 'x') + "\r\n")));
  CHECK(problem(minimal("a=x:" + std::string(4093, 'x') + "\r\n")) ==
        "line 6: a line may have at most 4096 characters");
  limits.max_sections = 1;
  CHECK(problem(minimal("m=audio 9 RTP/AVP 0\r\n"), limits) == "line 6: there may be at most 1 m-lines");
  limits = {};
  limits.max_attributes = 2;
  CHECK(parse(minimal("a=x\r\na=x\r\n", "a=x\r\n"), limits));
  CHECK(problem(minimal("a=x\r\na=x\r\na=x\r\n"), limits) == "line 8: a section may have at most 2 attributes");
  limits = {};
  limits.max_formats = 2;
  CHECK(problem(minimal("m=audio 9 RTP/AVP 0 8 9\r\n"), limits) == "line 6: an m-line may have at most 2 formats");
}

// Janus' CVE-2020-13898 to -13901 were overflows of a fixed buffer while merging sections.
TEST_CASE("a description of 128 sections at full length is written whole", "[sdp][session][limits]") {
  Session session = *parse(minimal());
  session.media[0].fmtps.push_back({PayloadType(96), std::string(1500, 'p')});
  session.media.resize(128, session.media[0]);
  const auto again = parse(serialise(session));
  REQUIRE(again);
  CHECK(*again == session);
}

TEST_CASE("a format parameter is found in any case and among blanks", "[sdp][session]") {
  CHECK(fmtp_parameter("a=1; Profile-Id=2;b", "profile-id") == "2");
  CHECK(fmtp_parameter("a=1;b", "b") == "");
  CHECK_FALSE(fmtp_parameter("xprofile=1", "profile"));
}

TEST_CASE("a format parameter that is no number counts as absent", "[sdp][session]") {
  CHECK(fmtp_number("minptime=10; Stereo=1", "stereo", 7) == 1);
  CHECK(fmtp_number("sprop-stereo=10", "sprop-stereo", 0) == 10);
  CHECK(fmtp_number("sprop-stereo=10", "stereo", 7) == 7);
  CHECK(fmtp_number("maxaveragebitrate=4294967295", "maxaveragebitrate", 7) == UINT32_MAX);
  for (const char* value : {"", "=", "=x", "=-1", "=4294967296"})
    CHECK(fmtp_number("maxaveragebitrate" + std::string(value), "maxaveragebitrate", 7) == 7);
}

// RFC 9725 §4.3: what a WHIP client sends to trickle.
const std::string kFragment =
    "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
    "a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1\r\n"
    "a=candidate:3471623853 1 udp 2122194687 198.51.100.2 61765 typ host generation 0 ufrag EsAw network-id 2\r\n"
    "a=end-of-candidates\r\n";

TEST_CASE("a trickle fragment gives credentials and candidates", "[sdp][trickle]") {
  const auto fragment = parse_fragment(kFragment);
  REQUIRE(fragment);
  CHECK(fragment->ice_ufrag == "EsAw");
  CHECK(fragment->ice_pwd == "P2uYro0UCOQ4zxjKXaWCBui1");
  REQUIRE(fragment->sections.size() == 1);
  CHECK(fragment->sections[0].mid.view() == "0");
  CHECK(fragment->sections[0].candidates.size() == 2);
  CHECK(fragment->sections[0].end_of_candidates);
  CHECK(serialise(*fragment) == kFragment);
}

TEST_CASE("credentials within a section are those of the fragment", "[sdp][trickle]") {
  const std::string line = "a=ice-ufrag:EsAw\r\n";
  const auto fragment = parse_fragment(test::replaced(kFragment, line, "") + line);
  REQUIRE(fragment);
  CHECK(fragment->ice_ufrag == "EsAw");
  CHECK_FALSE(parse_fragment(kFragment + "a=ice-ufrag:other\r\n"));
}

TEST_CASE("a malformed fragment is refused with its line", "[sdp][trickle][errors]") {
  const auto early = parse_fragment("a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n");
  REQUIRE_FALSE(early);
  CHECK(early.error().type == "sdp-invalid");
  CHECK(early.error().detail == "line 1: a=candidate must follow an m-line and hold a candidate");
  CHECK_FALSE(parse_fragment("<html>"));
  CHECK_FALSE(parse_fragment(std::string(kFragmentLimits.max_bytes + 1, '\n')));
}

}  // namespace
}  // namespace tutti::sdp
