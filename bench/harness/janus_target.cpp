#include "harness/janus_target.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "harness/janus_api.hpp"
#include "harness/server_process.hpp"
#include "tutti/base/crypto.hpp"

namespace tutti::bench {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr const char* kLoopback = "127.0.0.1";
// REMOTE_PUBLISHER_BASE_SSRC and _STEP of janus_videoroom.c: how a remote publisher's media are told apart.
constexpr uint32_t kFirstSsrc = 1'000, kSsrcStep = 10;
// JANUS_VIDEOROOM_ERROR_NO_SUCH_FEED
constexpr const char* kNoSuchFeed = "janus-428";

Endpoint loopback(uint16_t port) { return {IpAddress::v4({127, 0, 0, 1}), port}; }

// Where Janus keeps its plugins: beside its binary, or where Debian puts them.
std::optional<fs::path> modules(const std::string& binary) {
  std::vector<fs::path> places;
  if (binary.find('/') != std::string::npos)
    places.push_back(fs::path(binary).parent_path().parent_path() / "lib/janus");
  places.push_back("/usr/lib/janus");
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/usr/lib", none)) places.push_back(entry.path() / "janus");
  for (const fs::path& place : places) {
    if (fs::exists(place / "plugins/libjanus_videoroom.so", none)) return place;
  }
  return std::nullopt;
}

// Only the two plugins and HTTP are loaded; sessions do not expire; everything is on loopback.
void write_configuration(const fs::path& to, const fs::path& from, uint16_t http_port) {
  for (const char* directory : {"plugins", "transports", "none"}) fs::create_directory(to / directory);
  for (const char* plugin : {"libjanus_videoroom.so", "libjanus_audiobridge.so"}) {
    fs::create_symlink(from / "plugins" / plugin, to / "plugins" / plugin);
  }
  fs::create_symlink(from / "transports/libjanus_http.so", to / "transports/libjanus_http.so");
  std::ofstream(to / "janus.jcfg") << "general: { configs_folder = " << to << "; plugins_folder = " << to / "plugins"
                                   << "; transports_folder = " << to / "transports"
                                   << "; events_folder = " << to / "none"
                                   << "; loggers_folder = " << to / "none"
                                   << "; debug_level = 2; session_timeout = 0; interface = \"127.0.0.1\" }\n"
                                      "media: { ipv6 = false; rtp_port_range = \"10000-32767\" }\n"
                                      "nat: { ice_enforce_list = \"127.0.0.1\" }\n";
  std::ofstream(to / "janus.transport.http.jcfg")
      << "general: { json = \"compact\"; base_path = \"/janus\"; http = true; ip = \"127.0.0.1\"; port = " << http_port
      << "; https = false }\nadmin: { admin_http = false }\n";
  std::ofstream(to / "janus.plugin.videoroom.jcfg") << "general: { string_ids = true; events = false }\n";
  std::ofstream(to / "janus.plugin.audiobridge.jcfg")
      << "general: { string_ids = true; events = false; local_ip = \"127.0.0.1\"; rtp_port_range = \"10000-32767\" }\n";
}

const char* media_name(MediaKind kind) { return kind == MediaKind::kAudio ? "audio" : "video"; }

// What Janus's rtp_forward calls it: the length of the tag in bits.
std::optional<int> suite_number(SrtpSuite suite) {
  switch (suite) {
    case SrtpSuite::kAesCm128HmacSha1_80:
      return 80;
    case SrtpSuite::kAesCm128HmacSha1_32:
      return 32;
    case SrtpSuite::kAeadAes128Gcm:
    case SrtpSuite::kAeadAes256Gcm:
      return std::nullopt;
  }
  return std::nullopt;
}

// A bound socket that nobody reads: for receivers' feedback, which a forwarder takes none of.
class Sink {
 public:
  Sink() : socket_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(here);
    if (bind(socket_, reinterpret_cast<sockaddr*>(&here), size) != 0 ||
        getsockname(socket_, reinterpret_cast<sockaddr*>(&here), &size) != 0) {
      throw std::runtime_error("no UDP port of 127.0.0.1 is free");
    }
    port_ = ntohs(here.sin_port);
  }
  ~Sink() { close(socket_); }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  Endpoint endpoint() const { return loopback(port_); }

 private:
  int socket_;
  uint16_t port_ = 0;
};

class JanusTarget : public Target {
 public:
  static Result<std::unique_ptr<Target>> start(const TargetOptions& options);

  std::string describe() override;
  std::optional<std::string> lacks(const Scenario& scenario) const override { return janus_lacks(scenario); }
  Result<void> make_room(const std::string& room, const Scenario& scenario) override;
  Result<KeyedJoined> join_keyed(const KeyedJoin& join) override;
  Result<std::string> join_webrtc(const WebrtcJoin&) override { return invalid("no WebRTC with this target"); }
  Result<void> leave(const std::string& room, const std::string& id) override;
  ProcessFigures figures() override { return process_->figures(); }
  bool running() override { return process_->running(); }
  std::vector<std::pair<std::string, double>> counters() override { return {}; }

 private:
  using Person = std::pair<std::string, std::string>;  // room and id
  // One stream to one receiver.
  struct Forward {
    Person receiver, publisher;
    std::string track;
    Endpoint to;
    uint8_t payload_type = 0;
    Ssrc ssrc;
    std::optional<SrtpKeys> keys;
  };
  struct Running {
    Person publisher;
    int64_t stream = 0;
  };
  struct Member {
    std::optional<uint64_t> bridge;             // its handle
    std::map<std::string, std::string> tracks;  // what it publishes, and Janus's mid of it
    std::vector<Running> forwards;              // what it receives
  };

  explicit JanusTarget(uint16_t port) : directory_("tutti-janus"), api_(loopback(port)) {}
  Result<void> wait_until_up();
  Result<KeyedJoined> join_bridge(const KeyedJoin& join);
  Result<KeyedJoined> join_videoroom(const KeyedJoin& join);
  Result<uint16_t> publish(const KeyedJoin& join, std::map<std::string, std::string>& tracks);
  Result<void> forward(const Forward& what);
  std::string log() const;

  TemporaryDirectory directory_;
  Sink sink_;
  std::string version_, library_;
  bool mixes_ = false;  // of the rooms that were made
  uint64_t videoroom_ = 0, audiobridge_ = 0;
  std::mutex mutex_;  // of what follows
  std::map<Person, Member> members_;
  std::vector<Forward> waiting_;  // for publishers who have not joined yet
  JanusApi api_;
  std::unique_ptr<ServerProcess> process_;  // the last one, so that it ends first
};

Result<std::unique_ptr<Target>> JanusTarget::start(const TargetOptions& options) {
  const std::string binary = options.binary.empty() ? "janus" : options.binary;
  const auto found = modules(binary);
  if (!found) {
    return Error{ErrorKind::kUnavailable, "no-janus", "Janus is not installed: bench/peers/install-janus does it", {}};
  }
  const uint16_t port = free_port();
  std::unique_ptr<JanusTarget> target(new JanusTarget(port));
  const std::string& directory = target->directory_.path();
  write_configuration(directory, *found, port);

  ServerCommand command;
  command.arguments = {binary, "-F", directory, "-C", directory + "/janus.jcfg", "--disable-colors"};
  if (!options.srtp.empty()) command.environment.emplace_back("LD_LIBRARY_PATH", options.srtp);
  command.log = directory + "/log";
  Result<std::unique_ptr<ServerProcess>> process = ServerProcess::start(command, options);
  if (!process) return process.error();
  target->process_ = std::move(*process);
  if (Result<void> up = target->wait_until_up(); !up) return up.error();
  return std::unique_ptr<Target>(std::move(target));
}

Result<void> JanusTarget::wait_until_up() {
  for (int i = 0; i < 250; ++i) {
    if (!process_->running()) return Error{ErrorKind::kUnavailable, "no-janus", "Janus did not start: " + log(), {}};
    if (const Result<std::string> version = api_.version()) {
      version_ = *version;
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  if (version_.empty()) return Error{ErrorKind::kUnavailable, "no-janus", "Janus does not answer: " + log(), {}};
  if (Result<void> open = api_.open(); !open) return open.error();
  const Result<uint64_t> videoroom = api_.attach("janus.plugin.videoroom");
  if (!videoroom) return videoroom.error();
  const Result<uint64_t> audiobridge = api_.attach("janus.plugin.audiobridge");
  if (!audiobridge) return audiobridge.error();
  videoroom_ = *videoroom;
  audiobridge_ = *audiobridge;

  // Which libsrtp2 it has, and over what, is half of what it costs.
  std::ifstream maps("/proc/" + std::to_string(process_->pid()) + "/maps");
  bool nss = false;
  for (std::string line; std::getline(maps, line);) {
    nss = nss || line.find("/libnss3.so") != std::string::npos;
  }
  library_ = nss ? "libsrtp2 on NSS" : "libsrtp2 on OpenSSL";
  return {};
}

std::string JanusTarget::describe() {
  return "janus " + version_ + ", " + library_ + "; plain RTP in, and in both directions of a mix";
}

Result<void> JanusTarget::make_room(const std::string& room, const Scenario& scenario) {
  mixes_ = scenario.mode == "mcu";
  json::object request{{"request", "create"}, {"room", room}, {"permanent", false}};
  if (mixes_) {
    request["sampling_rate"] = 48'000;
    request["allow_rtp_participants"] = true;
    request["audiolevel_event"] = false;
  } else {
    request["publishers"] = 10'000;
    request["audiocodec"] = "opus";
    request["videocodec"] = "vp8";
  }
  const Result<json::object> answer = api_.ask(mixes_ ? audiobridge_ : videoroom_, std::move(request));
  if (!answer) return answer.error();
  return {};
}

Result<KeyedJoined> JanusTarget::join_keyed(const KeyedJoin& join) {
  return mixes_ ? join_bridge(join) : join_videoroom(join);
}

Result<KeyedJoined> JanusTarget::join_bridge(const KeyedJoin& join) {
  const Result<uint64_t> handle = api_.attach("janus.plugin.audiobridge");
  if (!handle) return handle.error();
  const Result<json::object> answer = api_.ask(*handle, {{"request", "join"},
                                                         {"room", join.room},
                                                         {"id", join.id},
                                                         {"codec", "opus"},
                                                         {"bitrate", 32'000},
                                                         {"rtp", json::object{{"ip", join.address.ip.str()},
                                                                              {"port", join.address.port},
                                                                              {"payload_type", kAudioType},
                                                                              {"audiolevel_ext", kAudioLevelId}}}});
  if (!answer) return answer.error();
  {
    const std::lock_guard lock(mutex_);
    members_[{join.room, join.id}].bridge = *handle;
  }
  KeyedJoined joined;
  joined.server = loopback(answer->at("rtp").at("port").to_number<uint16_t>());
  // The room's SSRC is Janus's own choice, and told to nobody.
  joined.receive = join.receive;
  for (Received& received : joined.receive) received.ssrc = Ssrc{0};
  joined.plain_up = joined.plain_down = true;
  return joined;
}

Result<KeyedJoined> JanusTarget::join_videoroom(const KeyedJoin& join) {
  const Person person{join.room, join.id};
  KeyedJoined joined;
  joined.server = sink_.endpoint();
  joined.other_source = true;  // a forwarder's socket is not the publisher's
  Member member;
  if (!join.publish.empty()) {
    const Result<uint16_t> port = publish(join, member.tracks);
    if (!port) return port.error();
    joined.server = loopback(*port);
    joined.plain_up = true;
    joined.publish = join.publish;
    for (size_t i = 0; i < joined.publish.size(); ++i) {
      for (PublishedLayer& layer : joined.publish[i].layers) {
        layer.ssrc = Ssrc{kFirstSsrc + static_cast<uint32_t>(i) * kSsrcStep};
        layer.rtx_ssrc.reset();
      }
    }
  }

  std::vector<Forward> now;
  {
    const std::lock_guard lock(mutex_);
    members_[person] = std::move(member);
    for (const Received& received : join.receive) {
      const size_t slash = received.track.find('/');
      if (slash == std::string::npos) return invalid("a forwarder needs a track, not \"" + received.track + "\"");
      Forward what{person,   {join.room, received.track.substr(0, slash)}, {}, join.address, kVideoType, received.ssrc,
                   join.keys};
      what.track = received.track.substr(slash + 1);
      if (received.kind == MediaKind::kAudio) what.payload_type = kAudioType;
      (members_.count(what.publisher) != 0 ? now : waiting_).push_back(std::move(what));
    }
    const auto mine = std::stable_partition(waiting_.begin(), waiting_.end(),
                                            [&](const Forward& what) { return what.publisher != person; });
    now.insert(now.end(), mine, waiting_.end());
    waiting_.erase(mine, waiting_.end());
  }
  for (const Forward& what : now) {
    if (Result<void> done = forward(what); !done) return done.error();
  }
  return joined;
}

// Returns the port that takes its media, and fills in what its tracks are called.
Result<uint16_t> JanusTarget::publish(const KeyedJoin& join, std::map<std::string, std::string>& tracks) {
  json::array streams;
  for (const Published& track : join.publish) {
    const std::string mid = std::to_string(streams.size());
    tracks[track.id] = mid;
    streams.push_back(json::object{{"type", media_name(track.kind)},
                                   {"mid", mid},
                                   {"mindex", streams.size()},
                                   {"codec", track.kind == MediaKind::kAudio ? "opus" : "vp8"}});
  }
  const Result<json::object> answer = api_.ask(videoroom_, {{"request", "add_remote_publisher"},
                                                            {"room", join.room},
                                                            {"id", join.id},
                                                            {"iface", kLoopback},
                                                            {"streams", std::move(streams)}});
  if (!answer) return answer.error();
  return answer->at("port").to_number<uint16_t>();
}

Result<void> JanusTarget::forward(const Forward& what) {
  std::string mid;
  {
    const std::lock_guard lock(mutex_);
    mid = members_[what.publisher].tracks[what.track];
  }
  json::object stream{{"mid", mid}, {"port", what.to.port}, {"pt", what.payload_type}, {"ssrc", what.ssrc.value()}};
  json::object request{{"request", "rtp_forward"},
                       {"room", what.publisher.first},
                       {"publisher_id", what.publisher.second},
                       {"host", what.to.ip.str()},
                       {"streams", json::array{std::move(stream)}}};
  if (what.keys) {
    // Here, not in the stream: there it is accepted, ignored, and the media goes out in the clear.
    const auto suite = suite_number(what.keys->suite);
    if (!suite) return invalid("rtp_forward does not know " + std::string(name(what.keys->suite)));
    request["srtp_suite"] = *suite;
    request["srtp_crypto"] = base64_encode(what.keys->remote.bytes());
  }
  Result<json::object> answer = api_.ask(videoroom_, request);
  // A new publisher enters the room on a thread of its own, a little after the answer that says so.
  for (int i = 0; i < 200 && !answer && answer.error().type == kNoSuchFeed; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    answer = api_.ask(videoroom_, request);
  }
  if (!answer) return answer.error();
  const json::array& forwarders = answer->at("forwarders").get_array();
  if (forwarders.size() != 1) return invalid("no forwarder was made of \"" + what.track + "\"");
  const std::lock_guard lock(mutex_);
  members_[what.receiver].forwards.push_back({what.publisher, forwarders[0].at("stream_id").to_number<int64_t>()});
  return {};
}

Result<void> JanusTarget::leave(const std::string& room, const std::string& id) {
  const Person person{room, id};
  Member member;
  {
    const std::lock_guard lock(mutex_);
    const auto found = members_.find(person);
    if (found == members_.end()) return Error{ErrorKind::kNotFound, "participant-not-found", room + "/" + id, {}};
    member = std::move(found->second);
    members_.erase(found);
    waiting_.erase(
        std::remove_if(waiting_.begin(), waiting_.end(), [&](const Forward& what) { return what.receiver == person; }),
        waiting_.end());
  }
  if (member.bridge) return api_.detach(*member.bridge);
  for (const Running& running : member.forwards) {
    // Its publisher may have left before.
    (void)api_.ask(videoroom_, {{"request", "stop_rtp_forward"},
                                {"room", room},
                                {"publisher_id", running.publisher.second},
                                {"stream_id", running.stream}});
  }
  if (member.tracks.empty()) return {};
  const Result<json::object> answer =
      api_.ask(videoroom_, {{"request", "remove_remote_publisher"}, {"room", room}, {"id", id}});
  if (!answer) return answer.error();
  return {};
}

std::string JanusTarget::log() const {
  std::ifstream in(directory_.path() + "/log");
  std::ostringstream all;
  all << in.rdbuf();
  const std::string text = all.str();
  return text.size() > 2'000 ? text.substr(text.size() - 2'000) : text;
}

}  // namespace

std::optional<std::string> janus_lacks(const Scenario& scenario) {
  const bool mixes = scenario.mode == "mcu";
  if (!mixes && scenario.mode != "sfu") return "rooms of mode " + scenario.mode;
  const auto is_role = [&](const SlotSource& source) {
    return std::any_of(scenario.roles.begin(), scenario.roles.end(),
                       [&](const Role& role) { return role.name == source; });
  };
  for (const Role& role : scenario.roles) {
    if (role.transport == TransportKind::kWebrtc) return "WebRTC participants without a browser's signalling";
    if (mixes) {
      if (role.video || !role.watches.empty()) return "composed pictures";
      if (role.hears.size() > 1 || (role.hears.size() == 1 && role.hears[0] != "mix")) return "slots beside the mix";
      if (!role.hears.empty() && !role.audio) return "listeners who send nothing: its bridge answers who sends";
      continue;
    }
    const bool receives = !role.hears.empty() || !role.watches.empty();
    if (receives && role.transport == TransportKind::kSrtp && !suite_number(role.suite)) {
      return std::string(name(role.suite)) + " in rtp_forward, which knows AES_CM_128_HMAC_SHA1_80 and _32";
    }
    if (role.video && role.video->layers.size() > 1) return "simulcast to forwarders";
    for (const std::vector<SlotSource>& slots : {role.hears, role.watches}) {
      for (const SlotSource& slot : slots) {
        if (!is_role(slot)) return "slots of \"" + slot + "\" in rtp_forward";
      }
    }
    if (role.rtx && role.down.any()) return "retransmission to forwarders";
  }
  return std::nullopt;
}

Result<std::unique_ptr<Target>> start_janus(const TargetOptions& options) { return JanusTarget::start(options); }

}  // namespace tutti::bench
