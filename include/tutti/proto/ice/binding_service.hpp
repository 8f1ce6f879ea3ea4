// StunResponder: the plain STUN service (RFC 8489 §12 without credentials) that each worker's port offers besides
// media. It tells a stranger its own address and changes nothing else. Since a source can be forged, replies are
// limited for each source and in all, and are no larger than needed. Owned by a Worker, on its thread; the memory is
// fixed at construction.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tutti/base/drop_reason.hpp"
#include "tutti/base/endpoint.hpp"
#include "tutti/base/random.hpp"
#include "tutti/base/units.hpp"
#include "tutti/wire/stun/message.hpp"

namespace tutti::ice {

// Replies for each second, and how many may leave at once after a pause. A rate of 0 answers nobody.
struct ReplyRate {
  uint32_t per_second = 0;
  uint32_t burst = 1;
};

struct StunResponderConfig {
  // A source is an IPv4 address or an IPv6 /64, which is what one host commands.
  ReplyRate per_source{10, 20};
  ReplyRate overall{2000, 4000};
  // Sources that are told apart at a time (rounded up to a multiple of 4); 16 bytes each.
  size_t max_sources = 4096;
};

struct BindingReply {
  size_t size = 0;                    // bytes written to `out`; 0: send nothing
  uint16_t error_code = 0;            // of the reply if it is an error response
  std::optional<DropReason> dropped;  // why there is no reply
};

class StunResponder {
 public:
  using Config = StunResponderConfig;
  // No reply is larger.
  static constexpr size_t kMaxReplySize = 256;

  // `random` seeds the table's hash, so that nobody can choose addresses that push another out of it.
  StunResponder(Config config, Random& random);

  // Answers a binding request without USERNAME with XOR-MAPPED-ADDRESS (and FINGERPRINT if it has one), or with 420.
  // `out` holds kMaxReplySize.
  BindingReply handle_binding(Timestamp now, const Endpoint& from, const stun::Message& message,
                              std::span<uint8_t> out);

 private:
  static constexpr size_t kWays = 4;
  // A bucket is one number (the generic cell rate algorithm): when it will be full again. It is full if that has
  // passed.
  struct Source {
    uint64_t key = 0;
    Timestamp full_at = Timestamp::long_ago();
  };
  using Set = std::array<Source, kWays>;

  Source& find_or_evict(const IpAddress& ip);

  Config config_;
  uint64_t seed_;
  std::vector<Set> sets_;
  Timestamp overall_full_at_ = Timestamp::long_ago();
};

}  // namespace tutti::ice
