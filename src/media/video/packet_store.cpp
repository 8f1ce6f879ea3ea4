#include "media/video/packet_store.hpp"

#include <iterator>
#include <utility>

namespace tutti::video {

// About a frame's worth; more would be kept for a stream that was busy once.
constexpr size_t kMaxSpare = 64;

const StoredPacket* PacketStore::find(int64_t sequence) const {
  const auto it = packets_.find(sequence);
  return it == packets_.end() ? nullptr : &it->second;
}

void PacketStore::insert(const VideoPacket& packet, const PacketRole& role, std::vector<Run>& keyframes) {
  const int64_t sequence = packet.sequence.value();
  StoredPacket stored;
  if (!spare_.empty()) stored.payload = std::move(spare_.back().mapped().payload);
  stored.payload.assign(packet.payload.begin(), packet.payload.end());
  stored.arrival = packet.arrival;
  stored.padding = packet.payload.empty();
  stored.role = role;
  if (stored.padding) {
    stored.has_context = false;
  } else {
    stored.timestamp = packet.timestamp;
    stored.marker = packet.marker;
  }
  bytes_ += stored.payload.size();

  // Most packets come in order, so the end is the right hint.
  Map::iterator at;
  if (spare_.empty()) {
    at = packets_.emplace_hint(packets_.end(), sequence, std::move(stored));
  } else {
    Map::node_type node = std::move(spare_.back());
    spare_.pop_back();
    node.key() = sequence;
    node.mapped() = std::move(stored);
    at = packets_.insert(packets_.end(), std::move(node));
  }
  spread(at, keyframes);
}

void PacketStore::erase_first() {
  bytes_ -= packets_.begin()->second.payload.size();
  auto node = packets_.extract(packets_.begin());
  if (spare_.size() < kMaxSpare) spare_.push_back(std::move(node));
}

bool PacketStore::is_boundary(const StoredPacket& previous, const StoredPacket& next) {
  return previous.marker || previous.timestamp != next.timestamp || next.role.splits;
}

void PacketStore::spread(Map::iterator from, std::vector<Run>& keyframes) {
  const StoredPacket* previous = nullptr;
  if (from != packets_.begin()) {
    const auto before = std::prev(from);
    if (before->first == from->first - 1) previous = &before->second;
  }
  bool news = true;
  for (auto it = from; news; ++it) {
    const int64_t sequence = it->first;
    StoredPacket& packet = it->second;
    const bool learned = learn(sequence, packet, previous);
    if (!packet.padding) {
      // A frame without a marker ends where another begins.
      if (previous && previous->in_keyframe && previous->frame_begin && !previous->marker &&
          is_boundary(*previous, packet))
        keyframes.push_back({*previous->frame_begin, sequence});
      if (learned && packet.in_keyframe && packet.marker) keyframes.push_back({*packet.frame_begin, sequence + 1});
    }
    const auto next = std::next(it);
    news = (learned || it == from) && next != packets_.end() && next->first == sequence + 1;
    previous = &packet;
  }
}

bool PacketStore::learn(int64_t sequence, StoredPacket& packet, const StoredPacket* previous) {
  if (packet.frame_begin) return false;
  const bool follows = previous && previous->has_context;
  if (packet.padding) {
    if (!follows) return false;
    const bool learned = !packet.has_context || previous->frame_begin.has_value();
    packet.has_context = true;
    packet.timestamp = previous->timestamp;
    packet.marker = previous->marker;
    packet.frame_begin = previous->frame_begin;
    packet.in_keyframe = previous->in_keyframe;
    return learned;
  }
  const bool boundary = follows && is_boundary(*previous, packet);
  if (follows && !boundary && previous->frame_begin) {
    packet.frame_begin = previous->frame_begin;
    packet.in_keyframe = previous->in_keyframe || packet.role.keyframe;
    return true;
  }
  if (!boundary && !packet.role.begins_frame) return false;
  packet.frame_begin = sequence;
  packet.in_keyframe = packet.role.keyframe;
  return true;
}

}  // namespace tutti::video
