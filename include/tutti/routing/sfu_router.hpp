// SfuRouter forwards: it decides which track stands in which slot (`auto` slots by auto_slots.hpp) and, with room's
// allocator, in which layer, and projects every packet of a track onto the slots that show it. Owned by a Room of mode
// sfu.
#pragma once

#include <memory>

#include "tutti/room/router.hpp"

namespace tutti::routing {

class SfuRouter final : public room::Router {
 public:
  explicit SfuRouter(room::RouterHost& host) : host_(host) {}

  void on_track_added(Timestamp now, room::Track& track) override;
  void on_track_removed(Timestamp now, room::Track& track) override;
  void on_subscriber_changed(Timestamp now, room::Participant& participant) override;
  void on_speakers_changed(Timestamp now) override;
  void on_rtp(Timestamp now, room::Track& track, const peer::PacketRef& packet) override;
  void on_connected(Timestamp now, room::Participant& participant) override;
  void on_keyframe_needed(Timestamp now, room::Subscription& slot) override;
  void on_target_bitrate(Timestamp now, room::Participant& participant, DataRate rate) override;
  Timestamp next_deadline() const override { return Timestamp::never(); }
  void handle_deadline(Timestamp) override {}
  bool serves(const room::TrackChoice& choice) const override { return choice.kind != room::TrackChoice::Kind::kMix; }

  // The two halves of on_subscriber_changed: what each slot shows, and in which layer.
  void choose_tracks(Timestamp now, room::Participant& participant);
  void choose_layers(Timestamp now, room::Participant& participant);

 private:
  void show(Timestamp now, room::Subscription& slot, room::Track* track, room::SlotReason reason);
  // Shares out again what the path to the participant carries.
  void share(Timestamp now, room::Participant& participant);
  // Whether something has moved since that was done.
  bool is_shared_out_of_date(Timestamp now, const room::Participant& participant) const;
  // From the cache, or with a keyframe that is asked for.
  void begin_picture(Timestamp now, room::Subscription& slot);
  void carry_out(Timestamp now, room::Subscription& slot, const room::SlotRequest& request,
                 const room::SlotAllocation& outcome, bool has_fallen);
  void stop(Timestamp now, room::Subscription& slot);
  void say_what_changed(Timestamp now, room::Subscription& slot);
  uint8_t priority_of(const room::Subscription& slot, bool beside_auto) const;

  room::RouterHost& host_;
  const room::Participant* speaker_ = nullptr;  // only compared
};

std::unique_ptr<room::Router> make_sfu_router(room::RouterHost& host);

}  // namespace tutti::routing
