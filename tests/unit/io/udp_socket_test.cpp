#include "tutti/io/udp_socket.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

#include "io/sockaddr.hpp"
#include "support/result_text.hpp"

namespace tutti::io {
namespace {

using Bytes = std::vector<uint8_t>;

std::unique_ptr<UdpSocket> open(const SocketBuffers& buffers = {}) {
  auto socket = UdpSocket::open(*Endpoint::parse("127.0.0.1:0"), 3, buffers);
  REQUIRE(socket);
  return std::move(*socket);
}

// Loopback delivers before the send returns.
std::vector<Bytes> received(UdpSocket& socket, Counters& counters) {
  std::vector<Bytes> all;
  while (socket.receive(counters, [&](const Datagram& d) { all.emplace_back(d.bytes.begin(), d.bytes.end()); }) > 0) {
  }
  return all;
}

// Datagrams of these sizes, each filled with its number.
std::vector<Bytes> numbered(const std::vector<size_t>& sizes) {
  std::vector<Bytes> all;
  for (size_t size : sizes) all.emplace_back(size, static_cast<uint8_t>(all.size() + 1));
  return all;
}

void put(TransmitBatch& batch, const Endpoint& to, const std::vector<Bytes>& datagrams) {
  for (const Bytes& d : datagrams) {
    std::copy(d.begin(), d.end(), batch.next().bytes.begin());
    batch.commit({0, to}, d.size());
  }
}

}  // namespace

TEST_CASE("runs of equal sizes arrive as the datagrams that they were made of", "[io][udp]") {
  const auto from = open(), to = open();
  std::vector<size_t> sizes(70, 1200);  // longer than one run
  sizes.insert(sizes.end(), {300, 300, 1200, 1200, 100, 1, 2, 1500});
  const auto sent = numbered(sizes);
  TransmitBatch batch;
  put(batch, to->local(), sent);
  Counters counters;
  from->send(batch.slots(), counters);
  CHECK(received(*to, counters) == sent);
  CHECK(counters.get(DropReason::kSendFailed) == 0);
}

TEST_CASE("each receiver gets its own, in order", "[io][udp]") {
  const auto from = open(), a = open(), b = open();
  const auto to_a = numbered({500, 500}), to_b = numbered({500, 400, 500});
  TransmitBatch batch;
  put(batch, a->local(), to_a);
  put(batch, b->local(), to_b);
  put(batch, a->local(), to_a);
  Counters counters;
  from->send(batch.slots(), counters);
  auto twice = to_a;
  twice.insert(twice.end(), to_a.begin(), to_a.end());
  CHECK(received(*a, counters) == twice);
  CHECK(received(*b, counters) == to_b);
}

TEST_CASE("where the kernel refuses a run its datagrams leave one by one", "[io][udp]") {
  const auto from = open(), to = open();
  // Without checksums there is no segmentation.
  const int on = 1;
  REQUIRE(setsockopt(from->fd(), SOL_SOCKET, SO_NO_CHECK, &on, sizeof on) == 0);
  const auto sent = numbered({900, 900, 900, 200, 900});
  Counters counters;
  for (int round = 0; round < 100; ++round) {
    TransmitBatch batch;
    put(batch, to->local(), sent);
    from->send(batch.slots(), counters);
    REQUIRE(received(*to, counters) == sent);
  }
  CHECK(counters.get(DropReason::kSendFailed) == 0);
}

TEST_CASE("a slot whose sealing failed is passed over, and a destination that cannot be is counted", "[io][udp]") {
  const auto from = open(), to = open();
  TransmitBatch batch;
  put(batch, to->local(), {{}, {1}, {}, {2}});
  put(batch, *Endpoint::parse("127.0.0.1:0"), {{9}});
  put(batch, to->local(), {{3}});
  Counters counters;
  from->send(batch.slots(), counters);
  CHECK(received(*to, counters) == std::vector<Bytes>{{1}, {2}, {3}});
  CHECK(counters.get(DropReason::kSendFailed) == 1);
}

TEST_CASE("what is received tells where it came from, and what is too long is dropped", "[io][udp]") {
  const auto from = open(), to = open();
  sockaddr_storage address{};
  const socklen_t size = to_sockaddr(to->local(), address);
  for (size_t length : {kMaxDatagram, kMaxDatagram + 1, size_t{9000}, size_t{1}}) {
    const Bytes bytes(length);
    REQUIRE(sendto(from->fd(), bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&address), size) == static_cast<ssize_t>(length));
  }
  Counters counters;
  std::vector<size_t> lengths;
  to->receive(counters, [&](const Datagram& d) {
    CHECK(d.path.local == 3);
    CHECK(d.path.remote == from->local());
    lengths.push_back(d.bytes.size());
  });
  CHECK(lengths == std::vector<size_t>{kMaxDatagram, 1});
  CHECK(counters.get(DropReason::kTooLong) == 2);
}

TEST_CASE("what the kernel threw away is counted", "[io][udp]") {
  const auto from = open(), to = open({.receive = 1, .send = 1 << 20});
  Counters counters;
  const auto sent = numbered(std::vector<size_t>(100, 1000));
  TransmitBatch batch;
  put(batch, to->local(), sent);
  from->send(batch.slots(), counters);
  const size_t arrived = received(*to, counters).size();
  REQUIRE(arrived < sent.size());
  // The count comes with the next datagram.
  batch.clear();
  put(batch, to->local(), {{1}});
  from->send(batch.slots(), counters);
  CHECK(received(*to, counters).size() == 1);
  CHECK(counters.get(Counter::kSocketOverflow) == sent.size() - arrived);
}

TEST_CASE("an address that is taken is an error that names it", "[io][udp]") {
  const auto first = open();
  const auto second = UdpSocket::open(first->local(), 0, {});
  REQUIRE_FALSE(second);
  CHECK(second.error().detail.find(first->local().str()) != std::string::npos);
}

}  // namespace tutti::io
