// Datagrams at the edge between `io` and the core: what came in (Datagram), and the batch in which what goes out is
// written in place (TransmitBatch). One worker's thread; the batch is reused for ever.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "tutti/base/endpoint.hpp"

namespace tutti {

// Room for an IPv6 packet of an Ethernet link; what is larger is not sent and not received.
constexpr size_t kMaxDatagram = 1500;

// Bytes are the receiver's to change (decryption works in place) until the call returns.
struct Datagram {
  Path path;
  std::span<uint8_t> bytes;
};

struct TransmitSlot {
  Path path;
  uint16_t size = 0;
  std::array<uint8_t, kMaxDatagram> bytes;
};

// A bounded run of outgoing datagrams, in order. `next` gives the slot to write; `commit` keeps it.
class TransmitBatch {
 public:
  static constexpr size_t kCapacity = 256;
  TransmitBatch() : slots_(std::make_unique<TransmitSlot[]>(kCapacity)) {}

  bool full() const { return size_ == kCapacity; }
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  size_t free() const { return kCapacity - size_; }
  void clear() { size_ = 0; }
  // The slot after the last committed one. Only while !full().
  TransmitSlot& next() { return slots_[size_]; }
  void commit(const Path& path, size_t size) {
    slots_[size_].path = path;
    slots_[size_].size = static_cast<uint16_t>(size);
    ++size_;
  }
  std::span<TransmitSlot> slots() { return {slots_.get(), size_}; }
  std::span<const TransmitSlot> slots() const { return {slots_.get(), size_}; }

 private:
  std::unique_ptr<TransmitSlot[]> slots_;
  size_t size_ = 0;
};

}  // namespace tutti
