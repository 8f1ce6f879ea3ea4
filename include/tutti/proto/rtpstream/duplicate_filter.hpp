// DuplicateFilter: has this packet of a source been seen? SRTP's replay check cannot tell, because a retransmission
// (RFC 4588) is a packet of another SSRC that brings what may have arrived already. A bitmap over the newest 1024
// sequence numbers. Owned by the peer's ReceiveStream; one worker's thread.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>

#include "tutti/base/seq_num.hpp"

namespace tutti::rtpstream {

class DuplicateFilter {
 public:
  static constexpr int64_t kWindow = 1024;

  // False if `seq` was inserted before, or is too far behind the newest one to know. O(1) but for jumps ahead (O(jump),
  // at most the window).
  bool insert(ExtSeqNum seq);

 private:
  static size_t index(ExtSeqNum seq) { return static_cast<uint64_t>(seq.value()) % kWindow; }

  std::optional<ExtSeqNum> highest_;
  std::bitset<kWindow> seen_;  // of the sequence numbers in (highest_ - kWindow, highest_]
};

}  // namespace tutti::rtpstream
