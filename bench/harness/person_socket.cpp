#include "harness/person_socket.hpp"

#include <arpa/inet.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tutti/wire/rtp/header.hpp"

namespace tutti::bench {
namespace {

// As much as a second of a camera; the kernel counts about 2 KiB for a packet of 1,100 bytes.
constexpr int kReceiveBuffer = 2 << 20, kSendBuffer = 1 << 20;
// A header-only read: the fixed part of RTP.
constexpr size_t kHeaderOnly = 16;

sockaddr_in to_sockaddr(const Endpoint& endpoint) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  std::memcpy(&to.sin_addr, endpoint.ip.data(), sizeof(to.sin_addr));
  to.sin_port = htons(endpoint.port);
  return to;
}

// Beyond the limit for everybody if we may, else up to it.
void set_buffer(int fd, int forced, int plain, int bytes) {
  if (setsockopt(fd, SOL_SOCKET, forced, &bytes, sizeof(bytes)) != 0) {
    setsockopt(fd, SOL_SOCKET, plain, &bytes, sizeof(bytes));
  }
}

int64_t arrival_of(msghdr& message) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec at{};
    std::memcpy(&at, CMSG_DATA(c), sizeof(at));
    return int64_t{at.tv_sec} * 1'000'000'000 + at.tv_nsec;
  }
  return 0;
}

}  // namespace

ReceiveBatch::ReceiveBatch()
    : bytes_(kPackets * kSize), messages_(kPackets), parts_(kPackets), controls_(kPackets), arrivals_(kPackets) {
  for (size_t i = 0; i < kPackets; ++i) {
    parts_[i].iov_base = bytes_.data() + i * kSize;
    messages_[i].msg_hdr.msg_iov = &parts_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
  }
}

std::span<Arrival> ReceiveBatch::receive(int fd, bool whole, bool times) {
  for (size_t i = 0; i < kPackets; ++i) {
    parts_[i].iov_len = whole ? kSize : kHeaderOnly;
    messages_[i].msg_hdr.msg_control = times ? controls_[i].bytes.data() : nullptr;
    messages_[i].msg_hdr.msg_controllen = times ? controls_[i].bytes.size() : 0;
  }
  const int count = recvmmsg(fd, messages_.data(), kPackets, MSG_DONTWAIT | MSG_TRUNC, nullptr);
  if (count <= 0) return {};
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    Arrival& arrival = arrivals_[i];
    arrival.size = messages_[i].msg_len;
    arrival.bytes = std::span(bytes_).subspan(i * kSize, std::min<size_t>(arrival.size, parts_[i].iov_len));
    arrival.wall_ns = times ? arrival_of(messages_[i].msg_hdr) : 0;
    arrival.sampled = false;
  }
  return std::span(arrivals_).first(static_cast<size_t>(count));
}

PersonSocket::~PersonSocket() { close(); }

void PersonSocket::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Result<void> PersonSocket::open() {
  close();
  unsent_ = refused_ = 0;
  fd_ = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) {
    return Error{
        ErrorKind::kUnavailable, "no-socket", std::string("a socket cannot be had: ") + std::strerror(errno), {}};
  }
  const int one = 1;
  setsockopt(fd_, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one));
  set_buffer(fd_, SO_RCVBUFFORCE, SO_RCVBUF, kReceiveBuffer);
  set_buffer(fd_, SO_SNDBUFFORCE, SO_SNDBUF, kSendBuffer);
  sockaddr_in local = to_sockaddr({IpAddress::v4({127, 0, 0, 1}), 0});
  socklen_t size = sizeof(local);
  if (bind(fd_, reinterpret_cast<sockaddr*>(&local), size) != 0 ||
      getsockname(fd_, reinterpret_cast<sockaddr*>(&local), &size) != 0) {
    return Error{ErrorKind::kUnavailable, "no-port", std::string("no port is free: ") + std::strerror(errno), {}};
  }
  local_ = {IpAddress::v4({127, 0, 0, 1}), ntohs(local.sin_port)};
  return {};
}

void PersonSocket::connect(const Endpoint& server, bool other_source) {
  const sockaddr_in to = to_sockaddr(server);
  unconnected_to_.reset();
  if (other_source) {
    unconnected_to_ = to;
    return;
  }
  // Without it sends fail, and are counted as that.
  static_cast<void>(::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)));
}

uint64_t PersonSocket::drops() const {
  std::array<uint32_t, SK_MEMINFO_VARS> figures{};
  socklen_t size = sizeof(figures);
  if (fd_ < 0 || getsockopt(fd_, SOL_SOCKET, SO_MEMINFO, figures.data(), &size) != 0) return 0;
  return figures[SK_MEMINFO_DROPS] + unsent_;
}

int64_t PersonSocket::wall_ns() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void PersonSocket::send(std::span<const uint8_t> datagram) {
  const auto* to = unconnected_to_ ? reinterpret_cast<const sockaddr*>(&*unconnected_to_) : nullptr;
  const ssize_t sent =
      ::sendto(fd_, datagram.data(), datagram.size(), MSG_DONTWAIT, to, to != nullptr ? sizeof(*unconnected_to_) : 0);
  if (sent < 0) ++(errno == ECONNREFUSED ? refused_ : unsent_);
}

}  // namespace tutti::bench
