#include "proto/dtls/datagram_bio.hpp"

#include <openssl/bio.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace tutti::dtls {

std::span<const uint8_t> DatagramPipe::take_input() { return std::exchange(input_, {}); }

void DatagramPipe::push_output(std::span<const uint8_t> records) {
  // RFC 6347 §4.1.1: "Multiple DTLS records may be placed in a single datagram."
  if (!output_.empty() && output_.back().size() + records.size() <= max_datagram_) {
    output_.back().insert(output_.back().end(), records.begin(), records.end());
  } else if (output_.size() < kMaxQueued) {
    output_.emplace_back(records.begin(), records.end());
  }
}

size_t DatagramPipe::pop_output(std::span<uint8_t> out) {
  while (!output_.empty()) {
    const auto datagram = std::move(output_.front());
    output_.pop_front();
    if (datagram.size() > out.size()) continue;
    std::copy(datagram.begin(), datagram.end(), out.begin());
    return datagram.size();
  }
  return 0;
}

namespace {

DatagramPipe& pipe_of(BIO* bio) { return *static_cast<DatagramPipe*>(BIO_get_data(bio)); }

int read_datagram(BIO* bio, char* out, int size) noexcept {
  BIO_clear_retry_flags(bio);
  const auto datagram = pipe_of(bio).take_input();
  if (datagram.empty() || size <= 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const size_t n = std::min(datagram.size(), static_cast<size_t>(size));
  std::copy_n(datagram.begin(), n, reinterpret_cast<uint8_t*>(out));
  return static_cast<int>(n);
}

int write_datagram(BIO* bio, const char* bytes, int size) noexcept {
  BIO_clear_retry_flags(bio);
  if (size > 0) pipe_of(bio).push_output({reinterpret_cast<const uint8_t*>(bytes), static_cast<size_t>(size)});
  return size;
}

long control(BIO*, int command, long, void*) noexcept {
  // Overhead of the link below us is 0: the MTU we set counts UDP payload. There is no socket that could have a timer.
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int create(BIO* bio) noexcept {
  BIO_set_init(bio, 1);
  return 1;
}

}  // namespace

OpenSslPtr<bio_method_st> make_bio_method() {
  OpenSslPtr<bio_method_st> method(BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "tutti datagrams"));
  if (!method || !BIO_meth_set_read(method.get(), read_datagram) || !BIO_meth_set_write(method.get(), write_datagram) ||
      !BIO_meth_set_ctrl(method.get(), control) || !BIO_meth_set_create(method.get(), create)) {
    throw std::runtime_error("dtls: no BIO method");
  }
  return method;
}

bio_st* make_bio(const bio_method_st* method, DatagramPipe& pipe) {
  BIO* bio = BIO_new(method);
  if (bio) BIO_set_data(bio, &pipe);
  return bio;
}

}  // namespace tutti::dtls
