#include "peer/paced_queue.hpp"

#include <algorithm>
#include <utility>

namespace tutti::peer {

TimeDelta PacedQueue::oldest(Timestamp now) const {
  Timestamp since = now;
  if (repairs_.head != kNone) since = nodes_[repairs_.head].since;
  for (uint32_t s = turn_head_; s != kNone; s = slots_[s].next_turn)
    since = std::min(since, nodes_[slots_[s].head].since);
  return now - since;
}

bool PacedQueue::push(Timestamp now, Outgoing&& item, DataSize size) {
  if (count_ == kMaxPackets) return false;
  const uint32_t slot = item.slot;
  const bool repair = item.retransmission;
  if (!repair && slot >= slots_.size()) slots_.resize(slot + 1);
  const uint32_t node = take_node();
  nodes_[node].item = std::move(item);
  nodes_[node].since = now;
  nodes_[node].size = size;
  ++count_;
  size_ += size;
  if (repair) {
    append(repairs_, node);
    return true;
  }
  const bool joins = slots_[slot].head == kNone;
  append(slots_[slot], node);
  if (!joins) return true;
  (turn_tail_ == kNone ? turn_head_ : slots_[turn_tail_].next_turn) = slot;
  turn_tail_ = slot;
  return true;
}

TimeDelta PacedQueue::pop(Timestamp now) {
  const Node& node = nodes_[first()];
  const TimeDelta waited = now - node.since;
  if (repairs_.head != kNone) {
    remove_head(repairs_);
  } else {
    served_ += node.size;
    const bool ends = node.item.rewrite.marker || served_ >= kTurn;
    List& slot = slots_[turn_head_];
    remove_head(slot);
    if (ends || slot.head == kNone) end_turn();
  }
  settle();
  return waited;
}

PacedQueue::Expired PacedQueue::expire(Timestamp now, TimeDelta limit) {
  for (uint32_t s = turn_head_; s != kNone; s = slots_[s].next_turn) {
    if (now - nodes_[slots_[s].head].since > limit) return give_up(static_cast<uint16_t>(s));
  }
  return {};
}

PacedQueue::Expired PacedQueue::give_up(uint16_t slot) {
  Expired expired;
  if (!has(slot)) return expired;
  List& list = slots_[slot];
  expired.slot = slot;
  expired.first = nodes_[list.head].item.rewrite.sequence;
  while (list.head != kNone && !expired.has_keyframe) {
    expired.last = remove_head(list).rewrite.sequence;
    ++expired.packets;
    const PacketRef* next = list.head != kNone ? &nodes_[list.head].item.packet : nullptr;
    expired.has_keyframe = next && *next && (*next)->keyframe;
  }
  if (list.head == kNone) leave_round(slot);
  settle();
  return expired;
}

DataSize PacedQueue::size(uint16_t slot) const {
  DataSize sum;
  for (uint32_t n = has(slot) ? slots_[slot].head : kNone; n != kNone; n = nodes_[n].next) sum += nodes_[n].size;
  return sum;
}

void PacedQueue::clear() { *this = {}; }

uint32_t PacedQueue::take_node() {
  if (free_ != kNone) return std::exchange(free_, nodes_[free_].next);
  nodes_.emplace_back();
  return static_cast<uint32_t>(nodes_.size() - 1);
}

Outgoing PacedQueue::remove_head(List& list) {
  const uint32_t node = list.head;
  list.head = nodes_[node].next;
  if (list.head == kNone) list.tail = kNone;
  --count_;
  size_ = size_ - nodes_[node].size;
  nodes_[node].next = std::exchange(free_, node);
  return std::move(nodes_[node].item);
}

void PacedQueue::append(List& list, uint32_t node) {
  nodes_[node].next = kNone;
  (list.tail == kNone ? list.head : nodes_[list.tail].next) = node;
  list.tail = node;
}

void PacedQueue::leave_round(uint32_t slot) {
  uint32_t before = kNone;
  for (uint32_t s = turn_head_; s != slot; s = slots_[s].next_turn) before = s;
  if (before == kNone) served_ = {};
  (before == kNone ? turn_head_ : slots_[before].next_turn) = slots_[slot].next_turn;
  if (turn_tail_ == slot) turn_tail_ = before;
  slots_[slot].next_turn = kNone;
}

// The slot goes to the end of the round, or out of it if nothing of it waits.
void PacedQueue::end_turn() {
  served_ = {};
  const uint32_t slot = turn_head_;
  if (slots_[slot].head != kNone && turn_tail_ == slot) return;
  turn_head_ = std::exchange(slots_[slot].next_turn, kNone);
  if (turn_head_ == kNone) turn_tail_ = kNone;
  if (slots_[slot].head == kNone) return;
  slots_[turn_tail_].next_turn = slot;
  turn_tail_ = slot;
}

// What a jam has made it grow to is not kept for ever.
void PacedQueue::settle() {
  if (count_ > 0 || nodes_.size() <= kKeptPackets) return;
  nodes_.clear();
  nodes_.shrink_to_fit();
  free_ = kNone;
}

}  // namespace tutti::peer
