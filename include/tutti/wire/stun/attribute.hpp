// STUN attribute types and the small values that attributes carry. RFC 8489 §14, §18.3; the ICE ones are RFC 8445
// §16.1. Values; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tutti::stun {

// Any 16-bit value may arrive; these are the ones that we read or write.
enum class AttributeType : uint16_t {
  kUsername = 0x0006,
  kMessageIntegrity = 0x0008,
  kErrorCode = 0x0009,
  kUnknownAttributes = 0x000A,
  kRealm = 0x0014,
  kNonce = 0x0015,
  kMessageIntegritySha256 = 0x001C,
  kXorMappedAddress = 0x0020,
  kPriority = 0x0024,
  kUseCandidate = 0x0025,
  kSoftware = 0x8022,
  kFingerprint = 0x8028,
  kIceControlled = 0x8029,
  kIceControlling = 0x802A,
};

// RFC 8489 §14: a receiver must understand types below 0x8000, or refuse the message with 420.
constexpr bool is_comprehension_required(AttributeType type) { return static_cast<uint16_t>(type) < 0x8000; }

struct Attribute {
  AttributeType type{};
  std::span<const uint8_t> value;  // without header and padding; points into the message's bytes
};

struct ErrorCode {
  uint16_t code = 0;  // 300 to 699
  std::string_view reason;
  bool operator==(const ErrorCode&) const = default;
};

// At most as many types as a message may have attributes.
class AttributeTypes {
 public:
  static constexpr size_t kMax = 32;
  // False if it is full.
  constexpr bool push_back(AttributeType type) {
    if (size_ == kMax) return false;
    types_[size_++] = type;
    return true;
  }
  constexpr bool empty() const { return size_ == 0; }
  constexpr size_t size() const { return size_; }
  constexpr std::span<const AttributeType> view() const { return {types_.data(), size_}; }

 private:
  std::array<AttributeType, kMax> types_{};
  size_t size_ = 0;
};

}  // namespace tutti::stun
