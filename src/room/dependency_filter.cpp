#include "tutti/room/dependency_filter.hpp"

#include <algorithm>
#include <span>
#include <tuple>

namespace tutti::room {
namespace {

using payload::LayerFrame;
using payload::TargetMask;

// In RTP time of any video, 90 kHz: longer than a packet may come late.
constexpr uint32_t kLatest = 10 * 90'000;

TargetMask without(TargetMask mask, TargetMask removed) { return static_cast<TargetMask>(mask & ~removed); }
std::span<const uint16_t> references_of(const LayerFrame& frame) {
  return std::span(frame.references).first(frame.reference_count);
}

}  // namespace

void DependencyFilter::restart() {
  highest_ = -1;
  target_ = kNone;
  intact_ = 0;
  intact_until_ = 0;
  highest_temporal_ = 0;
  open_.reset();
  stands_still_ = false;
  unread_until_.reset();
  reigns_.fill({});
  std::fill(frames_.begin(), frames_.end(), Seen{});
}

DependencyFilter::Verdict DependencyFilter::check(const peer::MediaPacket& packet, bool newest) {
  const LayerFrame& frame = packet.frame;
  const int64_t number = unwrap(frame);
  if (frame.has_structure && (target_ == kNone || number > begins_at_)) begin(packet, number, newest);
  // Without a structure nothing is known to leave out.
  if (target_ == kNone) return {};
  if (number <= highest_ - static_cast<int64_t>(kFrames)) return {Verdict::Kind::kForgotten};
  highest_ = std::max(highest_, number);

  Fate fate = fate_of(number);
  if (fate == Fate::kUnseen) {
    fate = judge(frame, number, packet.timestamp, newest);
    remember(number, fate);
  }
  Verdict verdict;
  const uint8_t shown = structure_.targets[target_at(number, packet.timestamp)].spatial_id;
  verdict.kind = fate == Fate::kPassed ? Verdict::Kind::kPass : Verdict::Kind::kDrop;
  verdict.of_higher_layer = frame.spatial_id > shown;
  verdict.ends_picture =
      fate == Fate::kPassed && frame.end_of_frame && frame.spatial_id == shown && !is_begun_unread(packet.timestamp);
  if (newest) follow_end(packet, number, verdict);
  if (fate != Fate::kPassed) return verdict;
  if (packet.dependency_descriptor_size > 0) verdict.announced = announce(frame, newest);
  return verdict;
}

void DependencyFilter::begin(const peer::MediaPacket& packet, int64_t number, bool newest) {
  begins_at_ = number;
  // What comes late begins nothing: of its picture, and what followed, some was left out already. But nothing was that
  // nobody could read without the structure that comes with it.
  if (!newest && target_ != kNone && packet.structure == structure_) return;
  structure_ = packet.structure;
  picture_ = packet.timestamp;
  picture_passed_ = false;
  active_ = packet.frame.active & valid();
  intact_ = valid();
  announced_ = valid();
  target_ = kNone;
  choose(number, true);
  intact_until_ = number;
  stands_still_ = false;
}

// The first number is as it stands; far enough up for all that may precede it.
int64_t DependencyFilter::unwrap(const LayerFrame& frame) const {
  const int64_t modulus = int64_t{1} << frame.number_bits;
  if (highest_ < 0) return modulus + frame.number;
  const int64_t ahead = (frame.number - highest_) & (modulus - 1);
  return highest_ + (ahead < modulus / 2 ? ahead : ahead - modulus);
}

DependencyFilter::Fate DependencyFilter::judge(const LayerFrame& frame, int64_t number, RtpTimestamp timestamp,
                                               bool newest) {
  highest_temporal_ = std::max(highest_temporal_, frame.temporal_id);
  if (newest) {
    active_ = frame.active & valid();
    intact_ |= begun_with(frame, number);
    // What has begun of a picture is finished, so that its end is where it was announced.
    const bool new_picture = timestamp != picture_;
    picture_ = timestamp;
    // Nor is anything added to it: the end of a lower layer, once announced, was the picture's.
    if (new_picture) picture_passed_ = false;
    if (!picture_passed_) choose(number, new_picture);
    if (new_picture) stands_still_ = ((intact_ & active_) >> target_ & 1) == 0;
    if (is_intact(target_)) intact_until_ = number;
    if (unread_until_ && is_newer(timestamp, *unread_until_ + kLatest)) unread_until_.reset();
  }
  if (is_begun_unread(timestamp)) return Fate::kPassed;
  const TargetMask shown = newest ? static_cast<TargetMask>(1u << target_) : targets_since(number);
  if ((frame.present & shown) != 0 && has_all_it_needs(frame, number)) {
    picture_passed_ |= newest;
    return Fate::kPassed;
  }
  intact_ = without(intact_, frame.present);
  return Fate::kDropped;
}

// What is of another coded sequence is not there for this one.
DependencyFilter::Fate DependencyFilter::fate_of(int64_t number) const {
  const Seen& seen = frames_[static_cast<size_t>(number) % kFrames];
  const bool is_it = seen.lap == (static_cast<uint64_t>(number) / kFrames & 0x3FFF);
  return is_it ? static_cast<Fate>(seen.fate) : Fate::kUnseen;
}

void DependencyFilter::remember(int64_t number, Fate fate) {
  Seen& seen = frames_[static_cast<size_t>(number) % kFrames];
  seen.lap = static_cast<uint64_t>(number) / kFrames & 0x3FFF;
  seen.fate = static_cast<uint16_t>(fate) & 3;
}

TargetMask DependencyFilter::begun_with(const LayerFrame& frame, int64_t number) const {
  if (frame.switches == 0) return 0;
  for (const uint16_t back : references_of(frame)) {
    if (fate_of(number - back) != Fate::kPassed) return 0;
  }
  TargetMask begun = frame.switches & frame.present;
  for (size_t target = 0; target < structure_.target_count; ++target) {
    // A chain says also of frames that are not referred to directly whether they were there.
    const uint8_t chain = structure_.targets[target].chain;
    if (chain >= frame.chain_count || frame.chain_diffs[chain] == 0) continue;
    if (fate_of(number - frame.chain_diffs[chain]) != Fate::kPassed)
      begun = without(begun, static_cast<TargetMask>(1u << target));
  }
  return begun;
}

bool DependencyFilter::has_all_it_needs(const LayerFrame& frame, int64_t number) const {
  for (const uint16_t back : references_of(frame)) {
    const Fate fate = fate_of(number - back);
    // What has not come may still come, and passes then; but not if what it needs was left out.
    if (fate == Fate::kDropped || (fate == Fate::kUnseen && number > intact_until_)) return false;
  }
  return true;
}

bool DependencyFilter::is_within_limit(uint8_t target) const {
  const auto& t = structure_.targets[target];
  return t.spatial_id <= limit_.spatial.value_or(UINT8_MAX) && t.temporal_id <= limit_.temporal.value_or(UINT8_MAX);
}

uint8_t DependencyFilter::highest_of(uint32_t targets) const {
  const auto rank = [&](uint8_t i) {
    return std::tuple(structure_.targets[i].spatial_id, structure_.targets[i].temporal_id);
  };
  uint8_t best = kNone;
  for (uint8_t i = 0; i < structure_.target_count; ++i) {
    if ((targets >> i & 1) != 0 && is_within_limit(i) && (best == kNone || rank(i) > rank(best))) best = i;
  }
  return best;
}

uint8_t DependencyFilter::lowest_of(uint32_t targets) const {
  const auto rank = [&](uint8_t i) {
    return std::tuple(structure_.targets[i].spatial_id, structure_.targets[i].temporal_id);
  };
  uint8_t best = kNone;
  for (uint8_t i = 0; i < structure_.target_count; ++i) {
    if ((targets >> i & 1) != 0 && (best == kNone || rank(i) < rank(best))) best = i;
  }
  return best;
}

uint8_t DependencyFilter::wanted() const {
  const uint8_t within = highest_of(active_);
  return within != kNone ? within : lowest_of(active_);
}

void DependencyFilter::choose(int64_t number, bool may_fall) {
  const uint32_t possible = intact_ & active_;
  uint8_t best = highest_of(possible);
  if (best == kNone) best = lowest_of(possible);
  if (best == kNone) best = target_ != kNone ? target_ : uint8_t{0};
  if (best == target_) return;
  if (!may_fall) {
    const auto &now = structure_.targets[target_], &next = structure_.targets[best];
    const bool rises = std::tuple(next.spatial_id, next.temporal_id) > std::tuple(now.spatial_id, now.temporal_id);
    if (!rises) return;
  }
  target_ = best;
  reign_ = (reign_ + 1) % kReigns;
  reigns_[reign_] = {number, picture_, best};
}

uint8_t DependencyFilter::target_at(int64_t number, RtpTimestamp picture) const {
  for (size_t i = 0; i < kReigns; ++i) {
    const Reign& reign = reigns_[(reign_ + kReigns - i) % kReigns];
    if (reign.from <= number || (reign.target != kNone && reign.picture == picture)) return reign.target;
  }
  return target_;
}

TargetMask DependencyFilter::targets_since(int64_t number) const {
  TargetMask result = 0;
  for (size_t i = 0; i < kReigns; ++i) {
    const Reign& reign = reigns_[(reign_ + kReigns - i) % kReigns];
    if (reign.target == kNone) break;
    result = static_cast<TargetMask>(result | 1u << reign.target);
    if (reign.from <= number) break;
  }
  return result;
}

// "active_decode_targets_bitmask" (appendix A.8.2 of the AV1 RTP specification) goes by what was said last, or by the
// structure, which says all. It is said again where that is not what the receiver gets.
TargetMask DependencyFilter::announce(const LayerFrame& frame, bool newest) {
  const bool says_itself = frame.has_active || frame.has_structure;
  if (!says_itself && (!newest || !frame.start_of_frame)) return 0;
  const TargetMask gets = structure_.contained[target_] & active_;
  const TargetMask said = frame.has_active ? frame.active & valid() : frame.has_structure ? valid() : announced_;
  if (newest) announced_ = gets;
  return gets == said ? TargetMask{0} : gets;
}

// An encoder that is short of bits leaves out a spatial layer between two others now and then. If that is the one
// shown, the last packet below it has gone without a marker when this is seen, and receivers (libwebrtc) never decode a
// picture that has no end, nor what needs it.
void DependencyFilter::follow_end(const peer::MediaPacket& packet, int64_t number, const Verdict& verdict) {
  const LayerFrame& frame = packet.frame;
  if (verdict.kind == Verdict::Kind::kPass) {
    if (verdict.ends_picture || packet.marker) return open_.reset();
    if (!open_ || open_->picture != packet.timestamp) open_ = Open{packet.timestamp, number, number, 0, {}};
    open_->last = std::max(open_->last, number);
    open_->present |= frame.present;
    if (frame.end_of_frame) open_->ended_in = packet.sequence;
    return;
  }
  const bool follows =
      open_ && open_->picture == packet.timestamp && open_->ended_in && packet.sequence - *open_->ended_in == 1;
  if (follows && verdict.of_higher_layer) {
    // Numbers may leap as their sender likes; what has left the ring is not remembered anyway.
    const int64_t first = std::max(open_->first, open_->last - static_cast<int64_t>(kFrames) + 1);
    for (int64_t n = first; n <= open_->last; ++n) {
      if (fate_of(n) == Fate::kPassed) remember(n, Fate::kDropped);
    }
    intact_ = without(intact_, open_->present);
  }
  open_.reset();
}

bool DependencyFilter::is_waiting() const {
  if (target_ == kNone) return false;
  const uint8_t want = wanted();
  if (want == kNone) return false;
  const uint8_t wanted_layer = structure_.targets[want].spatial_id,
                shown_layer = structure_.targets[target_].spatial_id;
  // Of the picture that has begun the higher layers are left out, so what follows of them lacks them.
  if (wanted_layer > shown_layer && picture_passed_) return true;
  // More of the same spatial layer comes back by itself.
  return !is_intact(want) && (wanted_layer != shown_layer || !is_intact(target_));
}

LayerLimit DependencyFilter::shown() const {
  if (target_ == kNone) return {};
  const auto& target = structure_.targets[target_];
  return {target.spatial_id, std::min(target.temporal_id, highest_temporal_)};
}

}  // namespace tutti::room
