#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "app/schema.hpp"
#include "tutti/app/config_loader.hpp"

namespace tutti::app {
namespace {

using Env = std::map<std::string, std::string>;

EnvLookup lookup(Env env) {
  return [env = std::move(env)](const std::string& name) -> std::optional<std::string> {
    const auto it = env.find(name);
    return it == env.end() ? std::nullopt : std::optional(it->second);
  };
}

Config good(const std::string& yaml, Env env = {}) {
  auto loaded = load_config(yaml, "t.yaml", lookup(std::move(env)));
  if (const auto* errors = std::get_if<ConfigErrors>(&loaded)) FAIL(errors->front().str());
  return std::get<Config>(loaded);
}

// The errors as lines, in order.
std::vector<std::string> bad(const std::string& yaml, Env env = {}) {
  std::vector<std::string> lines;
  const auto loaded = load_config(yaml, "t.yaml", lookup(std::move(env)));
  if (const auto* errors = std::get_if<ConfigErrors>(&loaded)) {
    for (const ConfigError& e : *errors) lines.push_back(e.str());
  }
  return lines;
}

using Lines = std::vector<std::string>;

TEST_CASE("an empty file gives the defaults", "[app][config]") {
  CHECK(good("") == Config{});
  CHECK(good("# nothing\n") == Config{});
  CHECK(good("---\n") == Config{});
  CHECK(good("\xEF\xBB\xBF"
             "http:\nmedia:\n") == Config{});
}

TEST_CASE("config/default.yaml is what the schema prints, and loads to the defaults", "[app][config]") {
  std::ifstream in(TUTTI_SOURCE_DIR "/config/default.yaml");
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  INFO("regenerate it with: env -i build/release/tuttid --print-config > config/default.yaml");
  CHECK(text == print_config(Config{}));
  CHECK(good(text) == Config{});
}

TEST_CASE("every kind of value is read from the file", "[app][config]") {
  const Config c = good(R"(
http:
  listen: "[::1]:9000"
  api_keys:
    - {id: ops, secret: "s3cret=="}
    - {secret: 12345, id: ci}
  max_body: 256KiB
  request_timeout: 1500ms
media:
  listen: [10.0.0.5, "::"]
  port_base: 50000
  workers: 2
  advertise: [198.51.100.1, "10.0.0.5=203.0.113.7", {local: "2001:db8::1", public: "2001:db8::2"}]
  allow_plain_rtp: true
  consent_timeout: 5m
  receive_buffer: 1048576
bandwidth: {start: 1Mbps, min: 50kbps, max: 20Mbps}
mixing:
  max_members: 30
  max_video_encoders: 0
  max_speakers: 3
  audio_frame: 10ms
  audio_bitrate: 24000bps
  audio_complexity: 10
  rungs: [1920x1080@25:3Mbps, "640x360@25:500kbps"]
  max_picture: 1080x1920
  codec_threads: 2
admission: {limit: 0.5, cost_model: /etc/tutti/model.json}
log: {level: "debug", format: json}
shutdown: {timeout: 0s}
)");
  CHECK(c.http.listen == *Endpoint::parse("[::1]:9000"));
  CHECK(c.http.api_keys == std::vector<ApiKey>{{"ops", "s3cret=="}, {"ci", "12345"}});
  CHECK(c.http.max_body == DataSize::bytes(256 << 10));
  CHECK(c.http.request_timeout == TimeDelta::millis(1500));
  CHECK(c.media.listen == std::vector{*IpAddress::parse("10.0.0.5"), *IpAddress::parse("::")});
  CHECK(c.media.port_base == 50000);
  CHECK(c.media.workers == 2);
  CHECK(c.media.advertise ==
        std::vector<AdvertisedAddress>{{std::nullopt, *IpAddress::parse("198.51.100.1")},
                                       {*IpAddress::parse("10.0.0.5"), *IpAddress::parse("203.0.113.7")},
                                       {*IpAddress::parse("2001:db8::1"), *IpAddress::parse("2001:db8::2")}});
  CHECK(c.media.allow_plain_rtp);
  CHECK(c.media.consent_timeout == TimeDelta::seconds(300));
  CHECK(c.media.receive_buffer == DataSize::bytes(1 << 20));
  CHECK(c.bandwidth == BandwidthConfig{DataRate::kbps(1000), DataRate::kbps(50), DataRate::kbps(20'000)});
  CHECK(c.mixing.max_members == 30);
  CHECK(c.mixing.max_video_encoders == 0);
  CHECK(c.mixing.max_video_decoders == 100);
  CHECK(c.mixing.max_speakers == 3);
  CHECK(c.mixing.audio_frame == TimeDelta::millis(10));
  CHECK(c.mixing.audio_bitrate == DataRate::kbps(24));
  CHECK(c.mixing.audio_complexity == 10);
  CHECK(c.mixing.rungs ==
        std::vector<room::Rung>{{1920, 1080, 25, DataRate::kbps(3000)}, {640, 360, 25, DataRate::kbps(500)}});
  CHECK(c.mixing.max_picture == PictureSize{1080, 1920});
  CHECK(c.mixing.codec_threads == 2);
  CHECK(c.admission.limit == 0.5);
  CHECK(c.admission.cost_model == "/etc/tutti/model.json");
  CHECK(c.log.level == LogLevel::kDebug);
  CHECK(c.log.format == LogFormat::kJson);
  CHECK(c.shutdown.timeout == TimeDelta::zero());
}

TEST_CASE("what is printed loads to the same values, without the secrets", "[app][config]") {
  Config c = good(
      "http: {tls_certificate: \"/etc/a \\\"b\\\".pem\", tls_key: k.pem}\n"
      "media: {listen: [0.0.0.0], advertise: [1.2.3.4, 10.0.0.5=5.6.7.8], consent_timeout: 90s}\n"
      "mixing: {audio_frame: 10ms, audio_bitrate: 12345bps, rungs: [64x64@1:2Mbps], max_picture: 128x8192}\n"
      "limits: {slots: 0, sdp: 5000}\nadmission: {limit: 0.333, cost_model: a.json}\nlog: {level: off}\n");
  CHECK(good(print_config(c)) == c);

  c.http.api_keys = {{"ops", "hunter2"}};
  const std::string text = print_config(c);
  CHECK(text.find("hunter2") == std::string::npos);
  CHECK(text.find("- {id: \"ops\", secret: \"<redacted>\"}") != std::string::npos);
  // Nobody gets a daemon whose key is the word "redacted" by feeding the output back.
  CHECK(bad(text).size() == 1);
}

TEST_CASE("the environment wins over the file", "[app][config]") {
  const Config c = good("media: {port_base: 41000, workers: 3, listen: [10.0.0.1]}\n",
                        {{"TUTTI_MEDIA_PORT_BASE", "42000"},
                         {"TUTTI_MEDIA_LISTEN", "10.0.0.2, ::1"},
                         {"TUTTI_MEDIA_ADVERTISE", "10.0.0.2=203.0.113.7"},
                         {"TUTTI_HTTP_LISTEN", "0.0.0.0:80"},
                         {"TUTTI_HTTP_API_KEYS", "ops:abc,ci:def"},
                         {"TUTTI_MEDIA_ALLOW_PLAIN_RTP", "true"},
                         {"TUTTI_MIXING_RUNGS", "1280x720@30:1500kbps, 320x180@15:150kbps"},
                         {"TUTTI_MIXING_AUDIO_FRAME", "10ms"},
                         {"TUTTI_LOG_LEVEL", "trace"},
                         {"TUTTI_SHUTDOWN_TIMEOUT", "500ms"}});
  CHECK(c.media.port_base == 42000);
  CHECK(c.media.workers == 3);
  CHECK(c.media.listen == std::vector{*IpAddress::parse("10.0.0.2"), *IpAddress::parse("::1")});
  CHECK(c.media.advertise.size() == 1);
  CHECK(c.http.listen.str() == "0.0.0.0:80");
  CHECK(c.http.api_keys == std::vector<ApiKey>{{"ops", "abc"}, {"ci", "def"}});
  CHECK(c.media.allow_plain_rtp);
  CHECK(c.mixing.rungs ==
        std::vector<room::Rung>{{1280, 720, 30, DataRate::kbps(1500)}, {320, 180, 15, DataRate::kbps(150)}});
  CHECK(c.mixing.audio_frame == TimeDelta::millis(10));
  CHECK(c.log.level == LogLevel::kTrace);
  CHECK(c.shutdown.timeout == TimeDelta::millis(500));
  CHECK(good("http: {api_keys: [{id: a, secret: b}]}", {{"TUTTI_HTTP_API_KEYS", ""}}).http.api_keys.empty());
}

TEST_CASE("an error of the environment names the variable", "[app][config]") {
  CHECK(bad("", {{"TUTTI_MEDIA_WORKERS", "many"}}) ==
        Lines{"TUTTI_MEDIA_WORKERS: media.workers: \"many\" is no whole number: 0 to 64"});
  CHECK(bad("", {{"TUTTI_LOG_LEVEL", ""}}) ==
        Lines{"TUTTI_LOG_LEVEL: log.level: an empty value is not known here: trace, debug, info, warn, error or off"});
  CHECK(bad("media:\n  port_base: 5\n  bogus_key: 1\n", {{"TUTTI_MEDIA_PORT_BASE", "0"}}) ==
        Lines{"t.yaml:3:3: media.bogus_key: unknown key",
              "TUTTI_MEDIA_PORT_BASE: media.port_base: 0 is out of range: 1 to 65472"});
}

TEST_CASE("each error says its line and column, what is wrong and what is allowed", "[app][config]") {
  struct Case {
    std::string yaml;
    Lines errors;
  };
  const std::vector<Case> cases = {
      {"media:\n  udp_prt: 1\n", {"t.yaml:2:3: media.udp_prt: unknown key"}},
      {"media:\n  prot_base: 1\n", {"t.yaml:2:3: media.prot_base: unknown key (did you mean port_base?)"}},
      {"media:\n  Port-Base: 1\n", {"t.yaml:2:3: media.Port-Base: unknown key (did you mean port_base?)"}},
      {"http:\n  port_base: 1\n", {"t.yaml:2:3: http.port_base: unknown key (it belongs under media)"}},
      {"port_base: 1\n", {"t.yaml:1:1: port_base: unknown section (it belongs under media)"}},
      {"log: {}\nmedai: {}\n", {"t.yaml:2:1: medai: unknown section (did you mean media?)"}},
      {"\"a\\x1bb\": {}\n", {"t.yaml:1:1: \"a\\x1bb\": unknown section"}},
      {"log: {}\nmedia: {}\nlog: {}\n", {"t.yaml:3:1: log: the key is there twice: remove it here or in line 1"}},
      {"log:\n  level: info\n  level: warn\n",
       {"t.yaml:3:3: log.level: the key is there twice: remove it here or in line 2"}},
      {"media:\n  port_base: 70000\n", {"t.yaml:2:14: media.port_base: 70000 is out of range: 1 to 65472"}},
      {"media:\n  port_base: \"40000\"\n", {"t.yaml:2:14: media.port_base: \"40000\" is text: 1 to 65472"}},
      {"media:\n  port_base: 4e4\n", {"t.yaml:2:14: media.port_base: \"4e4\" is no whole number: 1 to 65472"}},
      {"media:\n  port_base: 99999999999999999999\n",
       {"t.yaml:2:14: media.port_base: \"99999999999999999999\" is no whole number: 1 to 65472"}},
      {"media:\n  port_base:\n", {"t.yaml:2:3: media.port_base: expected a value, found nothing: 1 to 65472"}},
      {"media:\n  port_base: [1]\n", {"t.yaml:2:14: media.port_base: expected a value, found a list: 1 to 65472"}},
      {"media:\n  allow_plain_rtp: yes\n",
       {"t.yaml:2:20: media.allow_plain_rtp: \"yes\" is no boolean: true or false"}},
      {"media:\n  consent_timeout: 30\n",
       {"t.yaml:2:20: media.consent_timeout: \"30\" is no duration such as 500ms, 30s or 5m: 1s to 1h"}},
      {"media:\n  consent_timeout: 2h\n", {"t.yaml:2:20: media.consent_timeout: 2h is out of range: 1s to 1h"}},
      {"media:\n  consent_timeout: 9223372036854775807h\n",
       {"t.yaml:2:20: media.consent_timeout: \"9223372036854775807h\" is no duration such as 500ms, 30s or 5m: 1s to "
        "1h"}},
      {"http:\n  max_body: 1MB\n",
       {"t.yaml:2:13: http.max_body: \"1MB\" is no size such as 256KiB, 4MiB or a number of bytes: 1KiB to 64MiB"}},
      {"http:\n  max_body: -1\n", {"t.yaml:2:13: http.max_body: -1 is out of range: 1KiB to 64MiB"}},
      {"log:\n  level: warning\n",
       {"t.yaml:2:10: log.level: \"warning\" is not known here: trace, debug, info, warn, error or off (did you mean "
        "warn?)"}},
      {"http:\n  listen: localhost:8080\n",
       {"t.yaml:2:11: http.listen: \"localhost:8080\" is no address with a port: an address and a port, such as "
        "\"127.0.0.1:8080\" or \"[::1]:8080\""}},
      {"http:\n  listen: 0.0.0.0:8080\n",
       {"t.yaml:2:11: http.listen: \"0.0.0.0:8080\" is reached from other machines, and without http.api_keys anybody "
        "there "
        "could use it: add a key, or listen on 127.0.0.1 or [::1]"}},
      {"http:\n  tls_key: k.pem\n",
       {"t.yaml:2:12: http.tls_key: set without http.tls_certificate: set both for HTTPS, or neither"}},
      {"http:\n  tls_certificate: c.pem\n",
       {"t.yaml:2:20: http.tls_certificate: set without http.tls_key: set both for HTTPS, or neither"}},
      {"media:\n  listen: []\n",
       {"t.yaml:2:11: media.listen: the list is empty: at least one address, such as \"0.0.0.0\""}},
      {"media:\n  listen: 0.0.0.0\n",
       {"t.yaml:2:11: media.listen: expected a list, found one value: IPv4 and IPv6 addresses, at least one"}},
      {"media:\n  listen: [eth0, 10.0.0.1,\n    10.0.0.1]\n",
       {"t.yaml:2:12: media.listen: \"eth0\" is no address: an IPv4 or IPv6 address without port or zone",
        "t.yaml:3:5: media.listen: \"10.0.0.1\" is there twice"}},
      {"media:\n  listen: [10.0.0.1]\n  advertise: [10.0.0.2=1.2.3.4]\n",
       {"t.yaml:3:14: media.advertise: \"10.0.0.2\" is not among media.listen: add it there"}},
      {"media:\n  listen: [0.0.0.0]\n  advertise: [\"2001:db8::1\"]\n",
       {"t.yaml:3:14: media.advertise: \"2001:db8::1\" is of an IP version that media.listen does not have"}},
      {"media:\n  advertise: [\"10.0.0.2=2001:db8::1\"]\n",
       {"t.yaml:2:15: media.advertise: one of the two is IPv4, the other IPv6: both must be the same"}},
      {"media:\n  advertise: [{local: 10.0.0.2}]\n",
       {"t.yaml:2:15: media.advertise: the field public is missing: entries ADDRESS or {local: ADDRESS, public: "
        "ADDRESS}"}},
      {"media:\n  advertise: [{local: 10.0.0.2, pubic: 1.2.3.4}]\n",
       {"t.yaml:2:33: media.advertise: unknown field \"pubic\" (did you mean public?): entries ADDRESS or {local: "
        "ADDRESS, "
        "public: ADDRESS}"}},
      {"- a\n", {"t.yaml:1:1: expected sections such as \"media:\", found a list"}},
      {"media: 5\n", {"t.yaml:1:8: media: expected keys and values, found \"5\""}},
      {"media: {a: 1\n", {"t.yaml:2:1: no valid YAML: end of map flow not found"}},
      {"log:\n\tlevel: info\n", {"t.yaml:2:7: no valid YAML: illegal map value"}},
      {"log: {}\n---\nlog: {}\n", {"t.yaml:2:1: a second document: a configuration is one"}},
      {"log: {level: !!str info}\n", {"t.yaml:1:14: tags are not used here: remove it"}},
      {"log: &a {level: info}\nmedia:\n  <<: *a\n",
       {"t.yaml:3:3: media.\"<<\": unknown key (merge keys are not read: write the values out)"}},
  };
  for (const Case& c : cases) {
    INFO(c.yaml);
    CHECK(bad(c.yaml) == c.errors);
  }
}

TEST_CASE("a start of the estimate outside its bounds is refused", "[app][config]") {
  CHECK(bad("bandwidth: {start: 20kbps}") ==
        Lines{"t.yaml:1:20: bandwidth.start: 20kbps is not between bandwidth.min, 30kbps, and bandwidth.max, 100Mbps"});
  CHECK(bad("bandwidth: {max: 2}") == Lines{"t.yaml:1:18: bandwidth.max: \"2\" is no rate such as 32kbps or 2Mbps: 10kbps to 1000Mbps"});
}

TEST_CASE("a wrong setting of mixing is refused with what is allowed", "[app][config]") {
  const auto one = [](const std::string& value) {
    const Lines lines = bad("mixing: {" + value + "}");
    return lines.size() == 1 ? lines[0] : std::to_string(lines.size()) + " errors";
  };
  const auto starts = [](const std::string& text, const std::string& with) {
    INFO(text);
    CHECK(text.starts_with(with));
  };
  CHECK(one("audio_frame: 15ms") ==
        "t.yaml:1:23: mixing.audio_frame: \"15ms\" is not known here: 10ms or 20ms (did you mean 10ms?)");
  CHECK(one("audio_bitrate: 32") ==
        "t.yaml:1:25: mixing.audio_bitrate: \"32\" is no rate such as 32kbps or 2Mbps: 8kbps to 192kbps");
  CHECK(one("audio_bitrate: 1Mbps") == "t.yaml:1:25: mixing.audio_bitrate: 1Mbps is out of range: 8kbps to 192kbps");
  CHECK(one("audio_complexity: 11") == "t.yaml:1:28: mixing.audio_complexity: 11 is out of range: 0 to 10");
  CHECK(one("max_speakers: 0") == "t.yaml:1:24: mixing.max_speakers: 0 is out of range: 1 to 16");
  CHECK(one("max_picture: 16000x16000") ==
        "t.yaml:1:23: mixing.max_picture: \"16000x16000\" is no size of a picture such as 1920x1080: 128x128 to "
        "8192x8192");
  for (const char* size : {"1080p", "1920", "1920x", "x1080", "1920x1080x3", "-1920x1080", "64x64"}) {
    starts(one("max_picture: " + std::string(size)),
           "t.yaml:1:23: mixing.max_picture: \"" + std::string(size) + "\" is no size of a picture");
  }
  CHECK(one("rungs: []") ==
        "t.yaml:1:17: mixing.rungs: the list is empty: at least one rung, such as \"1280x720@30:1500kbps\"");
  for (const char* rung :
       {"1280x720", "1280x720@30", "1280x720@30:1500", "1280x720:1500kbps@30", "1281x720@30:1500kbps",
        "1280x719@30:1500kbps", "1280x720@0:1500kbps", "1280x720@61:1500kbps", "4096x2160@30:1500kbps",
        "1280x720@30:1kbps", "1280x720@30:60Mbps", "32x32@30:100kbps", "@:", ":@", "x@:kbps"}) {
    starts(one("rungs: [\"" + std::string(rung) + "\"]"),
           "t.yaml:1:18: mixing.rungs: \"" + std::string(rung) +
               "\" is no rung such as \"1280x720@30:1500kbps\": 1 to 3 entries WIDTHxHEIGHT@FPS:RATE");
  }
  for (const char* rung : {"1280x720@15:500kbps", "640x1080@30:2Mbps", "1920x360@30:2Mbps"}) {
    starts(one("rungs: [\"1280x720@30:1500kbps\", \"" + std::string(rung) + "\"]"),
           "t.yaml:1:42: mixing.rungs: \"" + std::string(rung) + "\" is not smaller than the one before it");
  }
  for (const char* rung : {"640x360@20:500kbps", "640x360@60:500kbps", "640x360@29:500kbps"}) {
    CHECK(one("rungs: [\"1280x720@30:1500kbps\", \"" + std::string(rung) + "\"]") ==
          "t.yaml:1:42: mixing.rungs: \"" + std::string(rung) +
              "\" cannot be made of the pictures of the first entry, 30 each second: FPS 30, 15, 10, 6, 5, 3, 2 or 1");
  }
  CHECK(one("rungs: [1280x720@1:1500kbps, 640x360@2:500kbps]") ==
        "t.yaml:1:39: mixing.rungs: \"640x360@2:500kbps\" cannot be made of the pictures of the first entry, 1 each "
        "second: FPS 1");
  CHECK(good("mixing: {rungs: [1280x720@30:1500kbps, 640x360@15:500kbps, 320x180@10:150kbps]}").mixing.rungs.size() ==
        3);
  starts(one("rungs: [800x600@30:2Mbps, 640x480@30:1Mbps, 320x240@30:1Mbps, 160x120@15:64kbps]"),
         "t.yaml:1:72: mixing.rungs: \"160x120@15:64kbps\" is one too many");
  CHECK(bad("", {{"TUTTI_MIXING_RUNGS", ""}}) ==
        Lines{"TUTTI_MIXING_RUNGS: mixing.rungs: the list is empty: at least one rung, such as "
              "\"1280x720@30:1500kbps\""});
}

TEST_CASE("the limit of admission is from 0 to 1", "[app][config]") {
  for (const char* value : {"0", "1", "0.0001", "1e-4", "0.95"})
    CHECK(good("admission: {limit: " + std::string(value) + "}").admission.limit <= 1);
  CHECK(bad("admission: {limit: 1.01}") == Lines{"t.yaml:1:20: admission.limit: 1.01 is out of range: 0 to 1"});
  CHECK(bad("admission: {limit: -0.1}") == Lines{"t.yaml:1:20: admission.limit: -0.1 is out of range: 0 to 1"});
  CHECK(bad("admission: {limit: 95%}") == Lines{"t.yaml:1:20: admission.limit: \"95%\" is no number: 0 to 1"});
  CHECK(bad("admission: {limit: \"0.5\"}") == Lines{"t.yaml:1:20: admission.limit: \"0.5\" is text: 0 to 1"});
  for (const char* value : {"nan", "inf", "-inf", "0.5x", "0,5"})
    CHECK(bad("admission: {limit: \"" + std::string(value) + "\"}").size() == 1);
  CHECK(bad("", {{"TUTTI_ADMISSION_LIMIT", "nan"}}) ==
        Lines{"TUTTI_ADMISSION_LIMIT: admission.limit: \"nan\" is no number: 0 to 1"});
}

TEST_CASE("all errors are reported at once, in the order of the file", "[app][config]") {
  CHECK(bad("media:\n  workers: 65\n  port_base: x\nlgo: {}\nhttp:\n  listen: 1.2.3.4:5\n").size() == 4);
  const Lines lines = bad("log: {level: 1, format: 2}\nmedia: {workers: -1}\n", {{"TUTTI_LIMITS_ROOMS", "0"}});
  REQUIRE(lines.size() == 4);
  CHECK(lines[0].starts_with("t.yaml:1:14: log.level"));
  CHECK(lines[1].starts_with("t.yaml:1:25: log.format"));
  CHECK(lines[2].starts_with("t.yaml:2:18: media.workers"));
  CHECK(lines[3].starts_with("TUTTI_LIMITS_ROOMS: limits.rooms"));
}

TEST_CASE("no error repeats a secret", "[app][config]") {
  const std::vector<std::string> texts = {"http: {api_keys: [{id: a, secret: \"hunter2 \"}]}",
                                          "http: {api_keys: [hunter2]}",
                                          "http: {api_keys: hunter2}",
                                          "http: {api_keys: [{id: a, secret: hunter2}, {id: b, secret: hunter2}]}",
                                          "http: {api_keys: [{id: a, secret: [hunter2]}]}",
                                          "http: {api_keys: [{id: a, sceret: hunter2}]}"};
  for (const std::string& text : texts) {
    INFO(text);
    const Lines lines = bad(text);
    REQUIRE_FALSE(lines.empty());
    for (const std::string& line : lines) CHECK(line.find("hunter2") == std::string::npos);
  }
  for (const std::string& line : bad("", {{"TUTTI_HTTP_API_KEYS", "hunter2"}}))
    CHECK(line.find("hunter2") == std::string::npos);
}

TEST_CASE("with an API key or on loopback HTTP listens", "[app][config]") {
  CHECK(good("http: {listen: \"0.0.0.0:8080\", api_keys: [{id: a, secret: b}]}").http.listen.ip.is_unspecified());
  CHECK(good("http: {listen: \"127.1.2.3:8080\"}").http.api_keys.empty());
  CHECK(bad("http: {listen: \"[::]:8080\"}").size() == 1);
  // TLS hides what is said, it does not say who may speak.
  CHECK(bad("http: {listen: \"[::]:8080\", tls_certificate: a, tls_key: b}").size() == 1);
}

TEST_CASE("hostile YAML is refused with an error and nothing else", "[app][config]") {
  const auto repeat = [](const std::string& text, size_t n) {
    std::string out;
    for (size_t i = 0; i < n; ++i) out += text;
    return out;
  };
  std::string bomb = "a0: &a0 [x,x]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string before = std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + before + ",*a" + before + "]\n";
  }
  std::string blocks;
  for (int i = 0; i < 300; ++i) blocks += std::string(static_cast<size_t>(i), ' ') + "a:\n";
  const std::vector<std::string> texts = {repeat("[", 100'000),
                                          repeat("{a: ", 50'000),
                                          repeat("- ", 50'000),
                                          repeat("? ", 50'000),
                                          blocks,
                                          bomb,
                                          "http: {api_keys: &a [*a]}",
                                          "&a {http: *a}",
                                          "media: {listen: &a [*a, *a]}",
                                          "*a",
                                          "http: *unknown",
                                          "media: {listen: [" + repeat("10.0.0.1, ", 1000) + "]}",
                                          std::string("log: {}\0evil: 1", 15),
                                          "log: {level: info}\x04garbage",
                                          "%YAML 9.9\n---\nlog: {level: 1}",
                                          "!!binary aGk=",
                                          "? [a, b]\n: c\n",
                                          "{[a]: b, {c: d}: e}",
                                          "a: |\n  b\n c",
                                          "\"unended",
                                          "'",
                                          "&",
                                          "*",
                                          "@",
                                          "`",
                                          std::string("\xff\xfel\0o\0", 6),
                                          "log: {level: \"\\uZZZZ\"}",
                                          "log: {level: \"\\U00110000\"}",
                                          repeat("a", kMaxConfigBytes + 1),
                                          "? a\n? a\n",
                                          "- - - - -\n -",
                                          ": : :",
                                          "{,}",
                                          "[,]",
                                          "log: {level: }",
                                          "http: {listen: \"" + repeat("9", 100'000) + "\"}",
                                          "http: {tls_key: \"" + repeat("9", 100'000) + "\"}"};
  for (const std::string& text : texts) {
    INFO(text.substr(0, 100));
    const Lines lines = bad(text);
    CHECK_FALSE(lines.empty());
    for (const std::string& line : lines) CHECK(line.size() < 500);
  }
}

TEST_CASE("YAML without content gives the defaults", "[app][config]") {
  for (const char* text : {"!", "%", "~", "\xff\xfe", "---\n...\n", "# a\n# b"}) CHECK(good(text) == Config{});
}

TEST_CASE("an alias stands for the value that it names", "[app][config]") {
  CHECK(good("http: {request_timeout: &t 10s}\nmedia: {consent_timeout: *t}\n").media.consent_timeout ==
        TimeDelta::seconds(10));
}

TEST_CASE("names of the environment follow from the path, each once", "[app][config]") {
  std::vector<std::string> names;
  for (const Option& option : schema()) names.push_back(option.env());
  CHECK(std::find(names.begin(), names.end(), "TUTTI_MEDIA_ALLOW_PLAIN_RTP") != names.end());
  std::sort(names.begin(), names.end());
  CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
}

}  // namespace
}  // namespace tutti::app
