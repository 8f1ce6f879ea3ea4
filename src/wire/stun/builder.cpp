#include "tutti/wire/stun/builder.hpp"

#include <algorithm>

#include "tutti/base/crypto.hpp"

namespace tutti::stun {
namespace {

// RFC 8489 §5: the class's two bits stand within the method's twelve (message.cpp has the picture).
constexpr uint16_t type_of(MessageClass message_class, uint16_t method) {
  const unsigned c = static_cast<unsigned>(message_class), m = method;
  return static_cast<uint16_t>((m & 0x00F) | (m & 0x070) << 1 | (m & 0xF80) << 2 | (c & 1) << 4 | (c & 2) << 7);
}

}  // namespace

Builder::Builder(std::span<uint8_t> out, MessageClass message_class, uint16_t method, const TransactionId& id,
                 uint8_t padding) noexcept
    : out_(out.first(std::min(out.size(), kMaxMessageSize))), id_(id), padding_(padding) {
  out_.u16(type_of(message_class, method));
  out_.u16(0);
  out_.u32(kMagicCookie);
  out_.bytes(id_);
}

void Builder::add(AttributeType type, std::span<const uint8_t> value) noexcept {
  begin(type, value.size());
  out_.bytes(value);
  end(value.size());
}

void Builder::add_username(std::string_view username) noexcept { add(AttributeType::kUsername, as_bytes(username)); }
void Builder::add_software(std::string_view software) noexcept { add(AttributeType::kSoftware, as_bytes(software)); }

void Builder::add_xor_mapped_address(const Endpoint& endpoint) noexcept {
  // RFC 8489 §14.2: the port is combined with the cookie's first half, the address with the cookie and transaction id.
  const size_t size = 4 + endpoint.ip.size();
  begin(AttributeType::kXorMappedAddress, size);
  out_.u8(0);
  out_.u8(endpoint.ip.is_v6() ? 2 : 1);
  out_.u16(static_cast<uint16_t>(endpoint.port ^ (kMagicCookie >> 16)));
  for (size_t i = 0; i < endpoint.ip.size(); ++i) {
    const auto mask = i < 4 ? static_cast<uint8_t>(kMagicCookie >> (24 - 8 * i)) : id_[i - 4];
    out_.u8(endpoint.ip.data()[i] ^ mask);
  }
  end(size);
}

void Builder::add_priority(uint32_t priority) noexcept {
  begin(AttributeType::kPriority, 4);
  out_.u32(priority);
  end(4);
}

void Builder::add_use_candidate() noexcept { add(AttributeType::kUseCandidate, {}); }

void Builder::add_ice_controlled(uint64_t tie_breaker) noexcept {
  begin(AttributeType::kIceControlled, 8);
  out_.u64(tie_breaker);
  end(8);
}

void Builder::add_ice_controlling(uint64_t tie_breaker) noexcept {
  begin(AttributeType::kIceControlling, 8);
  out_.u64(tie_breaker);
  end(8);
}

void Builder::add_error_code(const ErrorCode& error) noexcept {
  const size_t size = 4 + error.reason.size();
  begin(AttributeType::kErrorCode, size);
  out_.u16(0);
  out_.u8(static_cast<uint8_t>(error.code / 100));
  out_.u8(static_cast<uint8_t>(error.code % 100));
  out_.bytes(as_bytes(error.reason));
  end(size);
}

void Builder::add_unknown_attributes(const AttributeTypes& types) noexcept {
  const size_t size = 2 * types.size();
  begin(AttributeType::kUnknownAttributes, size);
  for (AttributeType type : types.view()) out_.u16(static_cast<uint16_t>(type));
  end(size);
}

void Builder::add_message_integrity(std::span<const uint8_t> key) noexcept {
  // RFC 8489 §14.5: the length covers this attribute before its value is computed.
  set_length(out_.size() + 4 + kIntegritySize);
  const auto digest = hmac_sha1(key, out_.written());
  add(AttributeType::kMessageIntegrity, digest);
}

void Builder::add_fingerprint() noexcept {
  set_length(out_.size() + 4 + kFingerprintSize);
  const uint32_t crc = crc32(out_.written()) ^ kFingerprintXor;
  begin(AttributeType::kFingerprint, kFingerprintSize);
  out_.u32(crc);
  end(kFingerprintSize);
}

void Builder::begin(AttributeType type, size_t size) noexcept {
  out_.u16(static_cast<uint16_t>(type));
  out_.u16(static_cast<uint16_t>(size));
}

void Builder::end(size_t size) noexcept {
  for (; size % 4 != 0; ++size) out_.u8(padding_);
  set_length(out_.size());
}

void Builder::set_length(size_t message_size) noexcept {
  out_.patch_u16(2, static_cast<uint16_t>(message_size - kHeaderSize));
}

}  // namespace tutti::stun
