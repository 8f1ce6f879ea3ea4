#include <catch2/catch.hpp>
#include <vector>

#include "proto/dtls/datagram_bio.hpp"

using tutti::dtls::DatagramPipe;

namespace {
std::vector<size_t> drain(DatagramPipe& pipe, size_t room = 1'500) {
  std::vector<uint8_t> out(room);
  std::vector<size_t> sizes;
  while (const size_t n = pipe.pop_output(out)) sizes.push_back(n);
  return sizes;
}
}  // namespace

TEST_CASE("writes share a datagram while they fit it", "[dtls][datagram_pipe]") {
  DatagramPipe pipe(300);
  for (size_t size : {100u, 200u, 1u, 299u, 300u}) pipe.push_output(std::vector<uint8_t>(size));
  CHECK(drain(pipe) == std::vector<size_t>{300, 300, 300});
  pipe.push_output(std::vector<uint8_t>(10));
  CHECK(drain(pipe) == std::vector<size_t>{10});
}

TEST_CASE("bytes keep their order across writes", "[dtls][datagram_pipe]") {
  DatagramPipe pipe(4);
  pipe.push_output(std::vector<uint8_t>{1, 2});
  pipe.push_output(std::vector<uint8_t>{3, 4});
  pipe.push_output(std::vector<uint8_t>{5});
  std::vector<uint8_t> out(4);
  REQUIRE(pipe.pop_output(out) == 4);
  CHECK(out == std::vector<uint8_t>{1, 2, 3, 4});
  REQUIRE(pipe.pop_output(out) == 1);
  CHECK(out[0] == 5);
}

TEST_CASE("output that nobody takes is bounded", "[dtls][datagram_pipe]") {
  DatagramPipe pipe(300);
  for (int i = 0; i < 1'000; ++i) pipe.push_output(std::vector<uint8_t>(300));
  CHECK(drain(pipe).size() == DatagramPipe::kMaxQueued);
}

TEST_CASE("a datagram that does not fit its place is lost, not cut", "[dtls][datagram_pipe]") {
  DatagramPipe pipe(300);
  pipe.push_output(std::vector<uint8_t>(300));
  pipe.push_output(std::vector<uint8_t>(200));
  CHECK(drain(pipe, 250) == std::vector<size_t>{200});
}

TEST_CASE("input is taken once and whole", "[dtls][datagram_pipe]") {
  DatagramPipe pipe(300);
  const std::vector<uint8_t> datagram(20, 7);
  pipe.set_input(datagram);
  CHECK(pipe.take_input().size() == 20);
  CHECK(pipe.take_input().empty());
}
