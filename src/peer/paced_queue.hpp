// PacedQueue: what waits until the path to one subscriber carries it: retransmissions, and behind them the packets of
// each slot in their order, slot by slot in turn. A turn ends with a frame, so that its packets leave as one run, or
// after some kilobytes, so that nobody's keyframe holds up the others. Sound is not here: it does not wait. Owned by a
// Peer.
//
// Packets stand in one vector, linked by index: nothing is allocated once it has grown to what waits at most.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "tutti/base/units.hpp"
#include "tutti/peer/media_packet.hpp"
#include "tutti/peer/rewrite.hpp"

namespace tutti::peer {

// A packet on its way to a slot.
struct Outgoing {
  PacketRef packet;
  Rewrite rewrite;
  uint16_t slot = 0;
  bool retransmission = false;
};

class PacedQueue {
 public:
  static constexpr size_t kMaxPackets = 4096, kKeptPackets = 256;
  static constexpr DataSize kTurn = DataSize::bytes(8'000);

  bool empty() const { return count_ == 0; }
  size_t packets() const { return count_; }
  DataSize size() const { return size_; }
  // How long the oldest packet has waited; zero if nothing does.
  TimeDelta oldest(Timestamp now) const;

  // False if it is full. `size`: of the datagram to be.
  bool push(Timestamp now, Outgoing&& item, DataSize size);
  // The packet whose turn it is, and its size. Only while !empty(). Valid until the next call that is not const.
  Outgoing& front() { return nodes_[first()].item; }
  DataSize front_size() const { return nodes_[first()].size; }
  // How long the packet that goes has waited.
  TimeDelta pop(Timestamp now);

  // Gives up the frames of a slot, up to the next keyframe if one waits; of a slot whose oldest packet has waited
  // longer than `limit`, or of this slot.
  struct Expired {
    uint16_t slot = 0;
    size_t packets = 0;         // 0: nothing has
    SeqNum first, last;         // their numbers, as the receiver would have seen them
    bool has_keyframe = false;  // what still waits begins with one
  };
  Expired expire(Timestamp now, TimeDelta limit);
  Expired give_up(uint16_t slot);
  // All that waits.
  void clear();
  // Takes out of what waits of a slot all that `goes(const Outgoing&)` says so of, asked in their order.
  template <class F>
  void remove_if(uint16_t slot, F goes);
  // How long the oldest of a slot has waited; zero if nothing does.
  TimeDelta oldest(Timestamp now, uint16_t slot) const {
    return has(slot) ? now - nodes_[slots_[slot].head].since : TimeDelta();
  }
  // Of a slot, all that waits, and the packet that came last; null if nothing does.
  DataSize size(uint16_t slot) const;
  const Outgoing* back(uint16_t slot) const { return has(slot) ? &nodes_[slots_[slot].tail].item : nullptr; }

 private:
  static constexpr uint32_t kNone = 0xFFFF'FFFF;
  struct Node {
    Outgoing item;
    Timestamp since;
    DataSize size;
    uint32_t next = kNone;
  };
  struct List {
    uint32_t head = kNone, tail = kNone;
    uint32_t next_turn = kNone;  // a slot: the one after it, if it is in the round
  };

  bool has(uint16_t slot) const { return slot < slots_.size() && slots_[slot].head != kNone; }
  uint32_t first() const { return repairs_.head != kNone ? repairs_.head : slots_[turn_head_].head; }
  uint32_t take_node();
  Outgoing remove_head(List& list);
  void append(List& list, uint32_t node);
  void leave_round(uint32_t slot);
  void end_turn();
  void settle();

  std::vector<Node> nodes_;
  uint32_t free_ = kNone;
  List repairs_;
  std::vector<List> slots_;  // by index
  uint32_t turn_head_ = kNone, turn_tail_ = kNone;
  DataSize served_;  // in this turn
  size_t count_ = 0;
  DataSize size_;
};

template <class F>
void PacedQueue::remove_if(uint16_t slot, F goes) {
  if (!has(slot)) return;
  List& list = slots_[slot];
  List left = std::exchange(list, List{kNone, kNone, list.next_turn});
  while (left.head != kNone) {
    const uint32_t node = left.head;
    if (goes(nodes_[node].item)) {
      remove_head(left);
    } else {
      left.head = nodes_[node].next;
      append(list, node);
    }
  }
  if (list.head == kNone) leave_round(slot);
  settle();
}

}  // namespace tutti::peer
