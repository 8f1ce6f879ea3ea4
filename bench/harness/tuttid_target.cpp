// tuttid as a target: a daemon of its own with a configuration that limits nothing, on ports that nobody else has,
// joined and left over REST.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "harness/http.hpp"
#include "harness/keyed_body.hpp"
#include "harness/prometheus_text.hpp"
#include "harness/server_process.hpp"
#include "harness/target.hpp"

namespace tutti::bench {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr int kTries = 3;  // a port that was free may be somebody's when the daemon asks for it

Error failure(std::string type, std::string detail) {
  return {ErrorKind::kUnavailable, std::move(type), std::move(detail), {}};
}

// The first of `count` UDP ports of 127.0.0.1 in a row that nobody has now.
std::optional<uint16_t> free_media_ports(uint32_t count) {
  const auto bound = [](uint16_t port) {
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(port);
    socklen_t size = sizeof(at);
    const bool good = bind(fd, reinterpret_cast<sockaddr*>(&at), size) == 0 &&
                      getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) == 0;
    close(fd);
    return good ? ntohs(at.sin_port) : uint16_t{0};
  };
  for (int i = 0; i < 50; ++i) {
    const uint16_t first = bound(0);
    if (first == 0 || first + count > 65'472) continue;
    uint32_t free = 1;
    while (free < count && bound(static_cast<uint16_t>(first + free)) != 0) ++free;
    if (free == count) return first;
  }
  return std::nullopt;
}

std::string output_of(const std::string& command) {
  std::string out;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  std::array<char, 4096> part;
  for (size_t n; (n = fread(part.data(), 1, part.size(), pipe)) > 0;) out.append(part.data(), n);
  pclose(pipe);
  return out;
}

std::string shell_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

class TuttidTarget : public Target {
 public:
  static Result<std::unique_ptr<Target>> start(const TargetOptions& options);

  std::string describe() override { return description_; }
  std::optional<std::string> lacks(const Scenario&) const override { return std::nullopt; }
  Result<void> make_room(const std::string& room, const Scenario& scenario) override;
  Result<KeyedJoined> join_keyed(const KeyedJoin& join) override;
  Result<std::string> join_webrtc(const WebrtcJoin& join) override;
  Result<void> leave(const std::string& room, const std::string& id) override;
  ProcessFigures figures() override { return process_->figures("tutti-c"); }
  bool running() override { return process_->running(); }
  std::vector<std::pair<std::string, double>> counters() override;

 private:
  TuttidTarget(const std::string& binary, uint16_t http_port)
      : binary_(binary), directory_("tutti-bench"), http_({IpAddress::v4({127, 0, 0, 1}), http_port}) {}
  Result<void> configure(const TargetOptions& options, uint16_t http_port, const char* log_level);
  Result<std::string> ask_srtp_backend(const TargetOptions& options);
  Result<void> start_process(const TargetOptions& options);
  Result<void> wait_until_ready();
  Result<HttpAnswer> expect(const std::string& method, const std::string& path, const std::string& body,
                            unsigned status);
  std::string configuration_file() const { return directory_.path() + "/tuttid.yaml"; }
  std::string log_file() const { return directory_.path() + "/log"; }

  std::string binary_, description_;
  bool chooses_srtp_ = false;
  TemporaryDirectory directory_;
  HttpClient http_;
  std::unique_ptr<ServerProcess> process_;
};

// Everything that could refuse somebody is as far away as the configuration allows.
Result<void> TuttidTarget::configure(const TargetOptions& options, uint16_t http_port, const char* log_level) {
  const auto media_port = free_media_ports(options.workers);
  if (!media_port) return failure("no-ports", "no free UDP ports for " + std::to_string(options.workers) + " workers");
  // The defaults, which say what this version knows.
  const std::string known = output_of(shell_quoted(binary_) + " --print-config 2>&1");
  if (known.find("\nmedia:") == std::string::npos) {
    return failure("no-tuttid", binary_ + " is no tuttid: --print-config gives \"" + known.substr(0, 200) + "\"");
  }
  chooses_srtp_ = known.find("\n  srtp:") != std::string::npos;
  if (!options.srtp.empty() && !chooses_srtp_) {
    return failure("no-choice", binary_ + " has no choice of SRTP backends: leave --srtp out");
  }
  std::ofstream out(configuration_file());
  out << "http: { listen: \"127.0.0.1:" << http_port << "\", max_connections: 100000 }\n"
      << "media:\n"
      << "  listen: [\"127.0.0.1\"]\n"
      << "  port_base: " << *media_port << "\n"
      << "  workers: " << options.workers << "\n"
      << "  allow_plain_rtp: true\n"
      << "  stun_rate: 1000000\n"
      << "  unknown_source_rate: 1000000\n";
  if (!options.srtp.empty()) out << "  srtp: " << options.srtp << "\n";
  out << "limits: { rooms: 1000000, participants: 10000, participants_total: 0, tracks: 128, slots: 512 }\n"
      << "mixing: { codec_threads: " << options.workers
      << ", max_members: 100000, max_video_encoders: 1000, max_video_decoders: 1000 }\n";
  if (known.find("\nadmission:") != std::string::npos) out << "admission: { limit: 0 }\n";
  out << "log: { level: " << log_level << " }\n"
      << "shutdown: { timeout: 1s }\n";
  return {};
}

// Which one it took, the daemon says at level info only, where it also logs every join: so another one is asked, for as
// long as it takes to say so. Empty: a version that has no choice.
Result<std::string> TuttidTarget::ask_srtp_backend(const TargetOptions& options) {
  if (auto configured = configure(options, free_port(), "info"); !configured) return configured.error();
  if (!chooses_srtp_) return std::string();
  auto process = ServerProcess::start({{binary_, "--config", configuration_file()}, {}, log_file()}, options);
  if (!process) return process.error();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  for (bool running = true; running && std::chrono::steady_clock::now() < deadline;) {
    running = (*process)->running();
    std::ifstream log(log_file());
    for (std::string line; std::getline(log, line);) {
      constexpr std::string_view kSaid = "srtp backend=";
      const size_t at = line.find(kSaid);
      if (at != std::string::npos && !log.eof()) return line.substr(at + kSaid.size());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return failure("no-backend", binary_ + " does not say which SRTP backend it uses");
}

Result<void> TuttidTarget::start_process(const TargetOptions& options) {
  ServerCommand command;
  command.arguments = {binary_, "--config", configuration_file()};
  command.log = log_file();
  Result<std::unique_ptr<ServerProcess>> process = ServerProcess::start(command, options);
  if (!process) return process.error();
  process_ = std::move(*process);
  return wait_until_ready();
}

Result<void> TuttidTarget::wait_until_ready() {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (process_->running() && std::chrono::steady_clock::now() < deadline) {
    const Result<HttpAnswer> answer = http_.request("GET", "/readyz", {}, std::chrono::seconds(1));
    if (answer && answer->status == 200) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  std::ifstream in(log_file());
  std::ostringstream said;
  said << in.rdbuf();
  const std::string text = said.str();
  return failure("no-start", binary_ + (process_->running() ? " is not ready after 10 s" : " has ended") +
                                 (text.empty() ? "" : "; it says:\n" + text.substr(0, 2'000)));
}

Result<std::unique_ptr<Target>> TuttidTarget::start(const TargetOptions& options) {
  std::error_code error;
  const std::string binary = options.binary.empty()
                                 ? (fs::read_symlink("/proc/self/exe", error).parent_path() / "tuttid").string()
                                 : options.binary;
  if (!fs::exists(binary, error)) {
    return failure("no-tuttid", binary + " is not there: build it with \"make build\", or name one with --binary");
  }
  Error last;
  for (int i = 0; i < kTries; ++i) {
    const uint16_t http_port = free_port();
    std::unique_ptr<TuttidTarget> target(new TuttidTarget(binary, http_port));
    const Result<std::string> backend = target->ask_srtp_backend(options);
    if (!backend) return backend.error();
    if (auto configured = target->configure(options, http_port, "warn"); !configured) return configured.error();
    if (Result<void> started = target->start_process(options); !started) {
      last = started.error();
      continue;
    }
    // "tuttid 0.1.0", then lines of which "commit:   3f2a..." is one.
    std::istringstream version(output_of(shell_quoted(binary) + " --version"));
    std::string name, line, commit;
    std::getline(version, name);
    while (std::getline(version, line)) {
      if (line.starts_with("commit:")) commit = line.substr(std::min(line.find_last_of(' ') + 1, line.size()));
    }
    target->description_ = name + " (" + commit + ")" + (backend->empty() ? "" : ", " + *backend);
    return std::unique_ptr<Target>(std::move(target));
  }
  return last;
}

Result<void> TuttidTarget::make_room(const std::string& room, const Scenario& scenario) {
  const std::string body =
      json::serialize(json::object{{"mode", scenario.mode}, {"limits", json::object{{"participants", 10'000}}}});
  const Result<HttpAnswer> answer = expect("PUT", "/v1/rooms/" + room, body, 201);
  if (!answer) return answer.error();
  return {};
}

Result<KeyedJoined> TuttidTarget::join_keyed(const KeyedJoin& join) {
  const Result<HttpAnswer> answer = expect("POST", "/v1/rooms/" + join.room + "/participants", keyed_body(join), 201);
  if (!answer) return answer.error();
  boost::system::error_code error;
  const json::value body = json::parse(answer->body, error);
  const json::value* local = error ? nullptr : body.find_pointer("/transport/local", error);
  const auto server = local != nullptr && local->is_string() ? Endpoint::parse(local->get_string()) : std::nullopt;
  if (!server) return failure("no-address", "the answer to a join names no address: " + answer->body);
  KeyedJoined joined;
  joined.server = *server;
  return joined;
}

Result<std::string> TuttidTarget::join_webrtc(const WebrtcJoin& join) {
  const Result<HttpAnswer> answer = expect("POST", "/v1/rooms/" + join.room + "/participants", webrtc_body(join), 201);
  if (!answer) return answer.error();
  boost::system::error_code error;
  const json::value body = json::parse(answer->body, error);
  const json::value* sdp = error ? nullptr : body.find_pointer("/transport/answer", error);
  if (sdp == nullptr || !sdp->is_string()) return failure("no-answer", "a join has no SDP answer: " + answer->body);
  return std::string(sdp->get_string());
}

Result<void> TuttidTarget::leave(const std::string& room, const std::string& id) {
  const Result<HttpAnswer> answer = expect("DELETE", "/v1/rooms/" + room + "/participants/" + id, {}, 204);
  if (!answer) return answer.error();
  return {};
}

std::vector<std::pair<std::string, double>> TuttidTarget::counters() {
  const Result<HttpAnswer> answer = expect("GET", "/metrics", {}, 200);
  if (!answer) return {};
  return read_counters(answer->body, "tutti_");
}

Result<HttpAnswer> TuttidTarget::expect(const std::string& method, const std::string& path, const std::string& body,
                                        unsigned status) {
  Result<HttpAnswer> answer = http_.request(method, path, body);
  if (answer && answer->status != status) {
    return failure("refused", method + " " + path + " gives " + std::to_string(answer->status) + ": " + answer->body);
  }
  return answer;
}

}  // namespace

Result<std::unique_ptr<Target>> start_tuttid(const TargetOptions& options) { return TuttidTarget::start(options); }

}  // namespace tutti::bench
