// PersonSocket: the UDP socket of one person, on loopback, connected once the server's address is known; and
// ReceiveBatch, the buffers that all sockets of a thread read into. Packets are read in batches, without UDP_GRO: on
// loopback it would spare the server what a network does not.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "harness/wire.hpp"
#include "tutti/base/endpoint.hpp"
#include "tutti/base/result.hpp"

namespace tutti::bench {

class ReceiveBatch {
 public:
  static constexpr size_t kPackets = 64;
  ReceiveBatch();
  // What arrived, at most kPackets; empty if nothing is there. Valid until the next call. `whole`: else only what an
  // RTP header needs, which spares reading what another core wrote. `times`: with the kernel's times of arrival.
  std::span<Arrival> receive(int fd, bool whole, bool times);

 private:
  static constexpr size_t kSize = 2'048;
  struct alignas(cmsghdr) Control {
    std::array<char, CMSG_SPACE(sizeof(timespec))> bytes;
  };
  std::vector<uint8_t> bytes_;
  std::vector<mmsghdr> messages_;
  std::vector<iovec> parts_;
  std::vector<Control> controls_;
  std::vector<Arrival> arrivals_;
};

class PersonSocket final : public Wire {
 public:
  PersonSocket() = default;
  ~PersonSocket() override;
  PersonSocket(const PersonSocket&) = delete;
  PersonSocket& operator=(const PersonSocket&) = delete;

  // Opens, or opens anew on another port. Fails if there are no more descriptors or ports.
  [[nodiscard]] Result<void> open();
  void close();
  // `other_source`: takes what comes from elsewhere, too.
  void connect(const Endpoint& server, bool other_source);
  int fd() const { return fd_; }
  const Endpoint& local() const { return local_; }
  // Packets that the kernel threw away because they were not read in time, and that it did not take to send, since it
  // was opened.
  uint64_t drops() const;
  // Sends that failed since nobody listens there any more: the server's doing.
  uint64_t refused() const { return refused_; }

  int64_t wall_ns() override;
  void send(std::span<const uint8_t> datagram) override;

 private:
  int fd_ = -1;
  Endpoint local_;
  uint64_t unsent_ = 0, refused_ = 0;
  std::optional<sockaddr_in> unconnected_to_;
};

}  // namespace tutti::bench
