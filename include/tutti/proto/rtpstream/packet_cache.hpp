// PacketCache<T>: the packets of one track layer that may be asked for again (RFC 4588 §4), one cache for all its
// subscribers. A ring keyed by the publisher's sequence number; T is a counted reference, default-constructed when
// empty. Owned by the track's layer; one worker's thread; time is given. Memory: capacity slots, allocated once.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "tutti/base/seq_num.hpp"
#include "tutti/base/units.hpp"

namespace tutti::rtpstream {

template <class T>
class PacketCache {
 public:
  static constexpr TimeDelta kMaxAge = TimeDelta::seconds(1);

  // capacity: the newest sequence numbers kept, rounded up to a power of two. max_age: how long an entry can be found.
  explicit PacketCache(size_t capacity, TimeDelta max_age = kMaxAge)
      : slots_(std::bit_ceil(std::max<size_t>(capacity, 1))), max_age_(max_age) {}

  // Keeps `packet`, replacing one of the same number. False if it is older than the ring reaches: it is not kept.
  bool insert(ExtSeqNum seq, Timestamp now, T packet) {
    if (!highest_) {
      highest_ = seq;
      oldest_ = seq;
    } else if (seq > *highest_) {
      make_room(seq);
    } else if (*highest_ - seq >= capacity()) {
      return false;
    }
    oldest_ = std::min(oldest_, seq);
    Slot& slot = at(seq);
    size_ += slot.used ? 0 : 1;
    slot = {std::move(packet), now, true};
    return true;
  }

  // The packet, valid until the next change; nullptr if it was never kept, is overwritten or older than max_age. O(1).
  T* find(ExtSeqNum seq, Timestamp now) {
    if (!highest_ || seq > *highest_ || *highest_ - seq >= capacity()) return nullptr;
    Slot& slot = at(seq);
    return slot.used && now - slot.arrival <= max_age_ ? &slot.packet : nullptr;
  }

  // Lets go of what is older than max_age, so that a source that stopped does not hold on to its packets. Amortised
  // O(1) for each packet inserted.
  void release_older(Timestamp now) {
    if (!highest_) return;
    while (oldest_ <= *highest_) {
      Slot& slot = at(oldest_);
      if (slot.used && now - slot.arrival <= max_age_) return;
      free(slot);
      oldest_ = oldest_ + 1;
    }
  }
  void clear() {
    for (Slot& slot : slots_) free(slot);
    highest_.reset();
  }

  // Packets held, those too old to be found included.
  size_t size() const { return size_; }
  int64_t capacity() const { return static_cast<int64_t>(slots_.size()); }

 private:
  struct Slot {
    T packet{};
    Timestamp arrival;
    bool used = false;
  };

  Slot& at(ExtSeqNum seq) { return slots_[static_cast<uint64_t>(seq.value()) & (slots_.size() - 1)]; }
  void free(Slot& slot) {
    size_ -= slot.used ? 1 : 0;
    slot = Slot{};
  }
  // Moves the window up to `seq`: the slots of numbers in between may still hold packets of one round before.
  void make_room(ExtSeqNum seq) {
    const int64_t steps = std::min(seq - *highest_, capacity());
    for (int64_t i = 0; i < steps; ++i) free(at(seq + -i));
    highest_ = seq;
    oldest_ = std::max(oldest_, seq + (1 - capacity()));
  }

  std::vector<Slot> slots_;
  TimeDelta max_age_;
  std::optional<ExtSeqNum> highest_;
  ExtSeqNum oldest_;  // nothing is held below it
  size_t size_ = 0;
};

}  // namespace tutti::rtpstream
