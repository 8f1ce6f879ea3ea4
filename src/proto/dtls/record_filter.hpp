// RecordFilter: decides which records of a datagram OpenSSL gets to see (RFC 6347 §4.1 has their header). Until the
// keys are there nothing on the wire is authentic, and OpenSSL is generous: it lets a forged close_notify end a
// handshake, a stray message fail one that has not begun, and keeps a hundred records of the next epoch at 16 KiB each.
// Owned by a Transport.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "tutti/base/datagram.hpp"
#include "tutti/base/drop_reason.hpp"

namespace tutti::dtls {

enum class FilterStage : uint8_t {
  kAwaitingClientHello,  // a server before its handshake: nothing but a ClientHello begins one
  kHandshake,    // plaintext handshake, change_cipher_spec and fatal alerts; a few records of epoch 1, which overtook
  kEstablished,  // epoch 1 only: what is plaintext is forged, or the peer has begun anew
};

class RecordFilter {
 public:
  // Records of epoch 1 that one handshake may show before it is done. A Finished each time the peer's timer fires, and
  // some for duplicates on the way.
  static constexpr size_t kMaxEarlyRecords = 16;

  using Buffer = std::array<uint8_t, kMaxDatagram>;
  struct Result {
    std::span<const uint8_t> admitted;      // within `buffer`; empty if there is nothing to handle
    std::optional<DropReason> drop_reason;  // why something was left out
  };
  Result filter(std::span<const uint8_t> datagram, FilterStage stage, Buffer& buffer);

 private:
  bool admits(std::span<const uint8_t> record, FilterStage stage);

  size_t early_records_ = 0;
};

}  // namespace tutti::dtls
