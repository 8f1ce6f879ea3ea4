#include "tutti/peer/negotiation.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "support/fixtures.hpp"
#include "support/result_text.hpp"
#include "tutti/wire/sdp/session.hpp"

namespace tutti::peer {
namespace {

using test::replaced;
using test::replaced_everywhere;

std::string offer(const std::string& name) { return test::fixture("offers/" + name + ".sdp"); }

LocalTransport local_transport() {
  LocalTransport local;
  local.ice_ufrag = "srvU";
  local.ice_pwd = "serverpasswordserverpw";
  local.fingerprint_sha256 = "AB";
  for (int i = 1; i < 32; ++i) local.fingerprint_sha256 += ":CD";
  local.candidates = {*Endpoint::parse("192.0.2.7:40000"), *Endpoint::parse("[2001:db8::7]:40000")};
  local.cname = "tutti-cname";
  return local;
}

struct Ask {
  std::vector<PublishName> names;
  NegotiationPolicy policy;
  const Session* previous = nullptr;
  uint64_t seed = 1;
};

Result<Negotiated> ask(const std::string& text, const Ask& a = {}) {
  SeededRandom random(a.seed);
  return negotiate(text, a.names, a.policy, local_transport(), a.previous, random);
}

Negotiated accepted(const std::string& text, const Ask& a = {}) {
  const auto result = ask(text, a);
  if (!result) FAIL(result.error().detail);
  return *result;
}

Error refused(const std::string& text, const Ask& a = {}) {
  const auto result = ask(text, a);
  REQUIRE_FALSE(result);
  return result.error();
}

sdp::Session answer_of(const Negotiated& n) { return *sdp::parse(n.answer); }

Mid mid(std::string_view text) { return *Mid::make(text); }

std::vector<std::string> rids(const PublishSpec& publish) {
  std::vector<std::string> out;
  for (const LayerSpec& layer : publish.layers) out.emplace_back(layer.rid.view());
  return out;
}

// An offer of one publishing video section, with `lines` in it.
std::string video_offer(const std::string& lines, const std::string& payload_types = "96") {
  std::string fingerprint = "AA";
  for (int i = 1; i < 32; ++i) fingerprint += ":BB";
  return "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
         "m=video 9 UDP/TLS/RTP/SAVPF " +
         payload_types +
         "\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendonly\r\na=rtcp-mux\r\na=ice-ufrag:abcd\r\n"
         "a=ice-pwd:0123456789012345678901\r\na=setup:actpass\r\na=fingerprint:sha-256 " +
         fingerprint +
         "\r\na=rtpmap:96 VP8/90000\r\na=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
         "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n" +
         lines;
}

// The same of one receiving section.
std::string receiving_offer(const std::string& lines) {
  std::string text = video_offer(lines);
  return text.replace(text.find("a=sendonly"), 10, "a=recvonly");
}
Negotiated receiving(const std::string& lines) { return accepted(receiving_offer(lines)); }

const std::string kTransportWide = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n";

TEST_CASE("a browser that sends and receives becomes two tracks and two slots", "[peer][negotiation]") {
  const Negotiated n = accepted(offer("chromium-sendrecv"));
  REQUIRE(n.session.publish.size() == 2);
  REQUIRE(n.session.receive.size() == 2);
  CHECK_FALSE(n.ice_restart);

  const PublishSpec& audio = n.session.publish[0];
  CHECK(audio.name == "0");
  CHECK(audio.kind == MediaKind::kAudio);
  CHECK(audio.codec.codec == Codec::kOpus);
  CHECK(audio.codec.payload_type == PayloadType(111));
  CHECK(audio.codec.channels == 2);
  CHECK(audio.codec.transport_cc);
  CHECK_FALSE(audio.codec.nack);
  CHECK(audio.extensions.get(rtp::Extension::kAudioLevel) == 1);
  CHECK(audio.extensions.get(rtp::Extension::kMid) == 4);

  const PublishSpec& video = n.session.publish[1];
  CHECK(video.codec.codec == Codec::kVp8);
  CHECK(video.codec.rtx_payload_type == PayloadType(97));
  CHECK((video.codec.nack && video.codec.pli && video.codec.fir && video.codec.remb && video.codec.transport_cc));
  REQUIRE(video.layers.size() == 1);
  CHECK(video.layers[0].rid.empty());
  const auto parsed = *sdp::parse(offer("chromium-sendrecv"));
  CHECK(video.layers[0].ssrc == parsed.media[1].ssrc_groups[0].ssrcs[0]);
  CHECK(video.layers[0].rtx_ssrc == parsed.media[1].ssrc_groups[0].ssrcs[1]);

  const ReceiveSpec& slot = n.session.receive[1];
  CHECK(slot.slot.str() == "1");
  CHECK(slot.codecs.front().codec == Codec::kVp8);
  CHECK(slot.rtx_ssrc);
  CHECK(n.session.bundle_extensions.get(rtp::Extension::kMid) == 4);
  CHECK(n.session.bundle_extensions.get(rtp::Extension::kRid) == 10);
  CHECK(n.session.remote.ice_ufrag == parsed.media[0].transport.ice_ufrag);
  CHECK(n.session.remote.fingerprints == parsed.media[0].transport.fingerprints);
}

TEST_CASE("the answer is ICE-lite, passive, bundled and complete", "[peer][negotiation][answer]") {
  const Negotiated n = accepted(offer("chromium-sendrecv"));
  const sdp::Session answer = answer_of(n);
  CHECK(answer.ice_lite);
  CHECK(answer.extmap_allow_mixed);
  REQUIRE(answer.groups.size() == 1);
  CHECK(answer.groups[0].mids == std::vector<Mid>{mid("0"), mid("1")});
  CHECK(answer.origin.version == "1");
  REQUIRE(answer.media.size() == 2);
  for (const sdp::MediaSection& m : answer.media) {
    CHECK(m.port == 40000);
    CHECK(m.connection->address == "192.0.2.7");
    CHECK(m.transport.setup == sdp::Setup::kPassive);
    CHECK(m.transport.ice_ufrag == "srvU");
    CHECK(m.transport.fingerprints.at(0).bytes.size() == 32);
    CHECK(m.rtcp_mux);
    CHECK(m.rtcp_rsize);
    CHECK(m.direction == sdp::Direction::kSendRecv);
  }
  CHECK(answer.media[0].candidates == std::vector<std::string>{"1 1 udp 2130706431 192.0.2.7 40000 typ host",
                                                               "2 1 udp 2130706175 2001:db8::7 40000 typ host"});
  CHECK(answer.media[0].end_of_candidates);
  CHECK(answer.media[1].candidates.empty());
  CHECK(answer.media[0].formats == std::vector<std::string>{"111", "63"});
  CHECK(sdp::fmtp_of(answer.media[0], PayloadType(111)) == "minptime=10;useinbandfec=1");
  CHECK(answer.media[1].formats.at(0) == "96");
  CHECK(sdp::fmtp_of(answer.media[1], PayloadType(97)) == "apt=96");
  for (const sdp::RtpMap& map : answer.media[1].rtpmaps) CHECK((map.name != "red" && map.name != "ulpfec"));
  for (const sdp::ExtMap& map : answer.media[1].extmaps) CHECK(rtp::extension_from_uri(map.uri));
}

TEST_CASE("a slot's SSRCs, cname and msid are announced", "[peer][negotiation][answer]") {
  const Negotiated n = accepted(offer("chromium-sendrecv"));
  const sdp::MediaSection video = answer_of(n).media.at(1);
  const ReceiveSpec& slot = n.session.receive.at(1);
  REQUIRE(video.ssrc_groups.size() == 1);
  CHECK(video.ssrc_groups[0] == sdp::SsrcGroup{"FID", {slot.ssrc, *slot.rtx_ssrc}});
  REQUIRE(video.ssrcs.size() == 4);
  CHECK(video.ssrcs[0] == sdp::SsrcAttribute{slot.ssrc, "cname", "tutti-cname"});
  CHECK(video.ssrcs[3] == sdp::SsrcAttribute{*slot.rtx_ssrc, "msid", "slot-0 video-0"});
}

TEST_CASE("three layers, a microphone and twelve slots are taken as they stand", "[peer][negotiation][simulcast]") {
  const Negotiated n = accepted(offer("chromium-simulcast"));
  REQUIRE(n.session.publish.size() == 2);
  CHECK(rids(n.session.publish[1]) == std::vector<std::string>{"q", "h", "f"});
  REQUIRE(n.session.receive.size() == 12);
  std::set<Ssrc> ssrcs;
  for (const ReceiveSpec& slot : n.session.receive) {
    CHECK(ssrcs.insert(slot.ssrc).second);
    if (slot.rtx_ssrc) CHECK(ssrcs.insert(*slot.rtx_ssrc).second);
  }
  const sdp::Session answer = answer_of(n);
  CHECK(answer.media[1].direction == sdp::Direction::kRecvOnly);
  CHECK(answer.media[1].formats == std::vector<std::string>{"96", "97"});
  REQUIRE(answer.media[1].simulcast);
  CHECK(answer.media[1].simulcast->recv.size() == 3);
  CHECK(answer.media[1].rids.size() == 3);
  CHECK_FALSE(answer.media[1].rids[0].send);
  CHECK(answer.media[5].direction == sdp::Direction::kSendOnly);
}

TEST_CASE("the audio and the video slot of one number share an msid", "[peer][negotiation][answer]") {
  const Negotiated n = accepted(offer("chromium-simulcast"));
  const sdp::Session answer = answer_of(n);
  CHECK(answer.media[3].msids.at(0).stream == "slot-1");
  CHECK(answer.media[6].msids.at(0).stream == "slot-1");
  CHECK(n.session.receive[1].pair == 1);
  CHECK(n.session.receive[1].kind == MediaKind::kAudio);
  CHECK(n.session.receive[4].pair == 1);
  CHECK(n.session.receive[4].kind == MediaKind::kVideo);
}

TEST_CASE("a player that only receives gets every codec of the policy under its own numbers", "[peer][negotiation]") {
  const Negotiated n = accepted(offer("chromium-recvonly"));
  CHECK(n.session.publish.empty());
  REQUIRE(n.session.receive.size() == 2);
  const auto& codecs = n.session.receive[1].codecs;
  std::vector<Codec> order;
  for (const CodecSpec& c : codecs) {
    if (order.empty() || order.back() != c.codec) order.push_back(c.codec);
    CHECK(c.rtx_payload_type);
  }
  CHECK(order == std::vector<Codec>{Codec::kVp8, Codec::kVp9, Codec::kH264, Codec::kAv1});
  // And one for FlexFEC.
  CHECK(answer_of(n).media[1].formats.size() == 2 * codecs.size() + 1);
}

TEST_CASE("a published line is answered with the first codec of the policy that it offers",
          "[peer][negotiation][codecs]") {
  Ask a;
  a.policy.video = {Codec::kH264, Codec::kVp8};
  const Negotiated n = accepted(offer("chromium-sendonly"), a);
  const CodecSpec& codec = n.session.publish.at(1).codec;
  CHECK(codec.codec == Codec::kH264);
  CHECK(codec.fmtp == "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f");
  CHECK(answer_of(n).media[1].formats == std::vector<std::string>{"108", "109"});
}

TEST_CASE("a line without a common codec is rejected and the others stand", "[peer][negotiation][codecs]") {
  Ask a;
  a.policy.audio = {Codec::kPcmu};
  a.policy.video = {Codec::kAv1};
  const Negotiated n = accepted(offer("aiortc-sendrecv"), a);
  CHECK(n.session.lines.at(1).rejected);
  CHECK(n.session.publish.size() == 1);
  CHECK(n.session.publish[0].codec.payload_type == PayloadType(0));
  const sdp::Session answer = answer_of(n);
  CHECK(answer.media[1].port == 0);
  CHECK(answer.groups[0].mids == std::vector<Mid>{mid("0")});
  a.policy.audio = {Codec::kG722};
  CHECK(refused(offer("aiortc-sendrecv"), a).kind == ErrorKind::kUnsupported);
}

TEST_CASE("RED of Opus is taken behind Opus, or before it where the client has it so", "[peer][negotiation][red]") {
  const std::string usual = offer("chromium-sendrecv");
  const Negotiated n = accepted(usual);
  CHECK(n.session.publish[0].codec.red_payload_type == PayloadType(63));
  REQUIRE(n.session.receive[0].codecs.size() == 1);
  CHECK(n.session.receive[0].codecs[0].red_payload_type == PayloadType(63));
  const sdp::MediaSection audio = answer_of(n).media[0];
  CHECK(audio.formats == std::vector<std::string>{"111", "63"});
  CHECK(sdp::rtpmap_of(audio, PayloadType(63)) == sdp::RtpMap{PayloadType(63), "red", 48'000, 2});
  CHECK(sdp::fmtp_of(audio, PayloadType(63)) == "111/111");

  const Negotiated preferred = accepted(replaced(usual, "SAVPF 111 63", "SAVPF 63 111"));
  CHECK(answer_of(preferred).media[0].formats == std::vector<std::string>{"63", "111"});
  CHECK(preferred.session.publish[0].codec.payload_type == PayloadType(111));
}

TEST_CASE("RED of several codecs, of none, of itself or of video is not answered", "[peer][negotiation][red]") {
  for (const char* fmtp : {"a=fmtp:63 111/0", "a=fmtp:63 ", "a=fmtp:63 63/63", "a=fmtp:63 111/", "a=fmtp:63 9/9", "a=fmtp:63 x"}) {
    const std::string text = replaced(offer("chromium-sendrecv"), "a=fmtp:63 111/111", fmtp);
    const auto result = ask(text);
    if (!result) continue;  // not even an fmtp
    INFO(fmtp);
    const bool lone = std::string_view(fmtp) == "a=fmtp:63 111/";
    CHECK(result->session.publish[0].codec.red_payload_type.has_value() == lone);
  }
  const Negotiated video = accepted(video_offer("a=rtpmap:118 red/90000\r\na=fmtp:118 96/96\r\n", "96 118"));
  CHECK_FALSE(video.session.publish[0].codec.red_payload_type);
}

TEST_CASE("a slot that is only received gets FlexFEC of its own SSRC", "[peer][negotiation][fec]") {
  const Negotiated n = accepted(offer("chromium-recvonly"));
  const ReceiveSpec& slot = n.session.receive.at(1);
  REQUIRE((slot.fec_payload_type && slot.fec_ssrc));
  CHECK(*slot.fec_ssrc != slot.ssrc);
  const sdp::MediaSection video = answer_of(n).media.at(1);
  CHECK(sdp::rtpmap_of(video, *slot.fec_payload_type) == sdp::RtpMap{*slot.fec_payload_type, "flexfec-03", 90'000, 1});
  CHECK(video.formats.back() == std::to_string(slot.fec_payload_type->value()));
  CHECK(sdp::fmtp_of(video, *slot.fec_payload_type) == "repair-window=10000000");
  REQUIRE(video.ssrc_groups.size() == 2);
  CHECK(video.ssrc_groups[1] == sdp::SsrcGroup{"FEC-FR", {slot.ssrc, *slot.fec_ssrc}});
  CHECK(video.ssrcs.size() == 6);
  Ask again;
  again.previous = &n.session;
  again.seed = 2;
  CHECK(accepted(offer("chromium-recvonly"), again).session.receive.at(1).fec_ssrc == slot.fec_ssrc);
  CHECK_FALSE(n.session.receive.at(0).fec_ssrc);

  const Negotiated both = accepted(replaced_everywhere(offer("chromium-recvonly"), "a=recvonly", "a=sendrecv"));
  CHECK_FALSE(both.session.receive.at(1).fec_ssrc);
}

TEST_CASE("AV1 with the dependency descriptor keeps it", "[peer][negotiation]") {
  const Negotiated n = accepted(offer("chromium-av1-svc"));
  CHECK(n.session.publish.at(0).codec.codec == Codec::kAv1);
  CHECK(n.session.publish[0].extensions.get(rtp::Extension::kDependencyDescriptor) == 13);
  // VP8 goes by its own numbers.
  const Negotiated m = accepted(replaced_everywhere(offer("chromium-av1-svc"), "AV1/90000", "VP8/90000"));
  REQUIRE(m.session.publish.at(0).codec.codec == Codec::kVp8);
  CHECK_FALSE(m.session.publish[0].extensions.has(rtp::Extension::kDependencyDescriptor));
  CHECK(m.answer.find("dependency-descriptor") == std::string::npos);
}

TEST_CASE("what a publisher says of its layers is asked of publishers alone", "[peer][negotiation]") {
  const rtp::Extension layers = rtp::Extension::kVideoLayersAllocation;
  const std::string text = offer("chromium-av1-svc");
  const Negotiated sends = accepted(text);
  CHECK(sends.session.publish.at(0).extensions.has(layers));
  const Negotiated receives = accepted(replaced_everywhere(text, "a=sendonly", "a=recvonly"));
  CHECK(receives.session.publish.empty());
  CHECK_FALSE(receives.session.receive.at(0).extensions.has(layers));
}

TEST_CASE("a data channel is answered with port 0", "[peer][negotiation]") {
  const Negotiated n = accepted(offer("chromium-datachannel"));
  REQUIRE(n.session.lines.size() == 2);
  CHECK(n.session.lines[1].rejected);
  const sdp::MediaSection application = answer_of(n).media.at(1);
  CHECK(application.port == 0);
  CHECK(application.formats == std::vector<std::string>{"webrtc-datachannel"});
}

TEST_CASE("libwebrtc for node and aiortc are understood", "[peer][negotiation]") {
  const Negotiated node = accepted(offer("wrtc-sendrecv"));
  CHECK(node.session.publish.size() == 2);
  CHECK(node.session.receive.size() == 2);
  const Negotiated aiortc = accepted(offer("aiortc-sendrecv"));
  CHECK(aiortc.session.publish.at(0).codec.payload_type == PayloadType(96));
  CHECK_FALSE(aiortc.session.publish[1].codec.transport_cc);
  CHECK(aiortc.session.publish[1].codec.remb);
  CHECK_FALSE(answer_of(aiortc).media[0].rtcp_rsize);
  CHECK_FALSE(answer_of(aiortc).extmap_allow_mixed);
  CHECK(sdp::fmtp_of(answer_of(aiortc).media[0], PayloadType(96)) == "minptime=10;useinbandfec=1");
}

TEST_CASE("the transport is that of the section that owns the group", "[peer][negotiation]") {
  const std::string text = offer("aiortc-sendrecv");
  const auto parsed = *sdp::parse(text);
  REQUIRE(parsed.media[0].transport.ice_ufrag != parsed.media[1].transport.ice_ufrag);
  CHECK(accepted(text).session.remote.ice_ufrag == parsed.media[0].transport.ice_ufrag);
  const Negotiated swapped = accepted(replaced(text, "BUNDLE 0 1", "BUNDLE 1 0"));
  CHECK(swapped.session.remote.ice_ufrag == parsed.media[1].transport.ice_ufrag);
  CHECK(answer_of(swapped).groups[0].mids.front() == mid("1"));
  CHECK(answer_of(swapped).media[0].candidates.empty());
  CHECK(answer_of(swapped).media[1].candidates.size() == 2);
}

// aiortc 1.4 uses id 2 for the audio level on one line and for the send time on the other; a packet's id has one
// meaning.
TEST_CASE("an extension id that means two things in the group is answered once", "[peer][negotiation][extensions]") {
  const Negotiated n = accepted(offer("aiortc-duplicate-extmap-id"));
  CHECK(n.session.publish.at(0).extensions.get(rtp::Extension::kAudioLevel) == 2);
  CHECK_FALSE(n.session.publish.at(1).extensions.has(rtp::Extension::kAbsSendTime));
  CHECK(answer_of(n).media[1].extmaps.size() == 1);
}

TEST_CASE("ids that need the two-byte form are answered to receivers that take both forms",
          "[peer][negotiation][extensions]") {
  const auto number = [](const Negotiated& n) {
    return n.session.receive.at(0).extensions.get(rtp::Extension::kTransportSequenceNumber);
  };
  CHECK(number(receiving("a=extmap:14 " + kTransportWide)) == 14);
  const std::string high = "a=rtcp-fb:96 transport-cc\r\na=rtcp-fb:96 goog-remb\r\na=extmap:16 " + kTransportWide;
  // Who takes both says so for the line, or for all.
  CHECK(number(receiving(high + "a=extmap-allow-mixed\r\n")) == 16);
  std::string all = receiving_offer(high);
  CHECK(number(accepted(all.insert(all.find("m=video"), "a=extmap-allow-mixed\r\n"))) == 16);
  // Who does not tells of its path by what needs no numbers.
  const Negotiated neither = receiving(high);
  CHECK(number(neither) == 0);
  CHECK(answer_of(neither).media.at(0).extmaps.size() == 2);
  CHECK_FALSE(neither.session.receive.at(0).codecs.at(0).transport_cc);
  CHECK(neither.session.receive.at(0).codecs.at(0).remb);
  CHECK(neither.answer.find("transport-cc") == std::string::npos);
  // What a publisher writes is read in either form.
  CHECK(accepted(video_offer(high)).session.publish.at(0).extensions.get(rtp::Extension::kTransportSequenceNumber) ==
        16);
  CHECK(accepted(video_offer(high)).session.publish.at(0).codec.transport_cc);
  CHECK(number(receiving("a=extmap-allow-mixed\r\na=extmap:15 " + kTransportWide)) == 0);
}

TEST_CASE("an extension's direction is answered from the other end", "[peer][negotiation][extensions]") {
  const std::string text = video_offer(
      "a=extmap:3/sendonly urn:3gpp:video-orientation\r\n"
      "a=extmap:5/inactive http://www.webrtc.org/experiments/rtp-hdrext/playout-delay\r\n"
      "a=extmap:4096 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n");
  const sdp::MediaSection video = answer_of(accepted(text)).media.at(0);
  REQUIRE(video.extmaps.size() == 3);
  CHECK(video.extmaps[2].id == 3);
  CHECK(video.extmaps[2].direction == sdp::Direction::kRecvOnly);
}

TEST_CASE("layers are put lowest first, whatever the client's order", "[peer][negotiation][simulcast]") {
  const auto layers = [](const std::string& rid_lines, const std::string& order) {
    return rids(accepted(video_offer(rid_lines + "a=simulcast:send " + order + "\r\n")).session.publish.at(0));
  };
  using Rids = std::vector<std::string>;
  CHECK(layers("a=rid:h send\r\na=rid:m send\r\na=rid:l send\r\n", "h;m;l") == Rids{"l", "m", "h"});
  CHECK(layers("a=rid:f send\r\na=rid:q send\r\na=rid:h send\r\n", "f;h;q") == Rids{"q", "h", "f"});
  CHECK(layers("a=rid:high send\r\na=rid:low send\r\n", "high;low") == Rids{"low", "high"});
  CHECK(layers("a=rid:x send\r\na=rid:y send\r\n", "x;y") == Rids{"x", "y"});
  CHECK(layers("a=rid:q send max-width=1280;max-height=720\r\na=rid:h send max-width=640;max-height=360\r\n", "q;h") ==
        Rids{"h", "q"});
  CHECK(layers("a=rid:a send max-height=720\r\na=rid:b send max-fs=920\r\n", "a;b") == Rids{"b", "a"});
}

TEST_CASE("of a simulcast stream the first alternative that fits is taken", "[peer][negotiation][simulcast]") {
  const Negotiated n =
      accepted(video_offer("a=rtpmap:98 VP9/90000\r\na=rid:a send pt=98\r\na=rid:b send pt=96\r\n"
                           "a=rid:c send\r\na=simulcast:send a,b;~c;missing\r\n",
                           "96 98"));
  CHECK(rids(n.session.publish.at(0)) == std::vector<std::string>{"b", "c"});
  const sdp::MediaSection video = answer_of(n).media.at(0);
  CHECK(video.rids.size() == 2);
  CHECK(video.simulcast->recv.size() == 2);
}

TEST_CASE("more layers than the policy admits are not answered", "[peer][negotiation][simulcast]") {
  Ask a;
  a.policy.max_layers = 2;
  CHECK(rids(accepted(offer("chromium-simulcast"), a).session.publish.at(1)) == std::vector<std::string>{"q", "h"});
}

TEST_CASE("without the rid extension there is one layer and no simulcast in the answer",
          "[peer][negotiation][simulcast]") {
  const std::string text = replaced(video_offer("a=rid:a send\r\na=rid:b send\r\na=simulcast:send a;b\r\n"),
                                    "rtp-stream-id", "nothing-known");
  const Negotiated n = accepted(text);
  CHECK(rids(n.session.publish.at(0)) == std::vector<std::string>{""});
  CHECK_FALSE(answer_of(n).media[0].simulcast);
}

TEST_CASE("a join names its tracks", "[peer][negotiation][names]") {
  Ask a;
  a.names = {{mid("0"), "mic", "microphone"}, {mid("1"), "cam", "camera"}};
  const Negotiated n = accepted(offer("chromium-sendonly"), a);
  CHECK(n.session.publish[0].name == "mic");
  CHECK(n.session.publish[0].source == "microphone");
  CHECK(n.session.publish[1].name == "cam");
  a.names[1].id = "mic";
  CHECK(refused(offer("chromium-sendonly"), a).pointer == "/publish");
  a.names[1].id = "not/valid";
  CHECK(refused(offer("chromium-sendonly"), a).pointer == "/publish/1/id");
  a.names[1] = {mid("7"), "cam", ""};
  CHECK(refused(offer("chromium-sendonly"), a).pointer == "/publish/1/mid");
  a.names[1] = {mid("0"), "cam", ""};
  CHECK(refused(offer("chromium-sendonly"), a).pointer == "/publish/1/mid");
}

TEST_CASE("a chosen name may not be another track's mid", "[peer][negotiation][names]") {
  Ask a;
  a.names = {{mid("0"), "1", ""}};
  CHECK(refused(offer("chromium-sendonly"), a).kind == ErrorKind::kInvalid);
}

TEST_CASE("an appended m-line leaves the others as they were", "[peer][negotiation][again]") {
  const Negotiated first = accepted(offer("chromium-reoffer-first"), {{{mid("0"), "mic", ""}}, {}, nullptr, 1});
  const Negotiated more = accepted(offer("chromium-reoffer-more"), {{}, {}, &first.session, 2});
  CHECK(more.session.lines.size() == 4);
  REQUIRE(more.session.receive.size() == 2);
  for (size_t i = 0; i < 2; ++i) {
    CHECK(more.session.receive[i].ssrc == first.session.receive[i].ssrc);
    CHECK(more.session.receive[i].rtx_ssrc == first.session.receive[i].rtx_ssrc);
  }
  REQUIRE(more.session.publish.size() == 2);
  CHECK(more.session.publish[0].name == "mic");
  CHECK(more.session.publish[1].name == "3");
  CHECK_FALSE(more.ice_restart);
  CHECK(more.session.sdp_session_id == first.session.sdp_session_id);
  CHECK(answer_of(more).origin.version == "2");
}

TEST_CASE("a line set inactive keeps its slot and comes back", "[peer][negotiation][again]") {
  const Negotiated first = accepted(offer("chromium-reoffer-first"));
  const Negotiated more = accepted(offer("chromium-reoffer-more"), {{}, {}, &first.session, 2});
  const Negotiated inactive = accepted(offer("chromium-reoffer-inactive"), {{}, {}, &more.session, 3});
  REQUIRE(inactive.session.receive.size() == 2);
  CHECK_FALSE(inactive.session.receive[1].active);
  CHECK(answer_of(inactive).media[2].direction == sdp::Direction::kInactive);
  CHECK(answer_of(inactive).media[2].port != 0);
  const Negotiated active = accepted(offer("chromium-reoffer-active"), {{}, {}, &inactive.session, 4});
  CHECK(active.session.receive[1].active);
  CHECK(active.session.receive[1].ssrc == first.session.receive[1].ssrc);
}

TEST_CASE("a stopped line is gone, and its place may be taken by another mid", "[peer][negotiation][again]") {
  const Negotiated first = accepted(offer("chromium-reoffer-first"));
  const Negotiated active = accepted(offer("chromium-reoffer-active"), {{}, {}, &first.session, 2});
  const Negotiated stopped = accepted(offer("chromium-reoffer-stopped"), {{}, {}, &active.session, 3});
  CHECK(stopped.session.lines[2].rejected);
  CHECK(stopped.session.receive.size() == 1);
  const Negotiated recycled = accepted(offer("chromium-reoffer-recycled"), {{}, {}, &stopped.session, 4});
  REQUIRE(recycled.session.receive.size() == 2);
  CHECK(recycled.session.receive[1].slot.str() == "4");
  CHECK(recycled.session.receive[1].ssrc != first.session.receive[1].ssrc);
  // It had to be stopped first.
  CHECK(refused(offer("chromium-reoffer-recycled"), {{}, {}, &active.session, 5}).type == "rejoin");
}

TEST_CASE("new credentials are an ICE restart", "[peer][negotiation][again]") {
  const Negotiated recycled = accepted(offer("chromium-reoffer-recycled"));
  const Negotiated restart = accepted(offer("chromium-reoffer-restart"), {{}, {}, &recycled.session, 2});
  CHECK(restart.ice_restart);
  CHECK(restart.session.remote.ice_ufrag != recycled.session.remote.ice_ufrag);
  CHECK(restart.session.receive[0].ssrc == recycled.session.receive[0].ssrc);
}

TEST_CASE("another certificate must join again", "[peer][negotiation][again]") {
  const Negotiated first = accepted(offer("chromium-sendrecv"));
  const Error error = refused(offer("wrtc-sendrecv"), {{}, {}, &first.session, 2});
  CHECK(error.kind == ErrorKind::kConflict);
  CHECK(error.type == "rejoin");
}

TEST_CASE("m-lines may not go or change places", "[peer][negotiation][again]") {
  const Negotiated more = accepted(offer("chromium-reoffer-more"));
  CHECK(refused(offer("chromium-reoffer-first"), {{}, {}, &more.session, 2}).kind == ErrorKind::kConflict);
  std::string swapped = replaced(offer("chromium-reoffer-more"), "a=mid:0\r\n", "a=mid:x\r\n");
  swapped = replaced(replaced(swapped, "a=mid:1\r\n", "a=mid:0\r\n"), "a=mid:x\r\n", "a=mid:1\r\n");
  CHECK(refused(swapped, {{}, {}, &more.session, 2}).kind == ErrorKind::kConflict);
}

TEST_CASE("what is published stays with its codec when the policy changes", "[peer][negotiation][again]") {
  const Negotiated first = accepted(offer("chromium-sendonly"));
  Ask a;
  a.policy.video = {Codec::kH264, Codec::kVp8};
  a.previous = &first.session;
  CHECK(accepted(offer("chromium-sendonly"), a).session.publish[1].codec.codec == Codec::kVp8);
}

TEST_CASE("what a server must have and the offer lacks is said", "[peer][negotiation][errors]") {
  const std::string text = offer("chromium-sendrecv");
  const auto unsupported = [](const std::string& changed, const std::string& word) {
    const Error error = refused(changed);
    INFO(error.detail);
    CHECK(error.kind == ErrorKind::kUnsupported);
    CHECK(error.type == "sdp-unsupported");
    CHECK(error.detail.find(word) != std::string::npos);
  };
  unsupported(replaced(text, "a=group:BUNDLE 0 1\r\n", ""), "BUNDLE");
  unsupported(replaced(text, "BUNDLE 0 1", "BUNDLE 0"), "BUNDLE");
  unsupported(replaced_everywhere(text, "a=rtcp-mux\r\n", ""), "rtcp-mux");
  unsupported(replaced_everywhere(text, "a=fingerprint:sha-256", "a=x"), "fingerprint");
  unsupported(replaced_everywhere(text, "sha-256 ", "sha-1 "), "fingerprint");
  unsupported(replaced_everywhere(text, "a=ice-ufrag", "a=x"), "ice-ufrag");
  unsupported(replaced_everywhere(text, "a=setup:actpass", "a=setup:passive"), "setup");
  unsupported(replaced(text, "t=0 0\r\n", "t=0 0\r\na=ice-lite\r\n"), "ICE-lite");
  unsupported(replaced_everywhere(text, "UDP/TLS/RTP/SAVPF", "RTP/AVP"), "DTLS-SRTP");
  CHECK(accepted(replaced_everywhere(text, "a=setup:actpass", "a=setup:active")).session.lines.size() == 2);
}

TEST_CASE("a malformed offer is refused with its line", "[peer][negotiation][errors]") {
  const Error error = refused(replaced(offer("chromium-sendrecv"), "a=mid:0", "a=mid:zero and more"));
  CHECK(error.kind == ErrorKind::kInvalid);
  CHECK(error.type == "sdp-invalid");
  CHECK(error.detail.find("line ") == 0);
  CHECK(refused("").type == "sdp-invalid");
  CHECK(refused(replaced(offer("chromium-sendrecv"), "a=mid:0\r\n", "")).type == "sdp-invalid");
  CHECK(refused(replaced_everywhere(video_offer(""), "a=mid:0", "a=mid:01234567890123456")).type == "sdp-invalid");
  Ask a;
  a.policy.max_sdp_bytes = 1000;
  CHECK(refused(offer("chromium-sendrecv"), a).type == "sdp-invalid");
}

TEST_CASE("a participant's tracks and slots are limited", "[peer][negotiation][errors]") {
  Ask a;
  a.policy.max_slots = 11;
  CHECK(refused(offer("chromium-simulcast"), a).type == "limit-slots");
  a.policy.max_slots = 12;
  CHECK(accepted(offer("chromium-simulcast"), a).session.receive.size() == 12);
  a.policy.max_tracks = 1;
  CHECK(refused(offer("chromium-simulcast"), a).type == "limit-tracks");
  CHECK(refused(offer("chromium-simulcast"), a).kind == ErrorKind::kForbidden);
}

TEST_CASE("a lone m-line needs neither mid nor BUNDLE", "[peer][negotiation]") {
  const std::string text = replaced(replaced(video_offer(""), "a=mid:0\r\n", ""), "a=group:BUNDLE 0\r\n", "");
  const Negotiated n = accepted(text);
  CHECK(n.session.publish.at(0).mid == mid("0"));
  CHECK(answer_of(n).groups.empty());
  CHECK(answer_of(n).media[0].mid.empty());
  CHECK(accepted(text, {{}, {}, &n.session, 2}).session.publish.size() == 1);
}

// Firefox writes lines that it would only send bundled with port 0 (RFC 9143 §6).
TEST_CASE("a bundle-only line is not a stopped one", "[peer][negotiation]") {
  std::string text = offer("chromium-sendrecv");
  text = replaced(replaced(text, "m=video 9 ", "m=video 0 "), "a=mid:1\r\n", "a=mid:1\r\na=bundle-only\r\n");
  CHECK(accepted(text).session.publish.size() == 2);
  CHECK(accepted(replaced(text, "BUNDLE 0 1", "BUNDLE 0")).session.publish.size() == 1);
}

TEST_CASE("a slot's SSRC is none of the client's", "[peer][negotiation]") {
  const Negotiated n = accepted(offer("chromium-recvonly"));
  const std::string clash =
      replaced(offer("chromium-recvonly"), "a=mid:0\r\n",
               "a=mid:0\r\na=ssrc:" + std::to_string(n.session.receive[0].ssrc.value()) + " cname:x\r\n");
  CHECK(accepted(clash).session.receive[0].ssrc != n.session.receive[0].ssrc);
}

CodecSpec codec(Codec c, const std::string& fmtp) {
  CodecSpec spec;
  spec.codec = c;
  spec.clock_rate_hz = default_clock_rate_hz(c);
  spec.fmtp = fmtp;
  return spec;
}

TEST_CASE("a stream is forwarded only to who can decode it", "[peer][media_spec]") {
  const auto h264 = [](const std::string& profile, int mode) {
    return codec(Codec::kH264, "packetization-mode=" + std::to_string(mode) + ";profile-level-id=" + profile);
  };
  CHECK(can_forward(h264("42e01f", 1), h264("42e01f", 1)));
  CHECK(can_forward(h264("42e01f", 1), h264("42e034", 1)));
  CHECK(can_forward(h264("42e01f", 0), h264("42e01f", 1)));
  CHECK_FALSE(can_forward(h264("42e01f", 1), h264("42e01f", 0)));
  CHECK(can_forward(h264("42e01f", 1), h264("4d001f", 1)));
  CHECK(can_forward(h264("4d001f", 1), h264("64001f", 1)));
  CHECK_FALSE(can_forward(h264("64001f", 1), h264("42e01f", 1)));
  CHECK_FALSE(can_forward(h264("42001f", 1), h264("42e01f", 1)));
  CHECK(can_forward(codec(Codec::kVp9, ""), codec(Codec::kVp9, "profile-id=0")));
  CHECK_FALSE(can_forward(codec(Codec::kVp9, "profile-id=2"), codec(Codec::kVp9, "profile-id=0")));
  CHECK(can_forward(codec(Codec::kAv1, "profile=0"), codec(Codec::kAv1, "profile=1")));
  CHECK_FALSE(can_forward(codec(Codec::kAv1, "profile=1"), codec(Codec::kAv1, "")));
  CHECK_FALSE(can_forward(codec(Codec::kVp8, ""), codec(Codec::kVp9, "")));
  CHECK(can_forward(codec(Codec::kOpus, "stereo=1"), codec(Codec::kOpus, "")));
}

TEST_CASE("of several payload types the one with the same parameters is chosen", "[peer][media_spec]") {
  std::vector<CodecSpec> to = {codec(Codec::kVp8, ""),
                               codec(Codec::kH264, "packetization-mode=1;profile-level-id=4d001f"),
                               codec(Codec::kH264, "profile-level-id=42e01f;packetization-mode=1")};
  const CodecSpec published = codec(Codec::kH264, "packetization-mode=1;profile-level-id=42e01f");
  CHECK(find_forwardable(published, to) == &to[2]);
  to.pop_back();
  CHECK(find_forwardable(published, to) == &to[1]);
  to.pop_back();
  CHECK(find_forwardable(published, to) == nullptr);
}

TEST_CASE("a codec's name is found in any case", "[peer][media_spec]") {
  CHECK(codec_from_name("OPUS") == Codec::kOpus);
  CHECK(codec_from_name("h264") == Codec::kH264);
  CHECK_FALSE(codec_from_name("rtx"));
  CHECK(kind_of(Codec::kAv1) == MediaKind::kVideo);
}

TEST_CASE("feedback by stream is agreed where the client only receives and has nothing newer in common",
          "[peer][negotiation]") {
  const Negotiated streams = receiving("a=rtcp-fb:* ack ccfb\r\n");
  CHECK(streams.session.receive.at(0).codecs.at(0).stream_cc);
  CHECK(streams.answer.find("a=rtcp-fb:* ack ccfb\r\n") != std::string::npos);
  const std::string both_lines = "a=rtcp-fb:* ack ccfb\r\na=rtcp-fb:96 transport-cc\r\n";
  const Negotiated both = receiving(both_lines + "a=extmap:3 " + kTransportWide);
  CHECK_FALSE(both.session.receive.at(0).codecs.at(0).stream_cc);
  CHECK(both.answer.find("ccfb") == std::string::npos);
  CHECK(both.answer.find("a=rtcp-fb:96 transport-cc\r\n") != std::string::npos);
  // Without numbers in the packets there is nothing to tell of.
  const Negotiated unnumbered = receiving(both_lines);
  CHECK(unnumbered.session.receive.at(0).codecs.at(0).stream_cc);
  CHECK(unnumbered.answer.find("transport-cc") == std::string::npos);
  // To a publisher it would be ours to send.
  CHECK(accepted(video_offer("a=rtcp-fb:* ack ccfb\r\n")).answer.find("ccfb") == std::string::npos);
}

}  // namespace
}  // namespace tutti::peer
