// The floor: what the kernel alone asks for the packets of a fan-out, on this machine and at this moment. No server:
// one thread on a core of its own sends the same bytes to the same number of sockets, a frame each 33 ms in one run for
// each receiver (UDP_SEGMENT) or sound packet by packet, and another thread on another core reads them as tutti-bench's
// people do. What tutti-bench measures of a server, less this, is the server's own. Usage: bench_floor [SECONDS
// [--gro]], with `chrt -f 1` for what --real-time is there. --gro: receivers take runs whole, as nobody's network card
// does it, but near to what a card that segments leaves to the sender.
#include <arpa/inet.h>
#include <netinet/udp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string_view>
#include <thread>
#include <vector>

namespace {

constexpr size_t kMaxRun = 6;

int64_t nanoseconds(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

void pin(unsigned cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu % std::max(1u, std::thread::hardware_concurrency()), &set);
  sched_setaffinity(0, sizeof(set), &set);
}

struct Shape {
  const char* name;
  size_t receivers;
  size_t run;      // packets for each receiver and frame
  uint16_t bytes;  // of each
  int64_t interval_us;
};

class Receivers {
 public:
  Receivers(size_t count, bool gro) : epoll_(epoll_create1(0)) {
    for (size_t i = 0; i < count; ++i) {
      const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
      sockaddr_in at{};
      at.sin_family = AF_INET;
      at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      socklen_t size = sizeof(at);
      const int buffer = 2 << 20, on = 1;
      setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer));
      setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
      if (gro) setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof(on));
      if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&at), size) != 0 ||
          getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) != 0) {
        std::perror("bench_floor: socket");
        std::exit(1);
      }
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.fd = fd;
      epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
      descriptors_.push_back(fd);
      addresses_.push_back(at);
    }
    reader_ = std::thread([this] { read(); });
  }
  ~Receivers() {
    stop_ = true;
    reader_.join();
    for (const int fd : descriptors_) close(fd);
    close(epoll_);
  }
  const std::vector<sockaddr_in>& addresses() const { return addresses_; }

 private:
  void read() {
    pin(0);
    std::vector<std::array<char, 65'536>> bytes(16);
    std::array<mmsghdr, 16> messages{};
    std::array<iovec, 16> parts;
    for (size_t i = 0; i < messages.size(); ++i) {
      parts[i] = {bytes[i].data(), bytes[i].size()};
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    while (!stop_) {
      usleep(1'000);
      std::array<epoll_event, 32> events;
      for (int n; (n = epoll_wait(epoll_, events.data(), events.size(), 0)) > 0;) {
        for (int i = 0; i < n; ++i) recvmmsg(events[static_cast<size_t>(i)].data.fd, messages.data(), 16, 0, nullptr);
      }
    }
  }

  int epoll_;
  std::vector<int> descriptors_;
  std::vector<sockaddr_in> addresses_;
  std::atomic<bool> stop_ = false;
  std::thread reader_;
};

void send_run(int fd, sockaddr_in to, const Shape& shape) {
  static std::array<std::array<char, 1'500>, kMaxRun> packets{};
  std::array<iovec, kMaxRun> parts;
  for (size_t i = 0; i < shape.run; ++i) parts[i] = {packets[i].data(), shape.bytes};
  msghdr message{};
  message.msg_name = &to;
  message.msg_namelen = sizeof(to);
  message.msg_iov = parts.data();
  message.msg_iovlen = shape.run;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(uint16_t))> control{};
  if (shape.run > 1) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = IPPROTO_UDP;
    c->cmsg_type = UDP_SEGMENT;
    c->cmsg_len = CMSG_LEN(sizeof(uint16_t));
    std::memcpy(CMSG_DATA(c), &shape.bytes, sizeof(shape.bytes));
  }
  sendmsg(fd, &message, 0);
}

// CPU microseconds of the sending thread for each packet, frame by frame.
std::vector<double> measure(const Shape& shape, double seconds, bool gro) {
  const Receivers receivers(shape.receivers, gro);
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  std::vector<double> costs;
  const int64_t end = nanoseconds(CLOCK_MONOTONIC) + static_cast<int64_t>(seconds * 1e9);
  for (int64_t due; (due = nanoseconds(CLOCK_MONOTONIC) + shape.interval_us * 1'000) < end;) {
    const timespec until{due / 1'000'000'000, due % 1'000'000'000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
    const int64_t before = nanoseconds(CLOCK_THREAD_CPUTIME_ID);
    for (const sockaddr_in& to : receivers.addresses()) send_run(fd, to, shape);
    const int64_t spent = nanoseconds(CLOCK_THREAD_CPUTIME_ID) - before;
    costs.push_back(static_cast<double>(spent) / 1e3 / static_cast<double>(shape.receivers * shape.run));
  }
  close(fd);
  std::sort(costs.begin(), costs.end());
  return costs;
}

}  // namespace

int main(int argc, char** argv) {
  double seconds = 2;
  bool gro = false;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--gro") {
      gro = true;
    } else {
      seconds = std::atof(argv[i]);
    }
  }
  const rlimit files{65'536, 65'536};
  setrlimit(RLIMIT_NOFILE, &files);
  pin(1);
  constexpr std::array<Shape, 4> kShapes{{{"video 1 to 50, runs of six", 50, 6, 1'132, 33'333},
                                          {"video 1 to 200, runs of six", 200, 6, 1'132, 33'333},
                                          {"video 1 to 500, runs of six", 500, 6, 1'132, 33'333},
                                          {"audio 1 to 200, one by one", 200, 1, 112, 20'000}}};
  std::printf("%-36s %16s %10s %10s   the kernel's, of a thread that only sends%s\n", "", "us/packet: mean", "median",
              "min", gro ? ", receivers with UDP_GRO" : "");
  for (const Shape& shape : kShapes) {
    const std::vector<double> costs = measure(shape, seconds, gro);
    double sum = 0;
    for (const double c : costs) sum += c;
    std::printf("%-36s %16.2f %10.2f %10.2f\n", shape.name, sum / static_cast<double>(costs.size()),
                costs[costs.size() / 2], costs.front());
  }
  return 0;
}
