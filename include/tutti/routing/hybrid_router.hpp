// HybridRouter: every slot says for itself whether it wants a track forwarded or the room's mix, and may change its mind in mid-call. It hands
// each to an SfuRouter or an McuRouter that it owns; the slot's SSRC and numbering stay, because both end in the same Forwarder.
#pragma once

#include "tutti/routing/mcu_router.hpp"
#include "tutti/routing/sfu_router.hpp"

namespace tutti::routing {

class HybridRouter final : public room::Router {
 public:
  explicit HybridRouter(room::RouterHost& host) : forwarding_(host), mixing_(host) {}

  void on_track_added(Timestamp now, room::Track& track) override {
    mixing_.on_track_added(now, track);
    forwarding_.on_track_added(now, track);
  }
  void on_track_removed(Timestamp now, room::Track& track) override {
    mixing_.on_track_removed(now, track);
    forwarding_.on_track_removed(now, track);
  }
  void on_subscriber_changed(Timestamp now, room::Participant& participant) override {
    // What mixes leave of the path is shared out among tracks, and what mixes may take depends on whether there are
    // any.
    forwarding_.choose_tracks(now, participant);
    mixing_.on_subscriber_changed(now, participant);
    forwarding_.choose_layers(now, participant);
  }
  void on_participant_removed(Timestamp now, room::Participant& participant) override { mixing_.on_participant_removed(now, participant); }
  void on_speakers_changed(Timestamp now) override { forwarding_.on_speakers_changed(now); }
  void on_rtp(Timestamp now, room::Track& track, const peer::PacketRef& packet) override {
    mixing_.on_rtp(now, track, packet);
    if (!track.subscribers.empty()) forwarding_.on_rtp(now, track, packet);
  }
  void on_connected(Timestamp now, room::Participant& participant) override {
    forwarding_.on_connected(now, participant);
    mixing_.on_connected(now, participant);
  }
  void on_keyframe_needed(Timestamp now, room::Subscription& slot) override {
    if (is_mixed(slot)) return mixing_.on_keyframe_needed(now, slot);
    forwarding_.on_keyframe_needed(now, slot);
  }
  void on_target_bitrate(Timestamp now, room::Participant& participant, DataRate rate) override {
    mixing_.on_target_bitrate(now, participant, rate);
    forwarding_.on_target_bitrate(now, participant, rate);
  }
  Timestamp next_deadline() const override { return mixing_.next_deadline(); }
  void handle_deadline(Timestamp now) override { mixing_.handle_deadline(now); }
  bool serves(const room::TrackChoice& choice) const override { return mixing_.serves(choice) || forwarding_.serves(choice); }

  void on_job_done(Timestamp now, std::unique_ptr<room::Job> job) override { mixing_.on_job_done(now, std::move(job)); }
  void on_layouts_changed(Timestamp now) override { mixing_.on_layouts_changed(now); }
  Result<void> admit_member() const override { return mixing_.admit_member(); }
  Result<void> admit_slot(const peer::ReceiveSpec& slot, const room::Subscription::Wish& wish) const override {
    return mixing_.admit_slot(slot, wish);
  }
  void add_layer_stats(const room::Track& track, uint8_t layer, room::StatsEntry& entry) const override {
    mixing_.add_layer_stats(track, layer, entry);
  }
  void add_mix_stats(std::vector<room::StatsEntry>& out) const override { mixing_.add_mix_stats(out); }
  void add_layout_cost(room::LayoutInfo& info) const override { mixing_.add_layout_cost(info); }

 private:
  static bool is_mixed(const room::Subscription& slot) { return slot.wish.track.kind == room::TrackChoice::Kind::kMix; }

  SfuRouter forwarding_;
  McuRouter mixing_;
};

std::unique_ptr<room::Router> make_hybrid_router(room::RouterHost& host);

}  // namespace tutti::routing
