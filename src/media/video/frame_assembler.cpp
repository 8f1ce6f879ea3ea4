#include "tutti/media/video/frame_assembler.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>

#include "media/video/depacketizer.hpp"

namespace tutti::video {
namespace {

// A sender that jumps this far has begun anew.
constexpr int64_t kWildJump = 10'000;

}  // namespace

struct FrameAssembler::Impl {
  struct Packet {
    RtpTimestamp timestamp;
    Timestamp arrival;
    bool marker = false;
    bool begins = false;
    bool keyframe = false;
    std::vector<uint8_t> payload;  // empty: padding
  };
  using Packets = std::map<int64_t, Packet>;

  Codec codec;
  FrameAssemblerSettings settings;
  Packets packets;
  std::set<int64_t> keyframes;  // where they begin
  size_t bytes = 0;
  std::optional<int64_t> next;  // the number that the next frame begins with; nothing while a keyframe is needed
  FrameAssemblerStats stats;

  void forget(Packets::iterator from, Packets::iterator to) {
    for (auto it = from; it != to; ++it) {
      bytes -= it->second.payload.size();
      if (it->second.keyframe) keyframes.erase(it->first);
      if (it->second.marker) ++stats.frames_dropped;
    }
    packets.erase(from, to);
  }
  void give_up() {
    forget(packets.begin(), packets.end());
    next.reset();
  }

  // The end of the frame that begins at `first`, one behind its last packet; nothing while it is not whole.
  std::optional<int64_t> end_of_frame(int64_t first) const {
    auto it = packets.find(first);
    if (it == packets.end()) return std::nullopt;
    const RtpTimestamp time = it->second.timestamp;
    int64_t number = first;
    for (; it != packets.end() && it->first == number; ++it, ++number) {
      // Padding may stand inside a frame and has any timestamp.
      if (it->second.payload.empty()) continue;
      if (it->second.timestamp != time) return number;
      if (it->second.marker) return number + 1;
    }
    return std::nullopt;
  }

  void deliver(int64_t first, int64_t end, std::vector<AssembledFrame>& out) {
    forget(packets.begin(), packets.lower_bound(first));
    std::vector<std::span<const uint8_t>> payloads;
    AssembledFrame frame;
    const auto last = packets.lower_bound(end);
    for (auto it = packets.begin(); it != last; ++it) {
      const Packet& p = it->second;
      if (p.payload.empty()) continue;
      payloads.push_back(p.payload);
      frame.timestamp = p.timestamp;
      frame.keyframe |= p.keyframe;
      frame.arrival = std::max(frame.arrival, p.arrival);
    }
    const bool good = !payloads.empty() && depacketize(codec, payloads, frame.bytes);
    for (auto it = packets.begin(); it != last; ++it) it->second.marker = false;  // delivered, not dropped
    forget(packets.begin(), last);
    if (!good) {
      ++stats.frames_dropped;
      next.reset();
      return;
    }
    next = end;
    ++stats.frames;
    out.push_back(std::move(frame));
  }

  void deliver_all(std::vector<AssembledFrame>& out) {
    for (;;) {
      if (next) {
        // Numbers that carry nothing, and what does not begin a frame where one must, are stepped over.
        for (auto it = packets.find(*next); it != packets.end() && it->first == *next && (it->second.payload.empty() || !it->second.begins); ++*next) {
          const bool stray = !it->second.payload.empty();
          const auto after = std::next(it);
          forget(it, after);
          it = after;
          if (stray) {
            next.reset();
            break;
          }
        }
      }
      if (next) {
        if (const auto end = end_of_frame(*next)) {
          deliver(*next, *end, out);
          continue;
        }
      }
      // A whole keyframe needs nothing of what is missing before it.
      std::optional<int64_t> first, end;
      for (const int64_t k : keyframes) {
        if (next && k < *next) continue;
        if ((end = end_of_frame(k))) {
          first = k;
          break;
        }
      }
      if (!first) return;
      deliver(*first, *end, out);
    }
  }
};

FrameAssembler::FrameAssembler(Codec codec, FrameAssemblerSettings settings) : impl_(std::make_unique<Impl>()) {
  impl_->codec = codec;
  impl_->settings = settings;
}

FrameAssembler::~FrameAssembler() = default;

void FrameAssembler::insert(const VideoPacket& packet, std::vector<AssembledFrame>& out) {
  Impl& s = *impl_;
  const int64_t number = packet.sequence.value();
  if (!s.packets.empty() && std::abs(number - s.packets.rbegin()->first) > kWildJump) s.give_up();
  if ((s.next && number < *s.next) || s.packets.contains(number)) return;
  Impl::Packet stored{packet.timestamp, packet.arrival, packet.marker, false, false, {}};
  if (!packet.payload.empty()) {
    const PayloadInfo info = inspect(s.codec, packet.payload);
    if (!info.valid) {
      // It leaves its hole, and so its frame is given up in time.
      ++s.stats.packets_malformed;
      return;
    }
    stored.begins = info.begins_frame;
    stored.keyframe = info.keyframe;
    // A parameter set and the slice after it both look like a keyframe's beginning: the first packet of the time is it.
    if (stored.keyframe) {
      const auto before = s.packets.find(number - 1);
      if (before != s.packets.end() && before->second.timestamp == packet.timestamp && before->second.keyframe) stored.keyframe = false;
      const auto after = s.packets.find(number + 1);
      if (stored.keyframe && after != s.packets.end() && after->second.timestamp == packet.timestamp && after->second.keyframe) {
        after->second.keyframe = false;
        s.keyframes.erase(number + 1);
      }
    }
    stored.payload.assign(packet.payload.begin(), packet.payload.end());
  }
  if (s.packets.size() >= s.settings.max_packets || s.bytes + stored.payload.size() > s.settings.max_bytes) s.give_up();
  s.bytes += stored.payload.size();
  if (stored.keyframe) s.keyframes.insert(number);
  s.packets.emplace(number, std::move(stored));
  s.deliver_all(out);
}

void FrameAssembler::handle_time(Timestamp now, std::vector<AssembledFrame>& out) {
  Impl& s = *impl_;
  if (s.packets.empty() || now - s.packets.begin()->second.arrival < s.settings.patience) return;
  if (s.next) s.next.reset();
  s.deliver_all(out);
  if (s.next) return;
  // The keyframe that was begun is not to be had either.
  while (!s.packets.empty() && now - s.packets.begin()->second.arrival >= s.settings.patience) s.forget(s.packets.begin(), std::next(s.packets.begin()));
}

bool FrameAssembler::needs_keyframe() const { return !impl_->next.has_value(); }

void FrameAssembler::request_keyframe() { impl_->next.reset(); }

FrameAssemblerStats FrameAssembler::stats() const { return impl_->stats; }

}  // namespace tutti::video
