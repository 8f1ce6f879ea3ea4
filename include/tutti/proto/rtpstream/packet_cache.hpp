// PacketCache: the recent packets of one track layer, for retransmission. One for all subscribers of the layer: they
// keep only how each saw a packet. A ring keyed by the publisher's sequence number; memory is fixed. Owned by a room's
// Track.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <utility>
#include <vector>

#include "tutti/base/seq_num.hpp"
#include "tutti/base/units.hpp"

namespace tutti::rtpstream {

// T: a cheap reference to a packet, empty by default.
template <class T>
class PacketCache {
 public:
  // `capacity` is rounded up to a power of two. Entries older than `max_age` count as absent.
  explicit PacketCache(size_t capacity, TimeDelta max_age = TimeDelta::seconds(1))
      : slots_(std::bit_ceil(std::max<size_t>(capacity, 1))), max_age_(max_age) {}

  void insert(Timestamp now, ExtSeqNum sequence, T packet) {
    Slot& slot = at(sequence);
    // A packet that comes a whole ring late must not push out a newer one.
    if (slot.stored && slot.sequence > sequence) return;
    size_ += slot.stored ? 0 : 1;
    slot = {std::move(packet), sequence, now, true};
    if (oldest_ == Timestamp::never()) oldest_ = now;
  }
  // Null if it never was here or is too old.
  T* find(Timestamp now, ExtSeqNum sequence) {
    Slot& slot = at(sequence);
    return slot.stored && slot.sequence == sequence && now - slot.stored_at <= max_age_ ? &slot.packet : nullptr;
  }
  // Lets go of what is too old, so that a track that fell silent holds no memory. Call now and then; O(capacity) then.
  void release_old(Timestamp now) {
    if (oldest_ == Timestamp::never() || now - oldest_ <= max_age_) return;
    oldest_ = Timestamp::never();
    for (Slot& slot : slots_) {
      if (slot.stored && now - slot.stored_at > max_age_) release(slot);
      if (slot.stored && slot.stored_at < oldest_) oldest_ = slot.stored_at;
    }
  }
  void clear() {
    for (Slot& slot : slots_) release(slot);
    oldest_ = Timestamp::never();
  }
  size_t capacity() const { return slots_.size(); }
  // Packets held, those too old to be found included.
  size_t size() const { return size_; }

 private:
  struct Slot {
    T packet{};
    ExtSeqNum sequence;
    Timestamp stored_at;
    bool stored = false;
  };
  void release(Slot& slot) {
    size_ -= slot.stored ? 1 : 0;
    slot = {};
  }
  Slot& at(ExtSeqNum s) { return slots_[static_cast<size_t>(s.value()) & (slots_.size() - 1)]; }

  std::vector<Slot> slots_;
  TimeDelta max_age_;
  size_t size_ = 0;
  Timestamp oldest_ = Timestamp::never();
};

}  // namespace tutti::rtpstream
