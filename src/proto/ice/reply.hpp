// The replies to a STUN binding request, which LiteAgent and StunResponder share. Each returns the bytes written, 0 if
// `out` is too small. An empty key writes no MESSAGE-INTEGRITY. FINGERPRINT is there if the request was authenticated
// or had one itself, so that a stranger's small request gets a small reply. RFC 8489 §6.3.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "tutti/base/endpoint.hpp"
#include "tutti/wire/stun/message.hpp"

namespace tutti::ice {

inline constexpr stun::ErrorCode kBadRequest{400, "Bad Request"};
inline constexpr stun::ErrorCode kUnauthenticated{401, "Unauthorized"};
inline constexpr stun::ErrorCode kUnknownAttribute{420, "Unknown"};
inline constexpr stun::ErrorCode kRoleConflict{487, "Role Conflict"};

size_t write_success(const stun::Message& request, const Endpoint& from, std::string_view key, std::span<uint8_t> out);
// A 420 also lists what was not understood (§14.9).
size_t write_error(const stun::Message& request, const stun::ErrorCode& error, std::string_view key,
                   std::span<uint8_t> out);

}  // namespace tutti::ice
