#include "media/jitter/packet_store.hpp"

#include <algorithm>

namespace tutti::jitter {

PacketStore::PacketStore(size_t capacity) : slots_(std::max<size_t>(capacity, 1)), occupied_(slots_.size()) {}

PacketStore::Room PacketStore::room_for(ExtSeqNum sequence) const {
  if (count_ == 0) return Room::kFree;
  const int64_t s = sequence.value();
  const auto capacity = static_cast<int64_t>(slots_.size());
  if (std::max(highest_, s) - std::min(lowest_, s) >= capacity) return Room::kTooFar;
  return occupied_[index(s)] ? Room::kDuplicate : Room::kFree;
}

StoredPacket& PacketStore::insert(ExtSeqNum sequence) {
  const int64_t s = sequence.value();
  lowest_ = count_ == 0 ? s : std::min(lowest_, s);
  highest_ = count_ == 0 ? s : std::max(highest_, s);
  ++count_;
  occupied_[index(s)] = true;
  StoredPacket& packet = slots_[index(s)];
  packet.sequence = sequence;
  return packet;
}

void PacketStore::pop_front() {
  occupied_[index(lowest_)] = false;
  if (--count_ == 0) return;
  do ++lowest_;
  while (!occupied_[index(lowest_)]);
}

void PacketStore::clear() {
  std::fill(occupied_.begin(), occupied_.end(), false);
  count_ = 0;
}

size_t PacketStore::index(int64_t sequence) const {
  const auto capacity = static_cast<int64_t>(slots_.size());
  return static_cast<size_t>(((sequence % capacity) + capacity) % capacity);
}

}  // namespace tutti::jitter
