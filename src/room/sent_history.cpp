#include "tutti/room/sent_history.hpp"

#include <utility>

namespace tutti::room {
namespace {

// Wraps after 49 days. Never 0, which stands where nothing was sent.
uint32_t to_ms(Timestamp t) { return static_cast<uint32_t>(t.us() / 1000) | 1; }

}  // namespace

bool SentHistory::is_young(const Entry& entry, uint32_t now_ms) {
  return entry.sent_ms != 0 && now_ms - entry.sent_ms < static_cast<uint32_t>(kKeep.us() / 1000);
}

void SentHistory::begin_run(LayerSource source, uint8_t epoch, PayloadType payload_type, ExtSeqNum first_out) {
  run_ = static_cast<uint8_t>((run_ + 1) % kRuns);
  runs_[run_] = {first_out.value(),
                 ExtSeqNum(std::numeric_limits<int64_t>::min()),
                 source.track,
                 source.layer,
                 epoch,
                 payload_type,
                 0};
}

void SentHistory::add(Timestamp now, ExtSeqNum out, ExtSeqNum in, const peer::Rewrite& rewrite) {
  const int64_t number = out.value();
  const uint32_t now_ms = to_ms(now);
  if (number > highest_out_) {
    while (ring_.size() < max_capacity_ && is_young(at(number), now_ms)) grow();
    // Numbers that are left out do not inherit what an older lap has in their places: 2^16 before it looks like theirs.
    const int64_t oldest = number - static_cast<int64_t>(ring_.size()) + 1;
    for (int64_t skipped = std::max(highest_out_ + 1, oldest); skipped < number; ++skipped) at(skipped) = {};
    highest_out_ = number;
  } else {
    while (number <= highest_out_ - static_cast<int64_t>(ring_.size())) {
      if (ring_.size() == max_capacity_) return;
      grow();
    }
  }
  Run& run = runs_[run_];
  run.highest_in = std::max(run.highest_in, in);
  Entry& entry = at(number);
  entry.timestamp = rewrite.timestamp;
  entry.sent_ms = now_ms;
  entry.out = to_wire(out).value();
  entry.in = to_wire(in).value();
  if (rewrite.patch == peer::Patch::kDependencyDescriptor) {
    run.frame_offset = rewrite.picture_id;
    entry.picture_id = rewrite.active_targets;
  } else {
    entry.picture_id = rewrite.picture_id;
  }
  entry.tl0_pic_idx = rewrite.tl0_pic_idx;
  entry.run = run_ & (kRuns - 1);
  entry.marker = rewrite.marker;
  entry.padding_only = rewrite.padding_only;
  entry.patch = static_cast<uint8_t>(rewrite.patch) & 3;
}

std::optional<SentPacket> SentHistory::find(ExtSeqNum out) const {
  const int64_t number = out.value();
  if (number > highest_out_ || number <= highest_out_ - static_cast<int64_t>(ring_.size())) return std::nullopt;
  const Entry& entry = at(number);
  const Run& run = runs_[entry.run];
  // What an older lap left behind, or a run so long ago that its place was taken.
  if (entry.out != to_wire(out).value() || number < run.first_out || entry.sent_ms == 0) return std::nullopt;
  SentPacket sent{{run.track, run.layer}, run.epoch, {}, {}};
  sent.sequence =
      run.highest_in + -static_cast<int64_t>(static_cast<uint16_t>(to_wire(run.highest_in).value() - entry.in));
  sent.rewrite.timestamp = entry.timestamp;
  sent.rewrite.sequence = to_wire(out);
  sent.rewrite.payload_type = run.payload_type;
  sent.rewrite.marker = entry.marker;
  sent.rewrite.padding_only = entry.padding_only;
  sent.rewrite.patch = static_cast<peer::Patch>(entry.patch);
  sent.rewrite.tl0_pic_idx = entry.tl0_pic_idx;
  if (sent.rewrite.patch == peer::Patch::kDependencyDescriptor) {
    sent.rewrite.picture_id = run.frame_offset;
    sent.rewrite.active_targets = entry.picture_id;
  } else {
    sent.rewrite.picture_id = entry.picture_id;
  }
  return sent;
}

void SentHistory::grow() {
  std::vector<Entry> old(ring_.size() * 2);
  std::swap(ring_, old);
  for (int64_t number = highest_out_ - static_cast<int64_t>(old.size()) + 1; number <= highest_out_; ++number)
    at(number) = old[static_cast<size_t>(number) & (old.size() - 1)];
}

}  // namespace tutti::room
