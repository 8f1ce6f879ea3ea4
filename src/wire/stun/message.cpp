#include "tutti/wire/stun/message.hpp"

#include <algorithm>

#include "tutti/base/byte_reader.hpp"
#include "tutti/base/crypto.hpp"

namespace tutti::stun {
namespace {

constexpr uint8_t kFamilyV4 = 1, kFamilyV6 = 2;

// Whether a value of this size can be read as its type says. Types that we do not know may have any size.
bool size_is_allowed(AttributeType type, size_t size) {
  switch (type) {
    case AttributeType::kUsername:
      return size <= kMaxUsernameSize;
    case AttributeType::kMessageIntegrity:
      return size == kIntegritySize;
    case AttributeType::kFingerprint:
    case AttributeType::kPriority:
      return size == 4;
    case AttributeType::kIceControlled:
    case AttributeType::kIceControlling:
      return size == 8;
    case AttributeType::kUseCandidate:
      return size == 0;
    case AttributeType::kXorMappedAddress:
      return size == 8 || size == 20;
    case AttributeType::kErrorCode:
      return size >= 4;
    case AttributeType::kUnknownAttributes:
      return size % 2 == 0;
    case AttributeType::kRealm:
    case AttributeType::kNonce:
    case AttributeType::kMessageIntegritySha256:
    case AttributeType::kSoftware:
      return true;
  }
  return true;
}

bool is_understood(AttributeType type) {
  switch (type) {
    case AttributeType::kUsername:
    case AttributeType::kMessageIntegrity:
    case AttributeType::kFingerprint:
    case AttributeType::kPriority:
    case AttributeType::kIceControlled:
    case AttributeType::kIceControlling:
    case AttributeType::kUseCandidate:
    case AttributeType::kXorMappedAddress:
    case AttributeType::kErrorCode:
    case AttributeType::kUnknownAttributes:
    case AttributeType::kRealm:
    case AttributeType::kNonce:
    case AttributeType::kMessageIntegritySha256:
    case AttributeType::kSoftware:
      return true;
  }
  return false;
}

// RFC 8489 §5: the class's two bits stand within the method's twelve.
//    2  3  4  5 6 7  8  9 10 11 12 13 14 15
//   M11 M10 M9 M8 M7 C1 M6 M5 M4 C0 M3 M2 M1 M0
constexpr MessageClass class_of(uint16_t type) { return static_cast<MessageClass>((type >> 7 & 2) | (type >> 4 & 1)); }
constexpr uint16_t method_of(uint16_t type) {
  return static_cast<uint16_t>((type & 0x000F) | (type & 0x00E0) >> 1 | (type & 0x3E00) >> 2);
}

}  // namespace

std::optional<Message> Message::parse(std::span<const uint8_t> bytes) noexcept {
  // RFC 8489 §5
  //  |0 0|     STUN Message Type     |         Message Length        |
  //  |                         Magic Cookie                          |
  //  |                     Transaction ID (96 bits)                  |
  if (bytes.size() < kHeaderSize || bytes.size() > kMaxMessageSize) return std::nullopt;
  ByteReader in(bytes);
  const uint16_t type = in.u16();
  const size_t length = in.u16();
  if (type >> 14 != 0 || in.u32() != kMagicCookie) return std::nullopt;
  if (length % 4 != 0 || length != bytes.size() - kHeaderSize) return std::nullopt;

  Message m;
  m.bytes_ = bytes;
  m.class_ = class_of(type);
  m.method_ = method_of(type);
  const auto id = in.bytes(m.transaction_id_.size());
  std::copy(id.begin(), id.end(), m.transaction_id_.begin());

  for (size_t count = 0; !in.at_end(); ++count) {
    // "The FINGERPRINT attribute MUST be the last attribute in the message" (§14.7)
    if (count == kMaxAttributes || m.fingerprint_at_ != 0) return std::nullopt;
    const size_t at = in.position();
    const auto attribute = static_cast<AttributeType>(in.u16());
    const size_t size = in.u16();
    const auto value = in.bytes(size);
    in.skip((4 - size % 4) % 4);
    if (!in.ok() || !size_is_allowed(attribute, size)) return std::nullopt;

    if (attribute == AttributeType::kFingerprint) {
      m.fingerprint_at_ = at;
    } else if (m.integrity_at_ != 0) {
      continue;  // "agents MUST ignore all other attributes that follow MESSAGE-INTEGRITY" (§14.5)
    } else if (attribute == AttributeType::kMessageIntegrity) {
      m.integrity_at_ = at;
    }
    m.attributes_[m.attribute_count_++] = {attribute, value};
  }
  return m;
}

std::optional<std::span<const uint8_t>> Message::find(AttributeType type) const noexcept {
  for (const Attribute& a : attributes()) {
    if (a.type == type) return a.value;
  }
  return std::nullopt;
}

std::optional<std::string_view> Message::username() const noexcept {
  const auto value = find(AttributeType::kUsername);
  return value ? std::optional(as_text(*value)) : std::nullopt;
}

std::optional<std::string_view> Message::software() const noexcept {
  const auto value = find(AttributeType::kSoftware);
  return value ? std::optional(as_text(*value)) : std::nullopt;
}

std::optional<Endpoint> Message::xor_mapped_address() const noexcept {
  // RFC 8489 §14.2
  //  |0 0 0 0 0 0 0 0|    Family     |         X-Port                |
  //  |                X-Address (32 or 128 bits)                     |
  const auto value = find(AttributeType::kXorMappedAddress);
  if (!value) return std::nullopt;
  ByteReader in(*value);
  in.skip(1);
  const uint8_t family = in.u8();
  Endpoint endpoint;
  endpoint.port = static_cast<uint16_t>(in.u16() ^ (kMagicCookie >> 16));
  // The address is combined with the cookie and the transaction id as they stand in the header.
  const auto mask = bytes_.subspan(4, 16);
  const auto read_address = [&](auto& address) {
    const auto raw = in.bytes(address.size());
    for (size_t i = 0; i < raw.size(); ++i) address[i] = raw[i] ^ mask[i];
    return in.ok() && in.at_end();
  };
  if (family == kFamilyV4) {
    std::array<uint8_t, 4> address{};
    if (!read_address(address)) return std::nullopt;
    endpoint.ip = IpAddress::v4(address);
  } else if (family == kFamilyV6) {
    std::array<uint8_t, 16> address{};
    if (!read_address(address)) return std::nullopt;
    endpoint.ip = IpAddress::v6(address);
  } else {
    return std::nullopt;
  }
  return endpoint;
}

std::optional<uint32_t> Message::priority() const noexcept {
  const auto value = number(AttributeType::kPriority);
  return value ? std::optional(static_cast<uint32_t>(*value)) : std::nullopt;
}
std::optional<uint64_t> Message::ice_controlled() const noexcept { return number(AttributeType::kIceControlled); }
std::optional<uint64_t> Message::ice_controlling() const noexcept { return number(AttributeType::kIceControlling); }

std::optional<ErrorCode> Message::error_code() const noexcept {
  // RFC 8489 §14.8
  //  |           Reserved, should be 0         |Class|     Number    |
  //  |      Reason Phrase (variable)                                ..
  const auto value = find(AttributeType::kErrorCode);
  if (!value) return std::nullopt;
  ByteReader in(*value);
  in.skip(2);
  const unsigned hundreds = in.u8() & 7u, number = in.u8();
  if (hundreds < 3 || hundreds > 6 || number > 99) return std::nullopt;
  return ErrorCode{static_cast<uint16_t>(hundreds * 100 + number), as_text(in.rest())};
}

AttributeTypes Message::unknown_attributes() const noexcept {
  AttributeTypes types;
  ByteReader in(find(AttributeType::kUnknownAttributes).value_or(std::span<const uint8_t>{}));
  while (!in.at_end() && types.push_back(static_cast<AttributeType>(in.u16()))) {
  }
  return types;
}

AttributeTypes Message::not_understood() const noexcept {
  AttributeTypes types;
  for (const Attribute& a : attributes()) {
    if (is_comprehension_required(a.type) && !is_understood(a.type)) types.push_back(a.type);
  }
  return types;
}

bool Message::verify_integrity(std::span<const uint8_t> key) const noexcept {
  if (!has_integrity()) return false;
  // RFC 8489 §14.5: the HMAC covers what precedes the attribute, with a header length that ends with the attribute. So
  // a FINGERPRINT behind it, which the sender added later, does not count.
  std::array<uint8_t, kMaxMessageSize> text;
  std::copy_n(bytes_.begin(), integrity_at_, text.begin());
  const size_t length = integrity_at_ + 4 + kIntegritySize - kHeaderSize;
  text[2] = static_cast<uint8_t>(length >> 8);
  text[3] = static_cast<uint8_t>(length);
  const auto expected = hmac_sha1(key, std::span<const uint8_t>(text).first(integrity_at_));
  return equal_constant_time(expected, bytes_.subspan(integrity_at_ + 4, kIntegritySize));
}

bool Message::verify_fingerprint() const noexcept {
  if (!has_fingerprint()) return false;
  // It is the last attribute, so the header's length is already the one that the CRC covers.
  ByteReader in(bytes_.subspan(fingerprint_at_ + 4));
  return in.u32() == (crc32(bytes_.first(fingerprint_at_)) ^ kFingerprintXor);
}

std::optional<uint64_t> Message::number(AttributeType type) const noexcept {
  const auto value = find(type);
  if (!value) return std::nullopt;
  ByteReader in(*value);
  return value->size() == 8 ? in.u64() : in.u32();
}

}  // namespace tutti::stun
