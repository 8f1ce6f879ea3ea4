// SealBatch: a TransmitBatch under construction. Peers write headers into its slots and leave the payloads to be sealed;
// `seal` then encrypts all of them in one pass, from the shared packets straight into the slots. One worker; reused for ever.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "tutti/base/counters.hpp"
#include "tutti/base/datagram.hpp"
#include "tutti/peer/media_packet.hpp"
#include "tutti/proto/srtp/session.hpp"

namespace tutti::peer {

class SealBatch {
 public:
  // RTX's original sequence number and a codec descriptor.
  static constexpr size_t kMaxPrefix = 2 + payload::Vp8Descriptor::kMaxSize;

  SealBatch();
  TransmitBatch& datagrams() { return datagrams_; }
  bool full() const { return datagrams_.full(); }
  bool empty() const { return datagrams_.empty(); }

  // Commits the next slot, whose first `header_size` bytes are written, with a payload to be sealed. `prefix` is at most
  // kMaxPrefix bytes and is copied; `rest` points into `packet`, which is held until `seal`. `packet` may be empty if
  // `rest` is too, or is static.
  void add(const Path& path, srtp::Session* session, size_t header_size, std::span<const uint8_t> prefix,
           std::span<const uint8_t> rest, PacketRef packet);
  // The same where the prefix was written behind the header already, of whatever size: it is encrypted where it stands.
  void add_written(const Path& path, srtp::Session* session, size_t header_size, size_t prefix_size, std::span<const uint8_t> rest,
                   PacketRef packet);
  // Finishes every job; one that fails leaves a slot of size 0, which is not sent, and counts kSealFailed.
  void seal(srtp::Backend& backend, Counters& counters);
  // For the next round, after the datagrams were sent.
  void clear();

 private:
  void push(const Path& path, const srtp::SealJob& job, PacketRef packet);

  TransmitBatch datagrams_;
  std::vector<srtp::SealJob> jobs_;
  std::vector<size_t> slots_;  // of each job
  std::vector<std::array<uint8_t, kMaxPrefix>> prefixes_;
  std::vector<PacketRef> packets_;
};

}  // namespace tutti::peer
