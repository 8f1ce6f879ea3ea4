#include "tutti/proto/ice/binding_service.hpp"

#include <algorithm>

#include "proto/ice/reply.hpp"

namespace tutti::ice {
namespace {

TimeDelta interval(const ReplyRate& rate) { return TimeDelta::micros(1'000'000 / std::max(1u, rate.per_second)); }

// When the bucket is full again after one more reply now; nothing if it has no token for it.
std::optional<Timestamp> take(Timestamp now, Timestamp full_at, const ReplyRate& rate) {
  if (rate.per_second == 0 || rate.burst == 0) return std::nullopt;
  const Timestamp next = std::max(full_at, now) + interval(rate);
  if (next - now > interval(rate) * rate.burst) return std::nullopt;
  return next;
}

// An IPv4 address or the first half of an IPv6 one. No /64 in use is below 2^32, so the two do not meet.
uint64_t source_key(const IpAddress& ip) {
  uint64_t key = 0;
  for (size_t i = 0; i < (ip.is_v6() ? 8u : 4u); ++i) key = key << 8 | ip.data()[i];
  return key;
}

uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

}  // namespace

StunResponder::StunResponder(Config config, Random& random)
    : config_(config), seed_(random.u64()), sets_(std::max<size_t>((config.max_sources + kWays - 1) / kWays, 1)) {}

BindingReply StunResponder::handle_binding(Timestamp now, const Endpoint& from, const stun::Message& message,
                                           std::span<uint8_t> out) {
  BindingReply reply;
  if (message.has_fingerprint() && !message.verify_fingerprint()) {
    reply.dropped = DropReason::kStunMalformed;
    return reply;
  }
  if (!message.is_binding_request()) {
    reply.dropped = DropReason::kStunIgnored;
    return reply;
  }
  // Whoever names a user wants a participant, not this service.
  if (message.has(stun::AttributeType::kUsername)) {
    reply.dropped = DropReason::kUnknownUfrag;
    return reply;
  }

  Source& source = find_or_evict(from.ip);
  const auto source_full_at = take(now, source.full_at, config_.per_source);
  const auto overall_full_at = take(now, overall_full_at_, config_.overall);
  if (!source_full_at || !overall_full_at) {
    reply.dropped = DropReason::kStunRateLimited;
    return reply;
  }
  source.full_at = *source_full_at;
  overall_full_at_ = *overall_full_at;

  if (message.not_understood().empty()) {
    reply.size = write_success(message, from, {}, out);
  } else {
    reply.error_code = kUnknownAttribute.code;
    reply.size = write_error(message, kUnknownAttribute, {}, out);
  }
  return reply;
}

// The source's entry. A new source takes that of its set whose bucket is the fullest, which loses the least.
StunResponder::Source& StunResponder::find_or_evict(const IpAddress& ip) {
  const uint64_t key = source_key(ip);
  Set& set = sets_[mix(mix(key ^ seed_) + seed_) % sets_.size()];
  const auto known = std::find_if(set.begin(), set.end(), [&](const Source& s) { return s.key == key; });
  if (known != set.end()) return *known;
  Source& evicted =
      *std::min_element(set.begin(), set.end(), [](const Source& a, const Source& b) { return a.full_at < b.full_at; });
  evicted = {key, Timestamp::long_ago()};
  return evicted;
}

}  // namespace tutti::ice
