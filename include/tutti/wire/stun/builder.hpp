// Builder writes one STUN message (RFC 8489 §5, §14) into a caller's span, attribute after attribute; the header's
// length is right after each. Integrity and fingerprint come last, in this order. No state beyond the one message; any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "tutti/base/byte_writer.hpp"
#include "tutti/base/endpoint.hpp"
#include "tutti/wire/stun/message.hpp"

namespace tutti::stun {

class Builder {
 public:
  // At most kMaxMessageSize bytes of `out` are used. `padding` fills up attributes to four bytes; RFC 8489 wants zeros,
  // the vectors of RFC 5769 have spaces.
  Builder(std::span<uint8_t> out, MessageClass message_class, uint16_t method, const TransactionId& id,
          uint8_t padding = 0) noexcept;

  void add(AttributeType type, std::span<const uint8_t> value) noexcept;
  void add_username(std::string_view username) noexcept;
  void add_software(std::string_view software) noexcept;
  void add_xor_mapped_address(const Endpoint& endpoint) noexcept;
  void add_priority(uint32_t priority) noexcept;
  void add_use_candidate() noexcept;
  void add_ice_controlled(uint64_t tie_breaker) noexcept;
  void add_ice_controlling(uint64_t tie_breaker) noexcept;
  void add_error_code(const ErrorCode& error) noexcept;
  void add_unknown_attributes(const AttributeTypes& types) noexcept;
  void add_message_integrity(std::span<const uint8_t> key) noexcept;
  void add_fingerprint() noexcept;

  // The message's size so far, 0 if it did not fit.
  size_t size() const noexcept { return out_.ok() ? out_.size() : 0; }
  // The message so far, empty if it did not fit.
  std::span<const uint8_t> message() const noexcept { return out_.written().first(size()); }

 private:
  void begin(AttributeType type, size_t size) noexcept;
  void end(size_t size) noexcept;
  void set_length(size_t message_size) noexcept;

  ByteWriter out_;
  TransactionId id_;
  uint8_t padding_;
};

}  // namespace tutti::stun
