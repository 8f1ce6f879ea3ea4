// A received STUN message (RFC 8489 §5, §14): parsed once, bounded, and then only read. It borrows the bytes that it
// was parsed from, which must outlive it. Whoever received the datagram owns both; no state, any thread. builder.hpp
// writes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "tutti/base/datagram.hpp"
#include "tutti/base/endpoint.hpp"
#include "tutti/wire/stun/attribute.hpp"

namespace tutti::stun {

constexpr uint32_t kMagicCookie = 0x2112A442;
constexpr size_t kHeaderSize = 20;
constexpr size_t kMaxMessageSize = kMaxDatagram;
constexpr size_t kIntegritySize = 20;   // HMAC-SHA1
constexpr size_t kFingerprintSize = 4;  // CRC-32
// Two ufrags of 256 characters (RFC 8839 §5.4) and a colon. Longer is malformed, wherever it would be copied to.
constexpr size_t kMaxUsernameSize = 513;
constexpr uint16_t kBindingMethod = 0x001;
// RFC 8489 §14.7: what the CRC-32 is combined with.
constexpr uint32_t kFingerprintXor = 0x5354554E;

enum class MessageClass : uint8_t { kRequest = 0, kIndication = 1, kSuccess = 2, kError = 3 };

using TransactionId = std::array<uint8_t, 12>;

class Message {
 public:
  static constexpr size_t kMaxAttributes = AttributeTypes::kMax;

  // Nothing if the header is wrong, the length is not exactly that of `bytes`, an attribute leaves the message or has a
  // size that its type does not allow, there are more than kMaxAttributes, or FINGERPRINT is not the last one.
  static std::optional<Message> parse(std::span<const uint8_t> bytes) noexcept;

  MessageClass message_class() const { return class_; }
  uint16_t method() const { return method_; }
  bool is_binding_request() const { return class_ == MessageClass::kRequest && method_ == kBindingMethod; }
  const TransactionId& transaction_id() const { return transaction_id_; }
  std::span<const uint8_t> bytes() const { return bytes_; }

  // Those that count: what stands between MESSAGE-INTEGRITY and FINGERPRINT is not protected and not here (§14.5).
  std::span<const Attribute> attributes() const { return {attributes_.data(), attribute_count_}; }
  // The value of the first attribute of this type.
  std::optional<std::span<const uint8_t>> find(AttributeType type) const noexcept;
  bool has(AttributeType type) const noexcept { return find(type).has_value(); }

  std::optional<std::string_view> username() const noexcept;
  std::optional<std::string_view> software() const noexcept;
  std::optional<Endpoint> xor_mapped_address() const noexcept;
  std::optional<uint32_t> priority() const noexcept;
  bool use_candidate() const noexcept { return has(AttributeType::kUseCandidate); }
  // The tie-breakers of RFC 8445 §16.1.
  std::optional<uint64_t> ice_controlled() const noexcept;
  std::optional<uint64_t> ice_controlling() const noexcept;
  std::optional<ErrorCode> error_code() const noexcept;
  // What the sender of a 420 did not understand.
  AttributeTypes unknown_attributes() const noexcept;
  // The comprehension-required attributes of this message that we do not know; a request with any is answered with 420.
  AttributeTypes not_understood() const noexcept;

  bool has_integrity() const { return integrity_at_ != 0; }
  // False also if MESSAGE-INTEGRITY is absent. `key`: the password (short-term) or MD5(user:realm:password)
  // (long-term).
  bool verify_integrity(std::span<const uint8_t> key) const noexcept;
  bool has_fingerprint() const { return fingerprint_at_ != 0; }
  // False also if FINGERPRINT is absent.
  bool verify_fingerprint() const noexcept;

 private:
  std::optional<uint64_t> number(AttributeType type) const noexcept;

  std::span<const uint8_t> bytes_;
  MessageClass class_ = MessageClass::kRequest;
  uint16_t method_ = 0;
  TransactionId transaction_id_{};
  std::array<Attribute, kMaxAttributes> attributes_;
  size_t attribute_count_ = 0;
  // Offsets of the attributes' headers in bytes_; 0 if absent.
  size_t integrity_at_ = 0;
  size_t fingerprint_at_ = 0;
};

}  // namespace tutti::stun
