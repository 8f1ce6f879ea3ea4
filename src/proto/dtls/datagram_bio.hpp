// DatagramPipe: what OpenSSL reads from and writes to instead of a socket. Input is the one datagram being handled.
// Output is a bounded queue of datagrams: each write begins one, or goes along with the one before it if both fit the
// path's MTU (a memory BIO would run everything together). OpenSSL repeats a flight message by message; as one datagram
// it is lost as seldom as when it was first sent. Owned by a Transport, on its thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "tutti/proto/dtls/openssl_ptr.hpp"

struct bio_st;

namespace tutti::dtls {

class DatagramPipe {
 public:
  // Our largest flight is a handful of datagrams; what does not fit is lost as on the wire, and sent again by the
  // timer.
  static constexpr size_t kMaxQueued = 32;

  explicit DatagramPipe(size_t max_datagram) : max_datagram_(max_datagram) {}

  // The bytes must stay until the SSL call that reads them returns. An unread rest is discarded.
  void set_input(std::span<const uint8_t> datagram) { input_ = datagram; }
  // Moves out the datagram: everything at once, and nothing until the next set_input.
  std::span<const uint8_t> take_input();
  // `records` are whole DTLS records.
  void push_output(std::span<const uint8_t> records);
  // Copies the oldest datagram to `out` and forgets it; 0 if there is none. One that is larger than `out` is lost.
  size_t pop_output(std::span<uint8_t> out);

 private:
  size_t max_datagram_;
  std::span<const uint8_t> input_;
  std::deque<std::vector<uint8_t>> output_;
};

// The BIO type; one for each Context, which owns it. Throws std::runtime_error if OpenSSL has no memory.
OpenSslPtr<bio_method_st> make_bio_method();
// A BIO over `pipe`, which must outlive it. nullptr if OpenSSL has no memory.
bio_st* make_bio(const bio_method_st* method, DatagramPipe& pipe);

}  // namespace tutti::dtls
