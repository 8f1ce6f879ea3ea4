#include "tutti/media/video/frame_assembler.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "media/video/depacketizer.hpp"
#include "media/video/packet_store.hpp"

namespace tutti::video {
namespace {

// So many packets in a row from far behind are a sender that has begun to count anew, not latecomers.
constexpr int kBeganAnew = 32;
// A keyframe on a slow link takes its time; what is still not whole after this many times the patience never will be.
constexpr int64_t kKeyframePatience = 8;
// handle_time() looks at everything that waits, so it does not look at each call.
constexpr int64_t kLooksPerPatience = 8;

}  // namespace

// Everything below floor_ is over: delivered or given up. Unless a keyframe is needed, the next frame begins at floor_.
struct FrameAssembler::Impl {
  Impl(Codec codec, FrameAssemblerSettings limits) : depacketizer(make_depacketizer(codec)), settings(limits) {}

  void insert(const VideoPacket& packet, std::vector<AssembledFrame>& out);
  void handle_time(Timestamp now);

  bool is_in_reach(int64_t sequence);
  void start_at(int64_t sequence);
  void deliver_what_follows(std::vector<AssembledFrame>& out);
  std::optional<int64_t> end_of_next_frame();
  void deliver(PacketStore::Run frame, std::vector<AssembledFrame>& out);
  bool is_stalled(Timestamp now) const;
  void drop_stale(Timestamp now);
  void make_room(size_t bytes);
  void drop_first();
  void drop_below(int64_t sequence);

  std::unique_ptr<Depacketizer> depacketizer;  // null: not video, nothing ever comes out
  FrameAssemblerSettings settings;
  FrameAssemblerStats stats;
  PacketStore store;
  bool needs_keyframe = true;

  std::optional<int64_t> highest;
  int64_t floor = 0;
  // How far the next frame is known to be without a hole, and the last packet in it that is not padding.
  int64_t cursor = 0;
  std::optional<int64_t> last_in_frame;
  int from_far_behind = 0;
  Timestamp next_look = Timestamp::long_ago();
  std::optional<RtpTimestamp> last_dropped;

  // Reused, empty between calls.
  std::vector<PacketStore::Run> keyframes;
  std::vector<std::span<const uint8_t>> payloads;
};

FrameAssembler::FrameAssembler(Codec codec, FrameAssemblerSettings settings)
    : impl_(std::make_unique<Impl>(codec, settings)) {}
FrameAssembler::~FrameAssembler() = default;

void FrameAssembler::insert(const VideoPacket& packet, std::vector<AssembledFrame>& out) { impl_->insert(packet, out); }
void FrameAssembler::handle_time(Timestamp now) { impl_->handle_time(now); }
bool FrameAssembler::needs_keyframe() const { return impl_->needs_keyframe; }
void FrameAssembler::request_keyframe() { impl_->needs_keyframe = true; }
FrameAssemblerStats FrameAssembler::stats() const { return impl_->stats; }

void FrameAssembler::Impl::insert(const VideoPacket& packet, std::vector<AssembledFrame>& out) {
  const int64_t sequence = packet.sequence.value();
  if (!depacketizer || !is_in_reach(sequence) || store.contains(sequence)) return;
  PacketRole role;
  if (!packet.payload.empty()) {
    // What cannot be read counts as lost: the same number may yet come whole.
    const auto read =
        packet.payload.size() <= settings.max_bytes ? depacketizer->inspect(packet.payload) : std::nullopt;
    if (!read) {
      ++stats.packets_malformed;
      return;
    }
    role = *read;
  }
  make_room(packet.payload.size());
  if (sequence < floor) return;
  highest = std::max(highest.value_or(sequence), sequence);
  store.insert(packet, role, keyframes);

  deliver_what_follows(out);
  // A keyframe needs nothing of what is missing before it.
  for (const PacketStore::Run& keyframe : keyframes) {
    if (keyframe.first < floor) continue;
    drop_below(keyframe.first);
    deliver(keyframe, out);
    deliver_what_follows(out);
  }
  keyframes.clear();
}

void FrameAssembler::Impl::handle_time(Timestamp now) {
  if (store.empty() || now < next_look) return;
  next_look = now + settings.patience / kLooksPerPatience;
  if (!needs_keyframe && is_stalled(now)) needs_keyframe = true;
  if (needs_keyframe) drop_stale(now);
}

// False for what comes too late. A number far from the others starts everything again: nobody sends again what lies
// between.
bool FrameAssembler::Impl::is_in_reach(int64_t sequence) {
  const auto reach = static_cast<int64_t>(settings.max_packets);
  if (!highest || sequence > *highest + reach) {
    start_at(sequence);
    return true;
  }
  if (sequence >= floor) {
    from_far_behind = 0;
    return true;
  }
  if (sequence >= floor - reach || ++from_far_behind < kBeganAnew) return false;
  start_at(sequence);
  return true;
}

void FrameAssembler::Impl::start_at(int64_t sequence) {
  if (!store.empty()) drop_below(std::numeric_limits<int64_t>::max());
  needs_keyframe = true;
  // The first to arrive need not be the first that was sent.
  floor = sequence - static_cast<int64_t>(settings.max_packets);
  highest = sequence;
  from_far_behind = 0;
}

void FrameAssembler::Impl::deliver_what_follows(std::vector<AssembledFrame>& out) {
  while (!needs_keyframe) {
    const auto end = end_of_next_frame();
    if (!end) return;
    deliver({floor, *end}, out);
  }
}

// Goes on where it stopped the last time, so that each packet is passed once.
std::optional<int64_t> FrameAssembler::Impl::end_of_next_frame() {
  for (auto it = store.packets().find(cursor); it != store.packets().end() && it->first == cursor; ++it) {
    const StoredPacket& packet = it->second;
    if (!packet.padding) {
      if (last_in_frame && PacketStore::is_boundary(*store.find(*last_in_frame), packet)) return cursor;
      last_in_frame = cursor;
      if (packet.marker) return cursor + 1;
    }
    ++cursor;
  }
  // Padding between frames belongs to none.
  while (!last_in_frame && floor < cursor) {
    store.erase_first();
    ++floor;
  }
  return std::nullopt;
}

// `frame` is the oldest that is there.
void FrameAssembler::Impl::deliver(PacketStore::Run run, std::vector<AssembledFrame>& out) {
  AssembledFrame frame;
  size_t bytes = 0;
  payloads.clear();
  auto it = store.packets().begin();
  const StoredPacket* first = nullptr;
  for (; it != store.packets().end() && it->first < run.end; ++it) {
    const StoredPacket& packet = it->second;
    if (packet.padding) continue;
    if (!first) {
      first = &packet;
      frame.timestamp = packet.timestamp;
      frame.arrival = packet.arrival;
    }
    frame.arrival = std::max(frame.arrival, packet.arrival);
    frame.keyframe |= packet.role.keyframe;
    payloads.push_back(packet.payload);
    bytes += packet.payload.size();
  }
  frame.bytes.reserve(bytes + 16);
  if (depacketizer->assemble(payloads, frame.bytes)) {
    needs_keyframe = false;
    ++stats.frames;
    out.push_back(std::move(frame));
  } else {
    needs_keyframe = true;
    ++stats.frames_dropped;
  }
  payloads.clear();
  while (!store.empty() && store.packets().begin()->first < run.end) store.erase_first();
  floor = cursor = run.end;
  last_in_frame.reset();
}

// Something has come from behind a hole, and long ago.
bool FrameAssembler::Impl::is_stalled(Timestamp now) const {
  const auto behind = store.packets().upper_bound(cursor);
  return std::any_of(behind, store.packets().end(),
                     [&](const auto& entry) { return entry.second.arrival + settings.patience <= now; });
}

// Keeps what may be a keyframe under way and all that has followed it, else what is young: its keyframe may be late.
void FrameAssembler::Impl::drop_stale(Timestamp now) {
  while (!store.empty()) {
    const StoredPacket& first = store.packets().begin()->second;
    const int64_t times = first.role.keyframe_candidate || first.in_keyframe ? kKeyframePatience : 1;
    if (first.arrival + settings.patience * times > now) return;
    drop_first();
  }
}

// Beyond the bounds what waits has failed: up to the next that may be a keyframe it goes.
void FrameAssembler::Impl::make_room(size_t bytes) {
  while (!store.empty() && (store.size() >= settings.max_packets || store.bytes() + bytes > settings.max_bytes)) {
    needs_keyframe = true;
    drop_first();
    while (!store.empty() && !store.packets().begin()->second.role.keyframe_candidate) drop_first();
  }
}

void FrameAssembler::Impl::drop_first() {
  const auto& [sequence, packet] = *store.packets().begin();
  if (!packet.padding && last_dropped != packet.timestamp) {
    last_dropped = packet.timestamp;
    ++stats.frames_dropped;
  }
  floor = sequence + 1;
  store.erase_first();
}

void FrameAssembler::Impl::drop_below(int64_t sequence) {
  while (!store.empty() && store.packets().begin()->first < sequence) drop_first();
}

}  // namespace tutti::video
