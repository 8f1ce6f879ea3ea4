// UdpSocket: one local address of a worker: non-blocking receives of a batch, and sends that join what goes to one receiver
// into runs for UDP GSO. Owned by a Worker, on its thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "tutti/base/counters.hpp"
#include "tutti/base/datagram.hpp"
#include "tutti/base/endpoint.hpp"
#include "tutti/base/result.hpp"

namespace tutti::io {

struct SocketBuffers {
  size_t receive = 4 << 20;
  size_t send = 4 << 20;
};

class UdpSocket {
 public:
  // Datagrams read by one call.
  static constexpr size_t kBatch = 64;

  // Bound to `local` (an IPv6 socket takes no IPv4; port 0: the kernel chooses). `index` stands in the paths of what it
  // receives.
  static Result<std::unique_ptr<UdpSocket>> open(const Endpoint& local, uint16_t index, const SocketBuffers& buffers);
  ~UdpSocket();
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;

  int fd() const { return fd_; }
  // Where it is bound.
  const Endpoint& local() const { return local_; }

  // Reads at most kBatch datagrams and hands each to `handle`. Returns how many; fewer than kBatch means that it is dry.
  size_t receive(Counters& counters, const std::function<void(const Datagram&)>& handle);
  // Sends these slots, all of this socket, in order. What the kernel refuses is counted as kSendFailed and not repeated.
  void send(std::span<const TransmitSlot> slots, Counters& counters);

 private:
  struct Buffers;
  UdpSocket(int fd, Endpoint local, uint16_t index);
  // False, and nothing sent, if the kernel takes no run like this.
  bool send_run(std::span<const TransmitSlot> run, Counters& counters);

  int fd_;
  Endpoint local_;
  uint16_t index_;
  bool has_gso_ = false;
  uint32_t refused_runs_ = 0;  // since one was taken
  uint32_t overflow_ = 0;  // SO_RXQ_OVFL's running count
  std::unique_ptr<Buffers> buffers_;
};

}  // namespace tutti::io
