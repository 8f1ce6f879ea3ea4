// SentHistory: which packet stands behind each number that a slot sent lately, and how it was rewritten, so that a
// packet the receiver lost can be sent again from the track's cache. Sixteen bytes a packet, in a ring that holds the
// last second: what is the same for a run of packets (source, epoch, payload type,
// offset of frame numbers) is kept once for each run. Owned by
// a Forwarder.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "tutti/base/prefetch.hpp"
#include "tutti/base/seq_num.hpp"
#include "tutti/base/units.hpp"
#include "tutti/peer/rewrite.hpp"

namespace tutti::room {

// Whose packets: the room's number for the track, and one of its layers.
struct LayerSource {
  uint64_t track = 0;  // 0: none
  uint8_t layer = 0;
  bool operator==(const LayerSource&) const = default;
};

// A packet as it was sent: where the cache has it, and how it was written.
struct SentPacket {
  LayerSource source;
  uint8_t epoch = 0;
  ExtSeqNum sequence;
  peer::Rewrite rewrite;
};

class SentHistory {
 public:
  // A younger packet is not overwritten while the ring may grow. The caches that it leads to keep no longer.
  static constexpr TimeDelta kKeep = TimeDelta::seconds(1);
  static constexpr size_t kMinCapacity = 64;

  // `max_capacity`: a power of two, at least kMinCapacity.
  explicit SentHistory(size_t max_capacity) : max_capacity_(max_capacity), ring_(kMinCapacity) {}

  // From number `first_out` on, packets are of this source and are called this.
  void begin_run(LayerSource source, uint8_t epoch, PayloadType payload_type, ExtSeqNum first_out);
  // The packet `in` of the current run was sent as `out`. Not if it comes more than max_capacity late.
  void add(Timestamp now, ExtSeqNum out, ExtSeqNum in, const peer::Rewrite& rewrite);

  // The entry where this number will stand is about to be written.
  void prefetch(ExtSeqNum out) const { tutti::prefetch(&at(out.value()), sizeof(Entry)); }

  // Nothing if nothing was sent under this number, or too long ago.
  std::optional<SentPacket> find(ExtSeqNum out) const;
  size_t capacity() const { return ring_.size(); }

 private:
  // More switches within a second than a publisher sends keyframes, or a listener begins and ends to speak.
  static constexpr size_t kRuns = 16;
  struct Run {
    int64_t first_out = std::numeric_limits<int64_t>::max();
    ExtSeqNum highest_in;
    uint64_t track = 0;
    uint8_t layer = 0;
    uint8_t epoch = 0;
    PayloadType payload_type;
    uint16_t frame_offset = 0;  // that of its dependency descriptors
  };
  struct Entry {
    RtpTimestamp timestamp;
    uint32_t sent_ms = 0;
    uint16_t out = 0, in = 0;  // the lower bits
    uint16_t picture_id = 0;   // or the active targets of a dependency descriptor
    uint8_t tl0_pic_idx = 0;
    uint8_t run : 4 = 0;
    bool marker : 1 = false;
    bool padding_only : 1 = false;
    uint8_t patch : 2 = 0;
  };
  static_assert(sizeof(Entry) == 16);

  Entry& at(int64_t out) { return ring_[static_cast<size_t>(out) & (ring_.size() - 1)]; }
  const Entry& at(int64_t out) const { return ring_[static_cast<size_t>(out) & (ring_.size() - 1)]; }
  static bool is_young(const Entry& entry, uint32_t now_ms);
  void grow();

  size_t max_capacity_;
  std::vector<Entry> ring_;
  int64_t highest_out_ = std::numeric_limits<int64_t>::min() / 2;
  std::array<Run, kRuns> runs_;
  uint8_t run_ = 0;
};

}  // namespace tutti::room
