// PacketStore: the packets of one FrameAssembler by sequence number, with what is known of the frame that each is part
// of. Knowledge travels forward through runs without a hole: a packet knows where its frame begins if the packet before
// knows, or if it can tell by itself. Each step of it is made once, so the cost of a packet is O(log n) however they
// are ordered. Same thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "media/video/depacketizer.hpp"
#include "tutti/media/video/frame_assembler.hpp"

namespace tutti::video {

struct StoredPacket {
  std::vector<uint8_t> payload;
  Timestamp arrival;
  bool padding = false;
  PacketRole role;
  // Of padding: those of the packet before, once it has come.
  RtpTimestamp timestamp;
  bool marker = false;
  bool has_context = true;  // the two above are known

  std::optional<int64_t> frame_begin;  // sequence number of the first packet of this one's frame
  bool in_keyframe = false;            // something between frame_begin and here makes it one
};

class PacketStore {
 public:
  using Map = std::map<int64_t, StoredPacket>;
  struct Run {
    int64_t first = 0, end = 0;  // `end` is not part of it
  };

  bool contains(int64_t sequence) const { return packets_.contains(sequence); }
  bool empty() const { return packets_.empty(); }
  size_t size() const { return packets_.size(); }
  size_t bytes() const { return bytes_; }
  const Map& packets() const { return packets_; }
  const StoredPacket* find(int64_t sequence) const;

  // Copies the payload. The number must not be taken. Appends the keyframes that are now whole, oldest first.
  void insert(const VideoPacket& packet, const PacketRole& role, std::vector<Run>& keyframes);
  void erase_first();

  // `next` follows `previous` without a hole: does it belong to another frame?
  static bool is_boundary(const StoredPacket& previous, const StoredPacket& next);

 private:
  void spread(Map::iterator from, std::vector<Run>& keyframes);
  // True if it now knows more.
  static bool learn(int64_t sequence, StoredPacket& packet, const StoredPacket* previous);

  Map packets_;
  size_t bytes_ = 0;
  std::vector<Map::node_type> spare_;  // with the memory of their payloads
};

}  // namespace tutti::video
