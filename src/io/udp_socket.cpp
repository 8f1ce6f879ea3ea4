#include "tutti/io/udp_socket.hpp"

#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "io/sockaddr.hpp"

namespace tutti::io {
namespace {

// The kernel takes 128 segments and 64 KiB; longer runs gain nothing (shared/reference/limits.md, B).
constexpr size_t kMaxRun = 64;
constexpr size_t kMaxRunBytes = 65'000;
// After so many refusals on end no more is tried.
constexpr uint32_t kMaxRefusedRuns = 64;

void set_buffer(int fd, int force, int polite, size_t size) {
  const int value = static_cast<int>(size);
  // Beyond net.core.?mem_max only with CAP_NET_ADMIN; without it the kernel gives what it may.
  if (setsockopt(fd, SOL_SOCKET, force, &value, sizeof value) != 0) setsockopt(fd, SOL_SOCKET, polite, &value, sizeof value);
}

}  // namespace

struct UdpSocket::Buffers {
  std::array<std::array<uint8_t, kMaxDatagram + 1>, kBatch> bytes;
  std::array<sockaddr_storage, kBatch> from;
  std::array<iovec, kBatch> iov;
  std::array<mmsghdr, kBatch> messages;
  std::array<std::array<char, CMSG_SPACE(sizeof(uint32_t))>, kBatch> control;

  Buffers() {
    for (size_t i = 0; i < kBatch; ++i) {
      iov[i] = {bytes[i].data(), bytes[i].size()};
      prepare(i);
    }
  }
  // The kernel writes into the sizes of what it fills.
  void prepare(size_t i) { messages[i].msg_hdr = {&from[i], sizeof from[i], &iov[i], 1, control[i].data(), control[i].size(), 0}; }
};

Result<std::unique_ptr<UdpSocket>> UdpSocket::open(const Endpoint& local, uint16_t index, const SocketBuffers& buffers) {
  auto failed = [&](const char* what) {
    return Error{ErrorKind::kUnavailable, "socket", std::string("cannot ") + what + " UDP " + local.str() + ": " + std::strerror(errno), {}};
  };
  const int fd = socket(local.ip.is_v6() ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return failed("open");
  std::unique_ptr<UdpSocket> made(new UdpSocket(fd, local, index));
  const int on = 1;
  if (local.ip.is_v6()) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
  set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, buffers.receive);
  set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, buffers.send);
  sockaddr_storage address{};
  const socklen_t size = to_sockaddr(local, address);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0) return failed("bind");
  sockaddr_storage bound{};
  socklen_t bound_size = sizeof bound;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &bound_size) == 0) made->local_ = from_sockaddr(bound);
  // A kernel that knows the option segments; whether the path below does is found when a run is refused.
  const int none = 0;
  made->has_gso_ = setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &none, sizeof none) == 0;
  return made;
}

UdpSocket::UdpSocket(int fd, Endpoint local, uint16_t index) : fd_(fd), local_(local), index_(index), buffers_(std::make_unique<Buffers>()) {}

UdpSocket::~UdpSocket() { close(fd_); }

size_t UdpSocket::receive(Counters& counters, const std::function<void(const Datagram&)>& handle) {
  Buffers& b = *buffers_;
  const int n = recvmmsg(fd_, b.messages.data(), kBatch, 0, nullptr);
  if (n <= 0) return 0;
  for (size_t i = 0; i < static_cast<size_t>(n); ++i) {
    msghdr& header = b.messages[i].msg_hdr;
    for (cmsghdr* c = CMSG_FIRSTHDR(&header); c; c = CMSG_NXTHDR(&header, c)) {
      if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_RXQ_OVFL) continue;
      uint32_t total = 0;
      std::memcpy(&total, CMSG_DATA(c), sizeof total);
      counters.add(Counter::kSocketOverflow, total - overflow_);
      overflow_ = total;
    }
    b.prepare(i);
    const size_t size = b.messages[i].msg_len;
    if (size > kMaxDatagram) {
      counters.drop(DropReason::kTooLong);
      continue;
    }
    handle({{index_, from_sockaddr(b.from[i])}, {b.bytes[i].data(), size}});
  }
  return static_cast<size_t>(n);
}

void UdpSocket::send(std::span<const TransmitSlot> slots, Counters& counters) {
  while (!slots.empty()) {
    // A run has one destination and one size; only its last datagram may be smaller.
    size_t n = 1, bytes = slots[0].size;
    while (has_gso_ && n < slots.size() && n < kMaxRun && slots[n].path.remote == slots[0].path.remote && slots[n].size != 0 &&
           slots[n].size <= slots[0].size && slots[n - 1].size == slots[0].size && bytes + slots[n].size <= kMaxRunBytes) {
      bytes += slots[n].size;
      ++n;
    }
    if (slots[0].size != 0) {
      const bool taken = send_run(slots.first(n), counters);
      // It may be this destination's fault alone, whose route has a smaller MTU or whose device does not segment: what goes
      // to it leaves one by one, and the others' runs stay.
      for (size_t i = 0; !taken && i < n; ++i) send_run(slots.subspan(i, 1), counters);
      if (n > 1) refused_runs_ = taken ? 0 : refused_runs_ + 1;
      if (refused_runs_ == kMaxRefusedRuns) has_gso_ = false;
    }
    slots = slots.subspan(n);
  }
}

bool UdpSocket::send_run(std::span<const TransmitSlot> run, Counters& counters) {
  sockaddr_storage to{};
  std::array<iovec, kMaxRun> iov;
  for (size_t i = 0; i < run.size(); ++i) iov[i] = {const_cast<uint8_t*>(run[i].bytes.data()), run[i].size};
  msghdr message{};
  message.msg_name = &to;
  message.msg_namelen = to_sockaddr(run[0].path.remote, to);
  message.msg_iov = iov.data();
  message.msg_iovlen = run.size();
  std::array<char, CMSG_SPACE(sizeof(uint16_t))> control{};
  if (run.size() > 1) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = IPPROTO_UDP;
    c->cmsg_type = UDP_SEGMENT;
    c->cmsg_len = CMSG_LEN(sizeof(uint16_t));
    std::memcpy(CMSG_DATA(c), &run[0].size, sizeof(uint16_t));
  }
  if (sendmsg(fd_, &message, 0) >= 0) return true;
  if (run.size() > 1 && (errno == EIO || errno == EINVAL || errno == EOPNOTSUPP)) return false;
  counters.drop(DropReason::kSendFailed, run.size());
  return true;
}

}  // namespace tutti::io
