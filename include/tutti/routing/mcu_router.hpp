// McuRouter mixes: slots that ask for `mix` get the room's sound without their own, or a composed picture. Owned by a Room of mode mcu, or by
// the HybridRouter.
#pragma once

#include <memory>
#include <unordered_set>

#include "tutti/room/router.hpp"

namespace tutti::routing {

class AudioMix;
class VideoMix;

class McuRouter final : public room::Router {
 public:
  explicit McuRouter(room::RouterHost& host);
  ~McuRouter() override;

  void on_track_added(Timestamp now, room::Track& track) override;
  void on_track_removed(Timestamp now, room::Track& track) override;
  void on_subscriber_changed(Timestamp now, room::Participant& participant) override;
  void on_participant_removed(Timestamp now, room::Participant& participant) override;
  void on_speakers_changed(Timestamp) override {}
  void on_rtp(Timestamp now, room::Track& track, const peer::PacketRef& packet) override;
  void on_keyframe_needed(Timestamp now, room::Subscription& slot) override;
  void on_target_bitrate(Timestamp now, room::Participant& participant, DataRate rate) override;
  Timestamp next_deadline() const override;
  void handle_deadline(Timestamp now) override;
  bool serves(const room::TrackChoice& choice) const override;

  void on_job_done(Timestamp now, std::unique_ptr<room::Job> job) override;
  void on_layouts_changed(Timestamp now) override;
  Result<void> admit_member() const override;
  Result<void> admit_slot(const peer::ReceiveSpec& slot, const room::Subscription::Wish& wish) const override;
  void add_layer_stats(const room::Track& track, uint8_t layer, room::StatsEntry& entry) const override;
  void add_mix_stats(std::vector<room::StatsEntry>& out) const override;
  void add_layout_cost(room::LayoutInfo& info) const override;

 private:
  void serve(Timestamp now, room::Subscription& slot);
  void stop_serving(Timestamp now, room::Subscription& slot);
  void tell_needs(Timestamp now, room::Participant& participant);

  room::RouterHost& host_;
  std::unique_ptr<AudioMix> audio_;
  std::unique_ptr<VideoMix> video_;
  std::unordered_set<const room::Participant*> members_;
};

std::unique_ptr<room::Router> make_mcu_router(room::RouterHost& host);

}  // namespace tutti::routing
