// PacketStore: the packets that wait to be decoded, in the order of their sequence numbers. A ring of buffers that are
// used again, so that it allocates only until each has held a packet of the usual size. Owned by AudioJitterBuffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tutti/base/seq_num.hpp"
#include "tutti/base/units.hpp"

namespace tutti::jitter {

struct StoredPacket {
  ExtSeqNum sequence;
  int64_t timestamp = 0;  // unwrapped, in units of the RTP clock
  Timestamp arrival;
  TimeDelta duration;
  bool comfort_noise = false;
  bool has_fec = false;
  std::vector<uint8_t> payload;
};

class PacketStore {
 public:
  explicit PacketStore(size_t capacity);

  enum class Room : uint8_t { kFree, kDuplicate, kTooFar };
  Room room_for(ExtSeqNum sequence) const;
  // Only if there is room. The caller fills what it returns.
  StoredPacket& insert(ExtSeqNum sequence);

  // The lowest by sequence number; null if there is none. Stays where it is until it is popped.
  const StoredPacket* front() const { return count_ > 0 ? &slot(lowest_) : nullptr; }
  void pop_front();
  size_t size() const { return count_; }
  void clear();

 private:
  size_t index(int64_t sequence) const;
  const StoredPacket& slot(int64_t sequence) const { return slots_[index(sequence)]; }

  std::vector<StoredPacket> slots_;
  std::vector<bool> occupied_;
  size_t count_ = 0;
  int64_t lowest_ = 0, highest_ = 0;  // of those held
};

}  // namespace tutti::jitter
