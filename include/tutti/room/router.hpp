// The routing seam. A Router decides which packets of a room go to whom; a Room calls it on every change and for every
// packet, and serves it as its RouterHost. One router for each room, on the room's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "tutti/base/counters.hpp"
#include "tutti/peer/media_packet.hpp"
#include "tutti/peer/rewrite.hpp"
#include "tutti/room/description.hpp"
#include "tutti/room/job.hpp"
#include "tutti/room/mixing.hpp"
#include "tutti/room/participant.hpp"
#include "tutti/room/speaker_detector.hpp"
#include "tutti/room/subscription.hpp"
#include "tutti/room/track.hpp"

namespace tutti::room {

// What a router may ask of its room.
class RouterHost {
 public:
  virtual ~RouterHost() = default;

  // In the order in which they joined and were published.
  virtual const std::vector<Participant*>& participants() const = 0;
  virtual const std::vector<Track*>& tracks() const = 0;
  virtual const SpeakerDetector& speakers() const = 0;

  // Lets a slot show a track, or nothing for a reason. False, with reason kCodec, if the receiver cannot decode it.
  virtual bool show(Timestamp now, Subscription& slot, Track* track, SlotReason reason) = 0;
  // Sends one packet to the slot's participant.
  virtual void forward(Subscription& slot, const peer::PacketRef& packet, const peer::Rewrite& rewrite) = 0;
  virtual void drop(DropReason reason) = 0;
  virtual void count(Counter counter, uint64_t n = 1) = 0;
  virtual void request_keyframe(Timestamp now, Track& track, uint8_t layer) = 0;
  // Which layers some slot is on has changed, or may have. Looked at once, when the router is done.
  virtual void update_wanted_layers(Timestamp now, Track& track) = 0;
  // What a slot is sent of its track has changed. Told in time: not each of many changes within seconds, but always the
  // last.
  virtual void slot_changed(Subscription& slot) = 0;

  // For routers that mix. A mix is a track of the reserved participant `mix`: shown, forwarded and retransmitted as any other, but not
  // among tracks(). It lives until unpublish, which shows nothing in the slots that still show it.
  virtual Track& publish(peer::PublishSpec spec) = 0;
  virtual void unpublish(Timestamp now, Track& mix) = 0;
  // A packet to fill in; empty if the pool is exhausted, which is counted.
  virtual peer::PacketRef make_packet() = 0;
  // Keeps a mix's next packet for retransmission; then it may be forwarded.
  virtual void keep(Timestamp now, Track& mix, const peer::PacketRef& packet) = 0;
  // What sender reports say of the mix: media with this RTP time was captured at this instant of our clock.
  virtual void set_timing(Track& mix, Timestamp captured, RtpTimestamp rtp) = 0;
  // The job comes back to Router::on_job_done.
  virtual void run(std::unique_ptr<Job> job) = 0;
  virtual const RoomConfig& config() const = 0;
  // How old a keyframe may be that who comes new begins with; zero: a fresh one is asked for.
  virtual TimeDelta fast_start() const = 0;
  virtual const Layouts& layouts() const = 0;
  virtual const MixingSettings& mixing() const = 0;
  virtual MixingLoad& mixing_load() = 0;
};

class Router {
 public:
  virtual ~Router() = default;

  virtual void on_track_added(Timestamp now, Track& track) = 0;
  // Its subscriptions show nothing already, and it is not among tracks() any more.
  virtual void on_track_removed(Timestamp now, Track& track) = 0;
  // The last call for it; its tracks are gone.
  virtual void on_participant_removed(Timestamp, Participant&) {}
  // A slot is new, or what it asks for has changed.
  virtual void on_subscriber_changed(Timestamp now, Participant& participant) = 0;
  virtual void on_speakers_changed(Timestamp now) = 0;
  virtual void on_rtp(Timestamp now, Track& track, const peer::PacketRef& packet) = 0;
  // From now on the participant can be sent to; it has missed every keyframe so far.
  virtual void on_connected(Timestamp now, Participant& participant) {
    for (auto& slot : participant.subscriptions) on_keyframe_needed(now, *slot);
  }
  // The receiver of this slot cannot decode without a keyframe.
  virtual void on_keyframe_needed(Timestamp now, Subscription& slot) = 0;
  // What the path to this participant carries, as the estimator sees it.
  virtual void on_target_bitrate(Timestamp now, Participant& participant, DataRate rate) = 0;
  virtual Timestamp next_deadline() const = 0;
  virtual void handle_deadline(Timestamp now) = 0;
  // Which of the choices of shared/api.md this router serves; others are a conflict.
  virtual bool serves(const TrackChoice& choice) const = 0;

  // For routers that mix.
  virtual void on_job_done(Timestamp, std::unique_ptr<Job>) {}
  virtual void on_layouts_changed(Timestamp) {}
  // Whether one more member, or a slot with this wish, can be had without harm to those already in; else why not (a 503).
  virtual Result<void> admit_member() const { return {}; }
  virtual Result<void> admit_slot(const peer::ReceiveSpec&, const Subscription::Wish&) const { return {}; }
  // What it knows of a received layer, and of what it sends; and what a layout costs.
  virtual void add_layer_stats(const Track&, uint8_t, StatsEntry&) const {}
  virtual void add_mix_stats(std::vector<StatsEntry>&) const {}
  virtual void add_layout_cost(LayoutInfo&) const {}
};

using RouterFactory = std::unique_ptr<Router> (*)(RouterHost&);
// By room mode; null where this build has no such router.
struct RouterTable {
  RouterFactory sfu = nullptr;
  RouterFactory mcu = nullptr;
  RouterFactory hybrid = nullptr;
  RouterFactory get(RoomMode mode) const {
    switch (mode) {
      case RoomMode::kSfu: return sfu;
      case RoomMode::kMcu: return mcu;
      case RoomMode::kHybrid: return hybrid;
    }
    return nullptr;
  }
};

}  // namespace tutti::room
