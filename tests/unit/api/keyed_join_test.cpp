#include <catch2/catch.hpp>

#include "api/command_reader.hpp"

using namespace tutti;
using namespace tutti::api;

namespace {

constexpr char kKey28[] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw==";
constexpr char kOther28[] = "HBobGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQ==";

// A join of kind srtp with these fields added to its transport and its body.
std::string body(std::string transport, std::string media) {
  return std::string(R"({"transport": {"kind": "srtp", "suite": "AEAD_AES_128_GCM", "receive_key": ")") + kKey28 +
         R"(", "send_key": ")" + kOther28 + "\"" + (transport.empty() ? "" : ", " + transport) + "}" +
         (media.empty() ? "" : ", " + media) + "}";
}

std::vector<std::string> pointers(const std::string& text) {
  std::vector<std::string> out;
  const auto read = read_join(text, RoomId("r"), {});
  if (read) return out;
  for (const FieldError& e : read.error().errors) out.push_back(e.pointer);
  return out;
}
std::vector<std::string> only(std::string pointer) { return {std::move(pointer)}; }

constexpr char kVideo[] = R"("publish": [{"id": "v", "kind": "video", "codec": "VP8", "payload_type": 96, "ssrc": 1}])";

}  // namespace

TEST_CASE("a keyed join is read with its media", "[api][commands][keyed]") {
  const auto join = read_join(
      body(
          R"("remote": "127.0.0.1:40100", "extensions": {"1": "urn:ietf:params:rtp-hdrext:ssrc-audio-level"}, "timeout_s": 30)",
          R"("publish": [{"id": "v", "kind": "video", "codec": "VP8", "payload_type": 96, "ssrc": 1111, "rtx": {"payload_type": 97, "ssrc": 1112}},
                          {"id": "s", "kind": "video", "codec": "VP8", "payload_type": 96,
                           "layers": [{"rid": "q", "ssrc": 1121}, {"rid": "h", "ssrc": 1122}]}],
              "receive": [{"kind": "video", "codec": "VP8", "payload_type": 96, "ssrc": 5001, "track": "cam-3/v"},
                          {"slot": "a", "kind": "audio", "codec": "opus", "payload_type": 111, "ssrc": 5003, "fmtp": "useinbandfec=1"}])"),
      RoomId("r"), {});
  REQUIRE(join.has_value());
  const auto& keyed = std::get<room::KeyedJoin>(join->transport);
  CHECK(keyed.encrypted);
  CHECK(keyed.suite == SrtpSuite::kAeadAes128Gcm);
  CHECK(keyed.receive_key.size() == 28);
  CHECK(keyed.remote == Endpoint::parse("127.0.0.1:40100"));
  CHECK(keyed.timeout == TimeDelta::seconds(30));
  REQUIRE(keyed.publish.size() == 2);
  CHECK(keyed.publish[0].codec.clock_rate_hz == 90000);
  CHECK(keyed.publish[0].codec.rtx_payload_type == PayloadType(97));
  REQUIRE(keyed.publish[0].layers.size() == 1);
  CHECK(keyed.publish[0].layers[0].rtx_ssrc == Ssrc(1112));
  CHECK(keyed.publish[0].extensions.get(rtp::Extension::kAudioLevel) == 1);
  REQUIRE(keyed.publish[1].layers.size() == 2);
  CHECK(keyed.publish[1].layers[1].rid.view() == "h");
  REQUIRE(keyed.receive.size() == 2);
  CHECK(keyed.receive[0].slot == SlotId("0"));
  CHECK(keyed.receive[1].slot == SlotId("a"));
  CHECK(keyed.receive[1].codecs[0].channels == 2);
  CHECK(keyed.receive[1].codecs[0].clock_rate_hz == 48000);
  CHECK(keyed.receive[1].codecs[0].nack);  // sound that is asked for again is sent again
  REQUIRE(join->subscriptions.size() == 1);
  CHECK(join->subscriptions[0].slot == SlotId("0"));
  CHECK(join->subscriptions[0].track->track.str() == "cam-3/v");
}

TEST_CASE("plain RTP is read without keys", "[api][commands][keyed]") {
  const auto join = read_join(std::string(R"({"transport": {"kind": "rtp"}, )") + kVideo + "}", RoomId("r"), {});
  REQUIRE(join.has_value());
  CHECK_FALSE(std::get<room::KeyedJoin>(join->transport).encrypted);
  CHECK(pointers(std::string(R"({"transport": {"kind": "rtp", "send_key": "AA=="}, )") + kVideo + "}") ==
        only("/transport/send_key"));
}

TEST_CASE("keys are as long as the suite says, and differ", "[api][commands][keyed]") {
  const auto with = [](std::string suite, std::string receive, std::string send) {
    return pointers(R"({"transport": {"kind": "srtp", "suite": ")" + suite + R"(", "receive_key": ")" + receive +
                    R"(", "send_key": ")" + send + "\"}, " + kVideo + "}");
  };
  CHECK(with("AEAD_AES_128_GCM", kKey28, kOther28).empty());
  CHECK(with("AES_CM_128_HMAC_SHA1_80", kKey28, kOther28) ==
        std::vector<std::string>{"/transport/receive_key", "/transport/send_key"});
  CHECK(with("AEAD_AES_128_GCM", "not base64", kOther28) == only("/transport/receive_key"));
  CHECK(with("AEAD_AES_128_GCM", kKey28, kKey28) == only("/transport/send_key"));
  CHECK(with("NULL", kKey28, kOther28) == only("/transport/suite"));
  CHECK(pointers(std::string(R"({"transport": {"kind": "srtp"}, )") + kVideo + "}") ==
        std::vector<std::string>{"/transport/suite", "/transport/receive_key", "/transport/send_key"});
}

TEST_CASE("only who publishes may leave out the remote address", "[api][commands][keyed]") {
  const std::string receive = R"("receive": [{"kind": "audio", "codec": "opus", "payload_type": 111, "ssrc": 1}])";
  CHECK(pointers(body("", kVideo)).empty());
  CHECK(pointers(body("", receive)) == only("/transport/remote"));
  CHECK(pointers(body(R"("remote": "[::1]:5000")", receive)).empty());
  for (const char* bad :
       {"127.0.0.1", "127.0.0.1:0", "0.0.0.0:5000", "239.1.1.1:5000", "host:5000", "127.0.0.1:70000"}) {
    INFO(bad);
    CHECK(pointers(body(std::string(R"("remote": ")") + bad + "\"", receive)) == only("/transport/remote"));
  }
}

TEST_CASE("a keyed join may say how losses are mended", "[api][commands][keyed]") {
  const auto join = read_join(
      body(R"("remote": "127.0.0.1:40100")",
           R"("publish": [{"id": "a", "kind": "audio", "codec": "opus", "payload_type": 111, "ssrc": 1, "red": {"payload_type": 63}}],
              "receive": [{"kind": "audio", "codec": "opus", "payload_type": 111, "ssrc": 2, "red": {"payload_type": 63}},
                          {"kind": "video", "codec": "VP8", "payload_type": 96, "ssrc": 3, "fec": {"payload_type": 49, "ssrc": 4}}])"),
      RoomId("r"), {});
  REQUIRE(join.has_value());
  const auto& keyed = std::get<room::KeyedJoin>(join->transport);
  CHECK(keyed.publish[0].codec.red_payload_type == PayloadType(63));
  REQUIRE(keyed.receive.size() == 2);
  CHECK(keyed.receive[0].codecs[0].red_payload_type == PayloadType(63));
  CHECK_FALSE(keyed.receive[0].fec_ssrc);
  CHECK(keyed.receive[1].fec_payload_type == PayloadType(49));
  CHECK(keyed.receive[1].fec_ssrc == Ssrc(4));

  const auto received = [](std::string kind, std::string codec, std::string fields) {
    return pointers(body(R"("remote": "127.0.0.1:40100")", R"("receive": [{"payload_type": 96, "ssrc": 1, "kind": ")" + kind +
                                                               R"(", "codec": ")" + codec + "\", " + fields + "}]"));
  };
  CHECK(received("audio", "opus", R"("red": {"payload_type": 96})") == only("/receive/0/red/payload_type"));
  CHECK(received("audio", "opus", R"("red": {})") == only("/receive/0/red/payload_type"));
  CHECK(received("audio", "PCMU", R"("red": {"payload_type": 63})") == only("/receive/0/red"));
  CHECK(received("video", "VP8", R"("fec": {"payload_type": 96, "ssrc": 2})") == only("/receive/0/fec/payload_type"));
  CHECK(received("video", "VP8", R"("fec": {"payload_type": 49, "ssrc": 1})") == only("/receive/0/fec/ssrc"));
  CHECK(received("video", "VP8", R"("fec": {"payload_type": 49})") == only("/receive/0/fec/ssrc"));
  CHECK(received("audio", "opus", R"("fec": {"payload_type": 49, "ssrc": 2})") == only("/receive/0/fec"));
}

TEST_CASE("each mistake in keyed media is named by its pointer", "[api][commands][keyed]") {
  const auto published = [](std::string fields) {
    return pointers(body("", R"("publish": [{"id": "v", "kind": "video", "codec": "VP8", )" + fields + "}]"));
  };
  CHECK(published(R"("payload_type": 96)") == only("/publish/0/ssrc"));
  CHECK(published(R"("ssrc": 1)") == only("/publish/0/payload_type"));
  CHECK(published(R"("payload_type": 128, "ssrc": 1)") == only("/publish/0/payload_type"));
  CHECK(published(R"("payload_type": 72, "ssrc": 1)") == only("/publish/0/payload_type"));
  CHECK(published(R"("payload_type": 96, "ssrc": 4294967296)") == only("/publish/0/ssrc"));
  CHECK(published(R"("payload_type": 96, "ssrc": 1, "rtx": {"payload_type": 96, "ssrc": 2})") ==
        only("/publish/0/rtx/payload_type"));
  CHECK(published(R"("payload_type": 96, "ssrc": 1, "rtx": {"payload_type": 97, "ssrc": 1})") ==
        only("/publish/0/rtx/ssrc"));
  CHECK(published(R"("payload_type": 96, "ssrc": 1, "rtx": {"payload_type": 97})") == only("/publish/0/rtx/ssrc"));
  CHECK(published(R"("payload_type": 96, "layers": [])") == only("/publish/0/layers"));
  CHECK(published(R"("payload_type": 96, "layers": [{"rid": "q", "ssrc": 1}, {"rid": "q", "ssrc": 2}])") ==
        only("/publish/0/layers/1/rid"));
  CHECK(published(R"("payload_type": 96, "layers": [{"rid": "q", "ssrc": 1}], "ssrc": 2)") == only("/publish/0/ssrc"));
  CHECK(published(R"("payload_type": 96, "layers": [{"rid": "q", "ssrc": 1, "rtx_ssrc": 2}])") ==
        only("/publish/0/layers/0/rtx_ssrc"));
  CHECK(pointers(
            body("", R"("publish": [{"id": "v", "kind": "audio", "codec": "VP8", "payload_type": 96, "ssrc": 1}])")) ==
        only("/publish/0/codec"));
  CHECK(pointers(
            body("", R"("publish": [{"id": "v", "kind": "video", "codec": "H266", "payload_type": 96, "ssrc": 1}])")) ==
        only("/publish/0/codec"));
}

TEST_CASE("no SSRC, name or slot stands twice in a request", "[api][commands][keyed]") {
  const std::string twice = R"("publish": [{"id": "v", "kind": "video", "codec": "VP8", "payload_type": 96, "ssrc": 7}],
                               "receive": [{"kind": "video", "codec": "VP8", "payload_type": 96, "ssrc": 7}])";
  CHECK(pointers(body(R"("remote": "127.0.0.1:1")", twice)) == only("/receive/0/ssrc"));
  const std::string slots =
      R"("receive": [{"slot": "1", "kind": "video", "codec": "VP8", "payload_type": 96, "ssrc": 7},
                                           {"kind": "video", "codec": "VP8", "payload_type": 96, "ssrc": 8}])";
  CHECK(pointers(body(R"("remote": "127.0.0.1:1")", slots)) == only("/receive/1"));
}

TEST_CASE("header extensions are known, and numbered as RFC 8285 allows", "[api][commands][keyed]") {
  const auto with = [](std::string map) { return pointers(body("\"extensions\": {" + map + "}", kVideo)); };
  const std::string mid = "\"urn:ietf:params:rtp-hdrext:sdes:mid\"";
  CHECK(with("\"4\": " + mid).empty());
  CHECK(with("\"0\": " + mid) == only("/transport/extensions/0"));
  CHECK(with("\"15\": " + mid) == only("/transport/extensions/15"));
  CHECK(with("\"256\": " + mid) == only("/transport/extensions/256"));
  CHECK(with("\"x\": " + mid) == only("/transport/extensions/x"));
  CHECK(with(R"("3": "urn:unknown")") == only("/transport/extensions/3"));
  CHECK(with("\"3\": " + mid + ", \"4\": " + mid) == only("/transport/extensions/4"));
}

TEST_CASE("lists of any length are bounded", "[api][commands][keyed]") {
  std::string list;
  for (int i = 0; i < 65; ++i) list += (i ? ", {}" : "{}");
  CHECK(pointers(body("", "\"publish\": [" + list + "]")).front() == "/publish");
}
