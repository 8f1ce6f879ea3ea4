#include "tutti/routing/mcu_router.hpp"

#include <algorithm>

#include "routing/mcu/audio_mix.hpp"
#include "routing/mcu/mix_budget.hpp"
#include "routing/mcu/rung_limit.hpp"
#include "routing/mcu/video_mix.hpp"

namespace tutti::routing {

using room::Participant;
using room::SlotReason;
using room::Subscription;
using room::Track;
using Choice = room::TrackChoice::Kind;

std::unique_ptr<room::Router> make_mcu_router(room::RouterHost& host) { return std::make_unique<McuRouter>(host); }

McuRouter::McuRouter(room::RouterHost& host)
    : host_(host), audio_(std::make_unique<AudioMix>(host)), video_(std::make_unique<VideoMix>(host)) {}

McuRouter::~McuRouter() { host_.mixing_load().members -= static_cast<uint32_t>(members_.size()); }

void McuRouter::on_track_added(Timestamp now, Track& track) {
  if (track.kind() == MediaKind::kAudio) audio_->add_source(track);
  // Who begins to publish video may now be left out of its own picture.
  if (track.kind() == MediaKind::kVideo) on_subscriber_changed(now, track.publisher());
}

void McuRouter::on_track_removed(Timestamp now, Track& track) {
  if (track.kind() == MediaKind::kAudio) audio_->remove_source(track);
  if (track.kind() == MediaKind::kVideo) video_->remove_source(now, track);
}

void McuRouter::on_subscriber_changed(Timestamp now, Participant& participant) {
  if (members_.insert(&participant).second) ++host_.mixing_load().members;
  for (auto& slot : participant.subscriptions) serve(now, *slot);
  tell_needs(now, participant);
}

void McuRouter::on_participant_removed(Timestamp now, Participant& participant) {
  for (auto& slot : participant.subscriptions) stop_serving(now, *slot);
  host_.mixing_load().members -= static_cast<uint32_t>(members_.erase(&participant));
}

void McuRouter::serve(Timestamp now, Subscription& slot) {
  const bool audio = slot.kind() == MediaKind::kAudio;
  if (slot.wish.track.kind != Choice::kMix) {
    if (slot.wish.track.kind == Choice::kNone) host_.show(now, slot, nullptr, SlotReason::kOff);
    return stop_serving(now, slot);
  }
  SlotReason reason = SlotReason::kNone;
  if (slot.wish.is_stopped() || !slot.active) {
    reason = SlotReason::kPaused;
  } else if (audio && slot.subscriber().voice.deaf) {
    reason = SlotReason::kDeaf;
  } else {
    reason = audio ? audio_->serve(now, slot) : video_->serve(now, slot);
  }
  if (reason == SlotReason::kNone) return;
  host_.show(now, slot, nullptr, reason);
  stop_serving(now, slot);
}

void McuRouter::stop_serving(Timestamp now, Subscription& slot) {
  if (slot.kind() == MediaKind::kAudio) {
    audio_->stop_serving(slot);
  } else {
    video_->stop_serving(now, slot);
  }
}

void McuRouter::on_rtp(Timestamp now, Track& track, const peer::PacketRef& packet) {
  if (track.kind() == MediaKind::kAudio) {
    audio_->on_rtp(now, track, *packet);
  } else {
    video_->on_rtp(now, track, *packet);
  }
}

void McuRouter::on_keyframe_needed(Timestamp, Subscription& slot) {
  if (slot.kind() == MediaKind::kVideo) video_->on_keyframe_needed(slot);
}

void McuRouter::on_target_bitrate(Timestamp now, Participant& participant, DataRate) {
  video_->follow_rate(now, participant);
  tell_needs(now, participant);
}

// Beside forwarded tracks it is for who shares out the path among them to say.
void McuRouter::tell_needs(Timestamp now, Participant& participant) {
  if (host_.config().mode != room::RoomMode::kMcu || !participant.peer->estimate()) return;
  DataRate needed;
  for (const auto& slot : participant.subscriptions) {
    if (slot->track && slot->active) needed = needed + MixBudget::needed(*slot);
  }
  participant.peer->set_needed_bitrate(now, needed * RungLimit::kMargin);
}

Timestamp McuRouter::next_deadline() const { return std::min(audio_->next_deadline(), video_->next_deadline()); }

void McuRouter::handle_deadline(Timestamp now) {
  audio_->handle_deadline(now);
  if (video_->next_deadline() <= now) video_->handle_deadline(now);
}

bool McuRouter::serves(const room::TrackChoice& choice) const { return choice.kind == Choice::kMix || choice.kind == Choice::kNone; }

void McuRouter::on_job_done(Timestamp now, std::unique_ptr<room::Job> job) { static_cast<VideoJob&>(*job).deliver(now, *video_); }

void McuRouter::on_layouts_changed(Timestamp now) {
  for (Participant* p : host_.participants()) {
    for (auto& slot : p->subscriptions) {
      if (slot->kind() == MediaKind::kVideo && slot->wish.track.kind == Choice::kMix) serve(now, *slot);
    }
  }
}

Result<void> McuRouter::admit_member() const {
  if (host_.mixing_load().members < host_.mixing().max_members) return {};
  return Error{ErrorKind::kUnavailable, "mixing-overloaded",
               "all places for members of rooms that mix are taken (mixing.max_members, " + std::to_string(host_.mixing().max_members) + ")", {}};
}

Result<void> McuRouter::admit_slot(const peer::ReceiveSpec& slot, const Subscription::Wish& wish) const {
  if (slot.kind != MediaKind::kVideo || wish.track.kind != Choice::kMix || wish.is_stopped()) return {};
  return video_->admit(slot, wish);
}

void McuRouter::add_layer_stats(const Track& track, uint8_t layer, room::StatsEntry& entry) const {
  if (track.kind() == MediaKind::kAudio) {
    audio_->add_source_stats(track, entry);
  } else {
    video_->add_source_stats(track, layer, entry);
  }
}

void McuRouter::add_mix_stats(std::vector<room::StatsEntry>& out) const {
  audio_->add_stats(out);
  video_->add_stats(out);
}

void McuRouter::add_layout_cost(room::LayoutInfo& info) const { video_->add_cost(info); }

}  // namespace tutti::routing
