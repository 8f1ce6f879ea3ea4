#include "proto/ice/reply.hpp"

#include "tutti/base/crypto.hpp"
#include "tutti/wire/stun/builder.hpp"

namespace tutti::ice {
namespace {

size_t finish(const stun::Message& request, std::string_view key, stun::Builder& reply) {
  if (!key.empty()) reply.add_message_integrity(as_bytes(key));
  if (!key.empty() || request.has_fingerprint()) reply.add_fingerprint();
  return reply.size();
}

}  // namespace

size_t write_success(const stun::Message& request, const Endpoint& from, std::string_view key, std::span<uint8_t> out) {
  stun::Builder reply(out, stun::MessageClass::kSuccess, request.method(), request.transaction_id());
  reply.add_xor_mapped_address(from);
  return finish(request, key, reply);
}

size_t write_error(const stun::Message& request, const stun::ErrorCode& error, std::string_view key,
                   std::span<uint8_t> out) {
  stun::Builder reply(out, stun::MessageClass::kError, request.method(), request.transaction_id());
  reply.add_error_code(error);
  if (error.code == kUnknownAttribute.code) reply.add_unknown_attributes(request.not_understood());
  return finish(request, key, reply);
}

}  // namespace tutti::ice
