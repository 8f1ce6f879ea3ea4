// PacketNames: which packet of a transport bears this SSRC and sequence number, as RFC 8888 names packets. A hash table
// whose chains run from the newest packet back; one that is too old to be asked for ends its chain, so nothing is ever
// removed. Owned by a SentPacketHistory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "tutti/base/ids.hpp"
#include "tutti/base/seq_num.hpp"

namespace tutti::cc {

class PacketNames {
 public:
  // The newest packets that it holds; 0 before the first resize().
  size_t capacity() const { return names_.size(); }
  // Keeps what it holds of the packets before `next`. `capacity`: a power of two, not less than before.
  void resize(size_t capacity, int64_t next);
  void clear();

  // `number`: the packet's in the transport, ascending.
  void add(int64_t number, Ssrc stream, SeqNum sequence);
  // The newest packet of this name, if it is not older than `oldest`, which is one of the newest capacity(), and not
  // negative. Takes a step or two: packets meet in a chain only by chance, and those of one stream not at all.
  std::optional<int64_t> find(Ssrc stream, SeqNum sequence, int64_t oldest) const;

 private:
  static constexpr int64_t kNone = -1;
  struct Name {
    Ssrc stream;
    SeqNum sequence;
    int64_t older = kNone;  // the packet before it in its chain
  };
  size_t chain_of(Ssrc stream, SeqNum sequence) const;

  std::vector<Name> names_;      // by number
  std::vector<int64_t> newest_;  // of each chain
  int64_t first_ = 0;            // that was added
};

}  // namespace tutti::cc
