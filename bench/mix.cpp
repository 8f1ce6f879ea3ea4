// What it costs to mix: a tuttid of its own, as a child process, and a generator beside it that joins keyed
// participants (AES-GCM), sends what they would send, and takes what they get. CPU time is the child's, all threads,
// user and system, by its schedstat; times of arrival are the kernel's. bench/RESULTS.md says how to read the columns.
// Usage: bench_mix [TUTTID [SECONDS [LOAD]]]; by default the tuttid beside it, 10 s for each line, and as many rooms as
// load its core to 0.7; 0 leaves them out.
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <csignal>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/pcm.hpp"
#include "support/scene.hpp"
#include "tutti/base/datagram.hpp"
#include "tutti/media/audio/encoder.hpp"
#include "tutti/media/audio/speaker_selector.hpp"
#include "tutti/media/video/encoder.hpp"
#include "tutti/media/video/packetizer.hpp"
#include "tutti/proto/srtp/session.hpp"
#include "tutti/wire/rtp/extensions.hpp"
#include "tutti/wire/rtp/header.hpp"

namespace tutti {
namespace {

constexpr uint16_t kHttpPort = 18'790;
constexpr uint16_t kMediaPort = 47'900;
constexpr PayloadType kOpusType{111}, kVp8Type{96};
constexpr int64_t kFrameNs = 20'000'000;

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "bench_mix: %s\n", why.c_str());
  std::exit(1);
}

int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

void pin(unsigned cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu % std::max(1u, std::thread::hardware_concurrency()), &set);
  sched_setaffinity(0, sizeof(set), &set);
}

std::string base64(std::span<const uint8_t> bytes) {
  static const char* const kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t there = std::min<size_t>(3, bytes.size() - i);
    uint32_t v = 0;
    for (size_t k = 0; k < 3; ++k) v = v << 8 | (k < there ? bytes[i + k] : 0u);
    for (size_t k = 0; k < 4; ++k) out += k <= there ? kDigits[v >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

// The daemon under test.
class Daemon {
 public:
  explicit Daemon(const std::string& binary) {
    const std::string config = "http: { listen: \"127.0.0.1:" + std::to_string(kHttpPort) +
                               "\" }\nmedia: { listen: [\"127.0.0.1\"], port_base: " + std::to_string(kMediaPort) +
                               ", workers: 1 }\nmixing: { codec_threads: 1, max_members: 10000 }\n" +
                               "limits: { participants: 10000 }\nadmission: { limit: 0 }\nlog: { level: warn }\n";
    path_ = std::filesystem::temp_directory_path() / ("bench_mix_" + std::to_string(getpid()) + ".yaml");
    std::ofstream(path_) << config;
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      pin(1);
      execl(binary.c_str(), binary.c_str(), "--config", path_.c_str(), nullptr);
      _exit(127);
    }
    for (int i = 0; i < 100; ++i) {
      if (request("GET", "/readyz", "").starts_with("HTTP/1.1 200")) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    fail("the daemon does not answer: " + binary);
  }
  ~Daemon() {
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
    std::filesystem::remove(path_);
  }

  std::string request(const std::string& method, const std::string& path, const std::string& body) const {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(kHttpPort);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::string answer;
    if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0) {
      const std::string head =
          method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(kHttpPort) +
          "\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
          "\r\n\r\n" + body;
      if (send(fd, head.data(), head.size(), 0) == static_cast<ssize_t>(head.size())) {
        std::array<char, 4096> part;
        for (ssize_t n; (n = recv(fd, part.data(), part.size(), 0)) > 0;)
          answer.append(part.data(), static_cast<size_t>(n));
      }
    }
    close(fd);
    return answer;
  }
  void expect(const std::string& method, const std::string& path, const std::string& body) const {
    const std::string answer = request(method, path, body);
    if (!answer.starts_with("HTTP/1.1 20")) fail(method + " " + path + ": " + answer);
  }

  // Of all its threads, those of codecs apart.
  struct Cpu {
    int64_t all_ns = 0, codec_ns = 0;
  };
  Cpu cpu() const {
    Cpu sum;
    for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid_) + "/task")) {
      int64_t ns = 0;
      std::ifstream(task.path() / "schedstat") >> ns;
      std::string name;
      std::ifstream(task.path() / "comm") >> name;
      sum.all_ns += ns;
      if (name.starts_with("tutti-c")) sum.codec_ns += ns;
    }
    return sum;
  }

 private:
  pid_t pid_ = 0;
  std::filesystem::path path_;
};

// One RTP packet to be, without what differs from participant to participant.
struct Sample {
  std::vector<uint8_t> payload;
  uint8_t level = 127;
  uint32_t timestamp = 0;
  bool marker = false;
  int64_t due_ns = 0;  // from the beginning of the loop
};
struct Program {
  std::vector<Sample> samples;
  int64_t length_ns = 0;
  uint32_t length_ticks = 0;
};

Program opus_program(bool speech, double pitch) {
  auto encoder = audio::make_audio_encoder({.bitrate = DataRate::kbps(32), .complexity = 5, .dtx = false});
  const size_t frames = 200;
  const test::Pcm pcm = speech ? test::speech_like(0.3, frames * 960, 48'000, pitch) : test::Pcm(frames * 960);
  Program program;
  for (size_t f = 0; f < frames; ++f) {
    const auto frame = std::span(pcm).subspan(f * 960, 960);
    Sample s;
    s.payload.resize(audio::AudioEncoder::kMaxPacket);
    s.payload.resize(encoder->encode(frame, s.payload));
    s.level = static_cast<uint8_t>(127 - audio::loudness_of(frame));
    s.timestamp = static_cast<uint32_t>(f * 960);
    s.due_ns = static_cast<int64_t>(f) * kFrameNs;
    program.samples.push_back(std::move(s));
  }
  program.length_ns = static_cast<int64_t>(frames) * kFrameNs;
  program.length_ticks = static_cast<uint32_t>(frames * 960);
  return program;
}

Program camera_program(uint32_t hue) {
  auto encoder = video::make_video_encoder(
      {.codec = Codec::kVp8, .width = 640, .height = 360, .max_fps = 30, .bitrate = DataRate::kbps(500)});
  video::Packetizer packetizer(Codec::kVp8, 640, 360);
  const uint32_t frames = 60;
  Program program;
  for (uint32_t f = 0; f < frames; ++f) {
    const auto picture = test::scene(640, 360, f, hue);
    const video::EncodedFrame frame = encoder->encode(*picture, Timestamp::from_us(int64_t{f} * 33'333), f == 0);
    const auto payloads = packetizer.packetize(frame);
    for (size_t p = 0; p < payloads.size(); ++p)
      program.samples.push_back({payloads[p], 127, f * 3000, p + 1 == payloads.size(), int64_t{f} * 33'333'333});
  }
  program.length_ns = int64_t{frames} * 33'333'333;
  program.length_ticks = frames * 3000;
  return program;
}

struct Member {
  int fd = -1;
  std::unique_ptr<srtp::Session> session;
  const Program* program = nullptr;
  PayloadType type = kOpusType;
  bool levels = true;
  Ssrc ssrc;
  size_t next = 0;
  int64_t loop_begin = 0;
  uint32_t timestamp_base = 0;
  uint16_t sequence = 1;
  // What it gets: how far behind the earliest packet each came, against the stream's own clock.
  bool begun = false;
  uint32_t first_timestamp = 0;
  int64_t first_arrival = 0;
  std::vector<int64_t> behind_ns;
};

double percentile_ms(std::vector<int64_t>& values, double p) {
  if (values.empty()) return 0;
  const auto at = static_cast<size_t>(p * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return static_cast<double>(values[at]) / 1e6;
}

class Generator {
 public:
  explicit Generator(const Daemon& daemon)
      : daemon_(daemon), backend_(srtp::make_libsrtp_backend()), epoll_(epoll_create1(0)) {}
  ~Generator() {
    for (auto& m : members_) close(m->fd);
    close(epoll_);
  }

  struct What {
    const Program* audio = nullptr;
    const Program* video = nullptr;
    bool levels = true;
    bool hears = false, watches = false;
  };
  void join(const std::string& room, const What& what) {
    auto member = std::make_unique<Member>();
    member->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    sockaddr_in local{}, server{};
    local.sin_family = server.sin_family = AF_INET;
    local.sin_addr.s_addr = server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server.sin_port = htons(kMediaPort);
    socklen_t size = sizeof(local);
    const int one = 1, buffer = 1 << 20;
    setsockopt(member->fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one));
    setsockopt(member->fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
    if (bind(member->fd, reinterpret_cast<sockaddr*>(&local), sizeof(local)) != 0 ||
        getsockname(member->fd, reinterpret_cast<sockaddr*>(&local), &size) != 0 ||
        connect(member->fd, reinterpret_cast<sockaddr*>(&server), sizeof(server)) != 0)
      fail("a socket cannot be had");
    std::array<uint8_t, 28> in{}, out{};
    random_.fill(in);
    random_.fill(out);
    auto session = backend_->make_session({SrtpSuite::kAeadAes128Gcm, SrtpMasterKey(in), SrtpMasterKey(out)});
    if (!session) fail(session.error().detail);
    member->session = std::move(*session);
    member->program = what.audio ? what.audio : what.video;
    member->type = what.audio ? kOpusType : kVp8Type;
    member->levels = what.levels && what.audio;
    member->ssrc = Ssrc(static_cast<uint32_t>(1000 + members_.size()));
    const std::string ssrc = std::to_string(member->ssrc.value());
    std::string publish, receive;
    if (what.audio) publish = R"({"id":"a","kind":"audio","codec":"opus","payload_type":111,"ssrc":)" + ssrc + "}";
    if (what.video) publish = R"({"id":"v","kind":"video","codec":"VP8","payload_type":96,"ssrc":)" + ssrc + "}";
    if (what.hears) receive = R"({"kind":"audio","codec":"opus","payload_type":111,"ssrc":5003,"track":"mix"})";
    if (what.watches) receive = R"({"kind":"video","codec":"VP8","payload_type":96,"ssrc":5001,"track":"mix"})";
    daemon_.expect("POST", "/v1/rooms/" + room + "/participants",
                   "{\"id\":\"p" + std::to_string(members_.size()) +
                       R"(","transport":{"kind":"srtp","suite":"AEAD_AES_128_GCM","receive_key":")" + base64(in) +
                       R"(","send_key":")" + base64(out) + R"(","remote":"127.0.0.1:)" +
                       std::to_string(ntohs(local.sin_port)) +
                       R"(","extensions":{"1":"urn:ietf:params:rtp-hdrext:ssrc-audio-level"}},"publish":[)" + publish +
                       R"(],"receive":[)" + receive + "]}");
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = member.get();
    epoll_ctl(epoll_, EPOLL_CTL_ADD, member->fd, &event);
    members_.push_back(std::move(member));
  }

  struct Figures {
    double seconds = 0;
    Daemon::Cpu cpu;
    uint64_t sent = 0, received = 0;
    int64_t latest_ns = 0;           // the generator's own lateness
    std::vector<int64_t> behind_ns;  // of mixed packets, against the stream's clock
  };
  Figures run(double warm_up_seconds, double seconds) {
    const int64_t begin = now_ns();
    for (size_t i = 0; i < members_.size(); ++i)
      members_[i]->loop_begin = begin + static_cast<int64_t>(i) * kFrameNs / static_cast<int64_t>(members_.size());
    run_until(begin + static_cast<int64_t>(warm_up_seconds * 1e9));
    figures_ = {};
    for (auto& m : members_) {
      m->begun = false;
      m->behind_ns.clear();
    }
    const int64_t from = now_ns();
    const Daemon::Cpu before = daemon_.cpu();
    run_until(from + static_cast<int64_t>(seconds * 1e9));
    const Daemon::Cpu after = daemon_.cpu();
    figures_.seconds = static_cast<double>(now_ns() - from) / 1e9;
    // Each stream against its own schedule, which is its median.
    for (auto& m : members_) {
      const auto median = static_cast<int64_t>(percentile_ms(m->behind_ns, 0.5) * 1e6);
      for (const int64_t v : m->behind_ns) figures_.behind_ns.push_back(v - median);
    }
    figures_.cpu = {after.all_ns - before.all_ns, after.codec_ns - before.codec_ns};
    return figures_;
  }

 private:
  void run_until(int64_t end) {
    for (int64_t now = now_ns(); now < end; now = now_ns()) {
      int64_t next = end;
      for (auto& m : members_) {
        if (!m->program) continue;
        while (due(*m) <= now) {
          figures_.latest_ns = std::max(figures_.latest_ns, now - due(*m));
          send_one(*m);
        }
        next = std::min(next, due(*m));
      }
      std::array<epoll_event, 64> events;
      const int64_t wait = std::max<int64_t>(0, next - now_ns());
      const timespec timeout{wait / 1'000'000'000, wait % 1'000'000'000};
      const int n = epoll_pwait2(epoll_, events.data(), events.size(), &timeout, nullptr);
      for (int i = 0; i < n; ++i) take(*static_cast<Member*>(events[static_cast<size_t>(i)].data.ptr));
    }
  }
  static int64_t due(const Member& m) { return m.loop_begin + m.program->samples[m.next].due_ns; }

  void send_one(Member& m) {
    const Sample& s = m.program->samples[m.next];
    std::array<uint8_t, kMaxDatagram> out;
    rtp::ExtensionWriter extensions;
    if (m.levels) extensions.add(1, std::span(&s.level, 1));
    srtp::SealJob job;
    job.session = m.session.get();
    job.header_size = rtp::write_header(
        {s.marker, m.type, SeqNum(m.sequence++), RtpTimestamp(m.timestamp_base + s.timestamp), m.ssrc},
        extensions.finish(), out);
    job.rest = s.payload;
    job.out = out;
    backend_->seal({&job, 1});
    if (send(m.fd, out.data(), job.sealed_size, 0) > 0) ++figures_.sent;
    if (++m.next == m.program->samples.size()) {
      m.next = 0;
      m.loop_begin += m.program->length_ns;
      m.timestamp_base += m.program->length_ticks;
    }
  }

  void take(Member& m) {
    std::array<uint8_t, kMaxDatagram> bytes;
    alignas(cmsghdr) std::array<char, 128> control;
    for (;;) {
      iovec part{bytes.data(), bytes.size()};
      msghdr message{};
      message.msg_iov = &part;
      message.msg_iovlen = 1;
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      const ssize_t n = recvmsg(m.fd, &message, 0);
      if (n <= 0) return;
      if (rtp::is_rtcp(std::span(bytes).first(static_cast<size_t>(n)))) continue;
      ++figures_.received;
      const auto packet = rtp::parse(std::span(bytes).first(static_cast<size_t>(n)));
      timespec at{};
      for (cmsghdr* c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) std::memcpy(&at, CMSG_DATA(c), sizeof(at));
      }
      if (!packet || packet->payload_type != kOpusType) continue;
      const int64_t arrival = int64_t{at.tv_sec} * 1'000'000'000 + at.tv_nsec;
      if (!m.begun) {
        m.begun = true;
        m.first_timestamp = packet->timestamp.value();
        m.first_arrival = arrival;
      }
      const auto ticks = static_cast<int32_t>(packet->timestamp.value() - m.first_timestamp);
      m.behind_ns.push_back(arrival - m.first_arrival - int64_t{ticks} * 1'000'000'000 / 48'000);
    }
  }

  const Daemon& daemon_;
  std::unique_ptr<srtp::Backend> backend_;
  int epoll_;
  SeededRandom random_{1};
  std::vector<std::unique_ptr<Member>> members_;
  Figures figures_;
};

// CPU microseconds for each participant and frame of 20 ms.
double audio_case(const std::string& binary, const char* name, size_t rooms, size_t members, size_t talkers,
                  bool levels, double seconds) {
  static const Program silence = opus_program(false, 0);
  static const std::array<Program, 3> voices = {opus_program(true, 110), opus_program(true, 150),
                                                opus_program(true, 210)};
  Daemon daemon(binary);
  Generator generator(daemon);
  for (size_t r = 0; r < rooms; ++r) {
    const std::string room = "r" + std::to_string(r);
    daemon.expect("PUT", "/v1/rooms/" + room, R"({"mode":"mcu","limits":{"participants":10000}})");
    for (size_t i = 0; i < members; ++i)
      generator.join(room, {i < talkers ? &voices[i % voices.size()] : &silence, nullptr, levels, true, false});
  }
  auto f = generator.run(3, seconds);
  const double frames = f.seconds * 50 * static_cast<double>(rooms * members);
  const size_t late = static_cast<size_t>(std::count_if(f.behind_ns.begin(), f.behind_ns.end(),
                                                        [&](int64_t v) { return static_cast<double>(v) / 1e6 >= 20; }));
  const double cost = static_cast<double>(f.cpu.all_ns) / 1e3 / frames;
  std::printf("%-44s %6zu %8.1f %8.1f %9.4f %8.2f %8.2f %8.2f %6zu %8.1f\n", name, rooms * members, cost,
              static_cast<double>(f.cpu.all_ns) / 1e7 / f.seconds, static_cast<double>(f.received) / frames,
              percentile_ms(f.behind_ns, 0.99), percentile_ms(f.behind_ns, 0.999), percentile_ms(f.behind_ns, 1), late,
              static_cast<double>(f.latest_ns) / 1e6);
  std::fflush(stdout);
  return cost;
}

void video_case(const std::string& binary, const char* name, size_t cameras, size_t watchers, double seconds) {
  static std::vector<Program> programs;
  while (programs.size() < cameras) programs.push_back(camera_program(static_cast<uint32_t>(programs.size())));
  Daemon daemon(binary);
  Generator generator(daemon);
  daemon.expect("PUT", "/v1/rooms/v", R"({"mode":"mcu"})");
  for (size_t i = 0; i < cameras; ++i) generator.join("v", {nullptr, &programs[i], false, false, false});
  for (size_t i = 0; i < watchers; ++i) generator.join("v", {nullptr, nullptr, false, false, true});
  const auto f = generator.run(4, seconds);
  const std::string stats = daemon.request("GET", "/v1/rooms/v/stats", "");
  const size_t at = stats.find("\"framesEncoded\":");
  std::printf("%-44s %6zu %8.3f %8.3f %9.1f %s\n", name, watchers, static_cast<double>(f.cpu.all_ns) / 1e9 / f.seconds,
              static_cast<double>(f.cpu.codec_ns) / 1e9 / f.seconds,
              static_cast<double>(f.received) / static_cast<double>(std::max<size_t>(1, watchers)) / f.seconds,
              at == std::string::npos ? "no picture was encoded" : stats.substr(at, stats.find(',', at) - at).c_str());
  std::fflush(stdout);
}

}  // namespace
}  // namespace tutti

int main(int argc, char** argv) {
  using namespace tutti;
  const std::string binary =
      argc > 1 ? argv[1] : (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "tuttid").string();
  const double seconds = argc > 2 ? std::atof(argv[2]) : 10;
  // As many rooms as fill so much of a core.
  const double load = argc > 3 ? std::atof(argv[3]) : 0.7;
  srtp::Library library;
  pin(0);
  std::printf("%-44s %6s %8s %8s %9s %8s %8s %8s %6s %8s\n", "sound: three talk in each room", "people", "us/p/20ms",
              "core %", "received", "p99 ms", "p99.9", "max", ">=20ms", "gen late");
  audio_case(binary, "100 in a room, levels", 1, 100, 3, true, seconds);
  audio_case(binary, "100 in a room, no levels: all decoded", 1, 100, 3, false, seconds);
  audio_case(binary, "300 in a room, levels", 1, 300, 3, true, seconds);
  if (load > 0) {
    const double cost = audio_case(binary, "4 rooms of 100, levels", 4, 100, 3, true, seconds / 2);
    const auto rooms = static_cast<size_t>(std::lround(load * 20'000 / cost / 100));
    audio_case(binary, ("as many as that load takes: " + std::to_string(rooms) + " rooms").c_str(), rooms, 100, 3, true,
               seconds);
  }
  std::printf("\n%-44s %6s %8s %8s %9s\n", "pictures: nine 360p cameras, one 720p30 VP8", "watch", "cores",
              "of it codec", "packets/s");
  for (const size_t watchers : {size_t{1}, size_t{20}}) video_case(binary, "3 x 3 grid", 9, watchers, seconds);
  return 0;
}
