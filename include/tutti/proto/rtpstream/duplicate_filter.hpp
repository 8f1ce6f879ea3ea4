// DuplicateFilter: has this packet been here before? SRTP's replay check cannot tell, because RTX brings an old packet
// in a new one. A bitmap over the last 1024 sequence numbers. Owned by the ingress stream of a Peer.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "tutti/base/seq_num.hpp"

namespace tutti::rtpstream {

class DuplicateFilter {
 public:
  static constexpr int64_t kWindow = 1024;
  // Seen, or too old to tell. Changes nothing, so it may be asked of a packet that is not authenticated yet.
  bool contains(ExtSeqNum sequence) const;
  // False, and nothing changes, if `contains`.
  bool insert(ExtSeqNum sequence);

 private:
  static size_t index(ExtSeqNum s) { return static_cast<size_t>(s.value() & (kWindow - 1)); }
  std::bitset<kWindow> seen_;  // of (highest_ - kWindow, highest_]
  std::optional<ExtSeqNum> highest_;
};

}  // namespace tutti::rtpstream
